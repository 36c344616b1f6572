//! A name that is locked takes no place among the strangers.

use crate::auth::types::Grant;
use crate::auth::{Role, SignIn};
use crate::testing::{Office, PASSWORD};

#[tokio::test]
async fn a_locked_name_is_told_so_while_the_queue_is_full() {
    let office = Office::bare().await;
    office.login(Grant::of(Role::Auditor)).await;
    let auth = office.app.auth();
    let name = Role::Auditor.word();
    for _ in 0..5 {
        let wrong = auth.sign_in(name, "Wrong-2026-x".to_owned(), None).await;
        assert!(matches!(wrong, Ok(SignIn::Refused)), "{wrong:?}");
    }
    let seats: Vec<_> = std::iter::from_fn(|| auth.passwords.seat()).collect();
    assert!(!seats.is_empty());
    let locked = auth.sign_in(name, PASSWORD.to_owned(), None).await;
    assert!(matches!(locked, Ok(SignIn::Locked)), "{locked:?}");
    let other = auth.sign_in("nobody", PASSWORD.to_owned(), None).await;
    assert!(matches!(other, Ok(SignIn::Busy)), "{other:?}");
}

//! Whose session it is.

use super::*;

#[test]
fn a_session_is_known_by_the_login_in_its_values() {
    let id = Uuid::from_u128(9);
    let console = format!(r#"{{"user":{{"login":"{id}","csrf":"x","seen_ms":1}}}}"#);
    let api = format!(r#"{{"api_login":"{id}"}}"#);
    assert_eq!(login_of_session(&console), Some(id));
    assert_eq!(login_of_session(&api), Some(id));
    for none in ["{}", "", r#"{"user":{"login":"x"}}"#] {
        assert_eq!(login_of_session(none), None, "{none}");
    }
}

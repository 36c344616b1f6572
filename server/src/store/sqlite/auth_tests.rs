//! Set-up, lockout, enrolment codes and sessions on a real database.

use std::sync::{Arc, Barrier};

use super::*;

const NOW: i64 = 1_800_000_000_000;

fn database() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(MIGRATION).unwrap();
    conn.execute_batch(super::super::second_factor::MIGRATION)
        .unwrap();
    conn
}

fn id(n: u8) -> Uuid {
    Uuid::from_bytes([n; 16])
}

fn with_login() -> (Connection, Login) {
    let conn = database();
    let made = create_login(
        &conn,
        id(1),
        "Ducha01",
        "phc",
        &Grant::of(Role::Supervisor),
        NOW,
    );
    let login = made.unwrap().unwrap();
    (conn, login)
}

#[test]
fn the_setup_secret_is_given_once_and_works_once() {
    let conn = database();
    let secret = ensure_setup(&conn, [7; 16], NOW).unwrap().unwrap();
    assert_eq!(ensure_setup(&conn, [8; 16], NOW).unwrap(), None);
    assert!(needs_setup(&conn).unwrap());

    let wrong = set_up(&conn, "00000", id(1), "admin", "phc", NOW).unwrap();
    assert_eq!(wrong, SetUp::BadSecret);
    let done = set_up(&conn, &secret, id(1), "admin", "phc", NOW).unwrap();
    assert!(matches!(done, SetUp::Done(login) if login.role == Role::Sysadmin));
    let again = set_up(&conn, &secret, id(2), "other", "phc", NOW).unwrap();
    assert_eq!(again, SetUp::BadSecret);
    assert!(!needs_setup(&conn).unwrap());
    assert_eq!(ensure_setup(&conn, [9; 16], NOW).unwrap(), None);
}

#[test]
fn a_taken_name_leaves_the_secret_unused() {
    let (conn, _) = with_login();
    let invited = invite(
        &conn,
        &Grant::of(Role::Auditor),
        "admin",
        Some(1000),
        [3; 16],
        NOW,
    );
    let secret = invited.unwrap();
    let taken = set_up(&conn, &secret, id(2), " DUCHA01 ", "phc", NOW).unwrap();
    assert_eq!(taken, SetUp::NameTaken);
    let late = set_up(&conn, &secret, id(2), "audit", "phc", NOW + 1000).unwrap();
    assert_eq!(late, SetUp::BadSecret);
    let done = set_up(&conn, &secret, id(2), "audit", "phc", NOW + 999).unwrap();
    assert!(matches!(done, SetUp::Done(_)));
}

#[test]
fn no_secret_stands_in_clear_in_the_database() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(MIGRATION).unwrap();
    let secret = ensure_setup(&conn, [0x5a; 16], NOW).unwrap().unwrap();
    let code = issue_code(&conn, id(4), "ducha", 1000, [0xa5; 16], NOW).unwrap();
    drop(conn);
    let bytes = std::fs::read(&path).unwrap();
    for text in [secret.replace('-', ""), code.replace('-', "")] {
        let clear = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
        assert!(!clear(text.as_bytes()));
    }
    assert!(
        !bytes
            .windows(16)
            .any(|w| w == [0x5a; 16] || w == [0xa5; 16])
    );
}

#[test]
fn a_name_is_locked_after_five_failures_for_fifteen_minutes() {
    assert_eq!((MAX_FAILURES, LOCK_MS), (5, 15 * 60_000));
    let (conn, login) = with_login();
    for _ in 0..MAX_FAILURES {
        let attempt = begin_sign_in(&conn, "ducha01", &user_key("ducha01"), NOW).unwrap();
        assert!(matches!(attempt, Attempt::Known(..)));
    }
    // Tries while locked do not prolong the lock.
    for late in [0, LOCK_MS / 2, LOCK_MS - 1] {
        let attempt = begin_sign_in(&conn, "Ducha01", &user_key("Ducha01"), NOW + late).unwrap();
        assert_eq!(attempt, Attempt::Locked);
    }
    let after = begin_sign_in(&conn, "ducha01", &user_key("ducha01"), NOW + LOCK_MS).unwrap();
    assert!(matches!(after, Attempt::Known(..)));
    finish_sign_in(&conn, &login, &user_key(&login.user_name), NOW + LOCK_MS).unwrap();
    let stored = super::login(&conn, login.id).unwrap().unwrap();
    assert_eq!(stored.last_sign_in_ms, Some(NOW + LOCK_MS));
}

#[test]
fn a_sign_in_forgets_earlier_failures() {
    let (conn, login) = with_login();
    for _ in 0..3 {
        for _ in 0..MAX_FAILURES - 1 {
            begin_sign_in(&conn, "ducha01", &user_key("ducha01"), NOW).unwrap();
        }
        let attempt = begin_sign_in(&conn, "ducha01", &user_key("ducha01"), NOW).unwrap();
        assert!(matches!(attempt, Attempt::Known(..)));
        finish_sign_in(&conn, &login, &user_key(&login.user_name), NOW).unwrap();
    }
}

#[test]
fn unknown_and_closed_names_are_locked_like_any_other() {
    let (conn, login) = with_login();
    assert!(set_active(&conn, login.id, false).unwrap());
    for name in ["nobody", "ducha01"] {
        for _ in 0..MAX_FAILURES {
            assert_eq!(
                begin_sign_in(&conn, name, &user_key(name), NOW).unwrap(),
                Attempt::Unknown
            );
        }
        assert_eq!(
            begin_sign_in(&conn, name, &user_key(name), NOW).unwrap(),
            Attempt::Locked
        );
    }
}

#[test]
fn a_role_of_a_newer_version_cannot_sign_in() {
    let (conn, login) = with_login();
    conn.execute("UPDATE logins SET role = 'emperor'", [])
        .unwrap();
    let attempt = begin_sign_in(&conn, "ducha01", &user_key("ducha01"), NOW).unwrap();
    assert_eq!(attempt, Attempt::Unknown);
    assert_eq!(super::login(&conn, login.id).unwrap(), None);
    assert!(logins(&conn).unwrap().is_empty());
}

#[test]
fn a_code_is_redeemed_once_however_many_ask_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.execute_batch(MIGRATION).unwrap();
    let code = issue_code(&conn, id(9), "ducha", 1000, [1; 16], NOW).unwrap();

    let barrier = Arc::new(Barrier::new(20));
    let threads: Vec<_> = (0..20)
        .map(|_| {
            let (path, code, barrier) = (path.clone(), code.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let conn = Connection::open(path).unwrap();
                conn.busy_timeout(std::time::Duration::from_secs(30))
                    .unwrap();
                barrier.wait();
                redeem(&conn, &code, NOW).unwrap()
            })
        })
        .collect();
    let answers: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    let given = answers.iter().filter(|a| **a == Redeemed::Account(id(9)));
    assert_eq!(given.count(), 1);
    let refused = answers.iter().filter(|a| **a == Redeemed::Refused).count();
    assert_eq!(refused, 19);
}

#[test]
fn an_expired_or_unknown_code_is_refused() {
    let conn = database();
    let code = issue_code(&conn, id(9), "ducha", 1000, [1; 16], NOW).unwrap();
    assert_eq!(redeem(&conn, "ABC", NOW).unwrap(), Redeemed::Refused);
    assert_eq!(redeem(&conn, &code, NOW + 1000).unwrap(), Redeemed::Refused);
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(
        redeem(&conn, &typed, NOW + 999).unwrap(),
        Redeemed::Account(id(9))
    );
}

#[test]
fn a_session_ends_at_its_time_or_when_deleted() {
    let conn = database();
    assert!(save_session(&conn, [1; 32], "{}", None, NOW + 10, true).unwrap());
    assert!(!save_session(&conn, [1; 32], "{}", None, NOW + 10, true).unwrap());
    assert!(save_session(&conn, [1; 32], "{\"a\":1}", None, NOW + 20, false).unwrap());
    let stored = load_session(&conn, [1; 32], NOW + 19).unwrap();
    assert_eq!(stored, Some(("{\"a\":1}".to_owned(), NOW + 20)));
    assert_eq!(load_session(&conn, [1; 32], NOW + 20).unwrap(), None);
    delete_session(&conn, [1; 32], NOW).unwrap();
    assert!(!save_session(&conn, [1; 32], "{}", None, NOW + 30, false).unwrap());
    assert_eq!(load_session(&conn, [1; 32], NOW).unwrap(), None);
}

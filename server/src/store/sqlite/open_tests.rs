//! Opening a data folder.

use std::sync::Arc;

use rusqlite::Connection;

use super::auth_store::AuthStore;
use super::*;
use crate::auth::Role;

fn clock() -> Clock {
    Arc::new(|| 1_000)
}

fn code(result: Result<SqliteStore>) -> &'static str {
    result.err().unwrap().code()
}

#[test]
fn a_folder_in_use_and_a_newer_database_are_refused_and_stay_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), clock()).unwrap();
    let server = store.identity().server;
    assert_eq!(
        code(SqliteStore::open(dir.path(), clock())),
        "database_locked"
    );
    drop(store);
    let path = dir.path().join("server.db");
    let set = |version: i64| {
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
    };
    set(99);
    assert_eq!(
        code(SqliteStore::open(dir.path(), clock())),
        "database_newer"
    );
    set(migrations::known());
    let again = SqliteStore::open(dir.path(), clock()).unwrap();
    assert_eq!(again.identity().server, server);
}

#[tokio::test]
async fn a_database_of_before_second_factors_is_brought_forward_with_its_logins() {
    let dir = tempfile::tempdir().unwrap();
    let mut conn = Connection::open(dir.path().join("server.db")).unwrap();
    // As the fourth step left it.
    migrations::migrate_to(&mut conn, 4).unwrap();
    let id = Uuid::from_u128(5);
    conn.execute(
        "INSERT INTO logins (id, user_name, user_key, password_hash, role, created_at_ms, password_set_at_ms)
         VALUES (?1, 'a', 'a', 'phc', 'auditor', 0, 0)",
        [id],
    )
    .unwrap();
    drop(conn);
    let store = Arc::new(SqliteStore::open(dir.path(), clock()).unwrap());
    let store = AuthStore::new(store);
    let found = store.login(id).await.unwrap().unwrap();
    assert_eq!(
        (found.role, found.has_second_factor),
        (Role::Auditor, false)
    );
    assert_eq!(store.second_factor(id).await.unwrap(), None);
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.db");
    let nonsense = "not a database, ".repeat(1_000);
    std::fs::write(&path, &nonsense).unwrap();
    let error = SqliteStore::open(dir.path(), clock()).err().unwrap();
    assert_eq!(error.code(), "database_corrupt");
    assert!(error.message_zh().contains("备份") && error.message_en().contains("backup"));
    assert!(std::fs::read(&path).unwrap() == nonsense.as_bytes());
    // Cut off after its first pages.
    std::fs::remove_file(&path).unwrap();
    drop(SqliteStore::open(dir.path(), clock()).unwrap());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..12_000]).unwrap();
    let _ = std::fs::remove_file(dir.path().join("server.db-wal"));
    let _ = std::fs::remove_file(dir.path().join("server.db-shm"));
    assert_eq!(
        code(SqliteStore::open(dir.path(), clock())),
        "database_corrupt"
    );
    // A file where the folder should be.
    assert_eq!(code(SqliteStore::open(&path, clock())), "data_folder");
}

#[test]
fn a_database_that_another_program_is_writing_to_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path(), clock()).unwrap());
    let other = Connection::open(dir.path().join("server.db")).unwrap();
    other
        .pragma_update(None, "locking_mode", "exclusive")
        .unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(
        code(SqliteStore::open(dir.path(), clock())),
        "database_locked"
    );
    drop(other);
    SqliteStore::open(dir.path(), clock()).unwrap();
}

#[tokio::test]
async fn a_job_that_fails_undoes_itself_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(dir.path(), clock()).unwrap());
    let mut jobs = tokio::task::JoinSet::new();
    for n in 0..40u8 {
        let store = Arc::clone(&store);
        jobs.spawn(async move {
            crate::store::write(&*store, move |tx| {
                tx.set_meta(&format!("n{n}"), &[n])?;
                match n % 4 {
                    1 => Err(protocol::problem::Code::Invalid.into()),
                    2 => panic!("a job that panics"),
                    _ => Ok(()),
                }
            })
            .await
        });
    }
    jobs.join_all().await;
    for n in 0..40u8 {
        let key = format!("n{n}");
        let found = crate::store::read(&*store, move |tx| tx.meta(&key))
            .await
            .unwrap();
        assert_eq!(found.is_some(), n % 4 == 0 || n % 4 == 3, "{n}");
    }
    let refused = crate::store::read(&*store, |tx| tx.set_meta("x", &[])).await;
    assert!(refused.is_err());
}

#[test]
fn what_was_held_and_who_synced_before_the_desk_was_added_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.db");
    let mut conn = Connection::open(&path).unwrap();
    let before = migrations::known() as usize - 1;
    migrations::migrate_to(&mut conn, before).unwrap();
    conn.execute(
        "INSERT INTO held (id, campaign, code, device, scope, epoch, first, last, kind, account, why, changes, arrived_ms)
         VALUES (zeroblob(16), zeroblob(16), 'late', zeroblob(16), zeroblob(16), 1, 1, 2, 'sheet', zeroblob(16), '', 2, 9)",
        [],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO devices (id, account, campaign, key, name, enrolled_at_ms, last_sync_ms)
         VALUES (zeroblob(16), zeroblob(16), zeroblob(16), zeroblob(32), '手机', 1, 5)",
        [],
    )
    .unwrap();
    migrations::migrate(&mut conn).unwrap();
    let held = held::all(&conn, Uuid::nil()).unwrap();
    assert_eq!((held.len(), held[0].log.branch), (1, 0));
    let device = server_rows::device(&conn, Uuid::nil()).unwrap().unwrap();
    assert_eq!((device.last_sync_ms, device.left), (Some(5), None));
}

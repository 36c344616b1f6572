//! Opening a data folder.

use std::sync::Arc;

use rusqlite::Connection;

use super::*;

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
    set(4);
    let again = SqliteStore::open(dir.path(), clock()).unwrap();
    assert_eq!(again.identity().server, server);
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

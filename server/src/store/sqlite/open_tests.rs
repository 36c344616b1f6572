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

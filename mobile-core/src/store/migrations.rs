//! Numbered forward steps from any older database to this version's.
//!
//! Invariant: a step never changes once shipped; each is one transaction. A newer database is refused untouched.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::error::StoreError;

fn steps() -> Vec<M<'static>> {
    vec![
        M::up(ledger::SCHEMA),
        M::up(include_str!("phone.sql")),
        M::up(include_str!("carried.sql")),
        M::up(include_str!("applied.sql")),
    ]
}

/// The version this app writes.
pub(crate) fn version() -> i64 {
    steps().len() as i64
}

/// Brings the database up to [`version`].
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if found > version() {
        return Err(StoreError::Newer {
            found,
            known: version(),
        });
    }
    Migrations::new(steps())
        .to_latest(conn)
        .map_err(|e| match e {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            other => StoreError::Other(other.to_string()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_valid_and_end_in_this_version() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn).unwrap();
        migrate(&mut conn).unwrap();
        let found: i64 = conn
            .query_row("PRAGMA user_version", [], |r| r.get(0))
            .unwrap();
        assert_eq!(found, version());
    }

    #[test]
    fn a_newer_database_is_refused_and_left_as_it_is() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            migrate(&mut conn),
            Err(StoreError::Newer { found: 99, .. })
        ));
        let tables: i64 = conn
            .query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }
}

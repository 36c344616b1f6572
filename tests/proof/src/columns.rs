//! Every column of the server's database: what follows from the signed logs or the audit, and what bears on nothing.
//!
//! Invariant: [`check`] compares with the schema itself, so a new column without a row here fails. Leaves out: how a
//! change of a column is found (`server::services::verify`).

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use rusqlite::Connection;

/// Columns whose change must be found, by table.
pub const BEARING: &[(&str, &str)] = &[
    ("names", "name"),
    ("scopes", "id letter campaign owner gseq digest"),
    ("logs", "device scope epoch branch head chain"),
    (
        "segments",
        "log scope first count gseq applied header payload chain signature",
    ),
    (
        "tail",
        "log seq at_ms record field value supersedes minted delta",
    ),
    ("records", "id kind scope"),
    ("cells", "record field log seq at_ms value"),
    ("dead", "log seq record field"),
    (
        "verdicts",
        "record scope log first last target code in_force",
    ),
    ("conflicts", "record field"),
    ("meta", "key value"),
    (
        "devices",
        "id account campaign key name enrolled_at_ms revoked_at_ms revoked_reason",
    ),
    (
        "entries",
        "id campaign kind site township group author title state visit form answered items conflicts score_e4
         written_ms deleted begun_ms",
    ),
    (
        "photos",
        "no scope target item stored thumb deleted kind original stored_bytes thumb_bytes author device taken_ms
         exif_ms lat_e7 lon_e7 album stage written_ms",
    ),
    ("rehearsals", "campaign wiped_at_ms"),
    (
        "issues",
        "id campaign number site township village group place category severity description found_ms lat_e7 lon_e7
         accuracy_m author fixed fixed_note lead_unit assisting_units person sponsor due_on measure remark root_causes
         state reported_on closed_on verifier duplicate_of distinct_from deleted",
    ),
    (
        "held",
        "id campaign code device scope epoch first last record kind site account why changes written_ms accepted
         reason by decided_ms branch",
    ),
    ("acts", "scope epoch first last by reason"),
    (
        "audit_entries",
        "id at_ms user_name role action object ok detail chain",
    ),
    ("audit_end", "one chain"),
];

/// Columns that bear on no result and are nobody's word, with the reason.
pub const HARMLESS: &[(&str, &str, &str)] = &[
    ("names", "no", NUMBER),
    ("scopes", "no", NUMBER),
    ("logs", "no", NUMBER),
    ("segments", "no", NUMBER),
    ("records", "no", NUMBER),
    ("logs", "acked", "kept by phones only"),
    ("segments", "arrived_ms", ARRIVAL),
    ("entries", "no arrived_ms", ARRIVAL),
    ("photos", "arrived_ms", ARRIVAL),
    ("held", "arrived_ms", ARRIVAL),
    ("rehearsals", "made_at_ms", ARRIVAL),
    (
        "acts",
        "audit",
        "which entry of the audit tells it: another one has to tell the same person and reason, and nothing shows it",
    ),
    (
        "devices",
        "counter last_sync_ms skew_ms quarantine_bytes left_changes left_photos left_photo_bytes",
        "where the traffic with a phone stands; changes are told apart by their own numbers",
    ),
    (
        "clock_flags",
        "record device scope epoch branch seq kind by_ms",
        "a hint about clocks; nothing is ordered or refused by it",
    ),
    (
        "log_clocks",
        "device scope epoch branch last_ms",
        "what the hints about clocks are made of",
    ),
    (
        "saved_filters",
        "id login campaign name query made_ms",
        "somebody's bookmarks",
    ),
    (
        "idempotency_keys",
        "login key request status media body made_ms tag",
        "answers repeated within a day",
    ),
    (
        "wiped_devices",
        "id",
        "phones of rehearsals that are gone, logs and all",
    ),
    (
        "logins",
        "id user_name user_key password_hash role account unit group_number expires_on active created_at_ms
         last_sign_in_ms password_set_at_ms must_change",
        SIGN_IN,
    ),
    ("earlier_passwords", "no login password_hash", SIGN_IN),
    ("sign_in_failures", "user_key failures last_at_ms", SIGN_IN),
    (
        "setup_secrets",
        "hash login role account unit group_number expires_on issued_by issued_at_ms expires_at_ms used_at_ms",
        SIGN_IN,
    ),
    (
        "console_sessions",
        "hash data login expires_at_ms",
        SIGN_IN,
    ),
    (
        "enrolment_codes",
        "hash account issued_by issued_at_ms expires_at_ms used_at_ms",
        SIGN_IN,
    ),
    (
        "second_factors",
        "login secret since_ms last_step",
        SIGN_IN,
    ),
    ("recovery_codes", "hash login used_at_ms", SIGN_IN),
    (
        "pending_sign_ins",
        "hash login tries_key expires_at_ms",
        SIGN_IN,
    ),
];

/// Rows of `meta` that bear on a result, in SQL: not secrets of cookies, counters, clocks, or settings (audited).
pub const META: &str =
    "key NOT IN ('secret', 'generation', 'clock', 'restored', 'settings', 'probe')
    AND key NOT LIKE 'issue_number/%'";

const NUMBER: &str = "a row's number; what refers to it is looked at by what it leads to";
const ARRIVAL: &str =
    "when something came, by the server's clock; decides nothing but the order of lists";
const SIGN_IN: &str =
    "who may sign in: what somebody did is in the audit, what he may do is not signed";

/// Columns of a table that must be found, in the order of the list.
pub fn bearing() -> impl Iterator<Item = (&'static str, &'static str)> {
    BEARING
        .iter()
        .flat_map(|(table, columns)| columns.split_whitespace().map(|c| (*table, c)))
}

/// Checks that every column of the schema stands in exactly one of the lists.
///
/// # Errors
/// Names the columns that do not.
pub fn check(conn: &Connection) -> Result<()> {
    let mut stmt = conn.prepare(
        "SELECT m.name, p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    )?;
    let rows = stmt.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let there: BTreeSet<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut listed = BTreeSet::new();
    let harmless = HARMLESS
        .iter()
        .flat_map(|(t, columns, _)| columns.split_whitespace().map(|c| (*t, c)));
    for (table, column) in bearing().chain(harmless) {
        let fresh = listed.insert((table.to_owned(), column.to_owned()));
        ensure!(fresh, "{table}.{column} is listed twice");
    }
    let differing: Vec<_> = there.symmetric_difference(&listed).collect();
    ensure!(
        differing.is_empty(),
        "not in the lists, or not in the schema: {differing:?}"
    );
    Ok(())
}

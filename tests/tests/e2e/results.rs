//! Lock, result, late sheets, verification, tampering.

use mobile_core::RecordState;
use rusqlite::Connection;
use server::services::verify::VerifyOptions;

use crate::county::{County, Phone, count, office};

/// Six observers in two groups, everything filled: group 1 a little milder, the later townships a little worse.
async fn filled() -> (County, Vec<Phone>) {
    let mut county = County::start(3).await;
    let mut phones = Vec::new();
    for account in 0..6 {
        phones.push(county.phone(account).await);
    }
    for (i, phone) in phones.iter_mut().enumerate() {
        for (n, site) in phone.sites().iter().enumerate() {
            let off = 5_000 * (n as i64 / 3 + i64::from(i >= 3));
            phone.fill(site, off, true);
        }
        county.sync(phone).await;
    }
    (county, phones)
}

async fn verified(county: &County) -> Vec<&'static str> {
    let options = VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let report = county.app().verify(options).await.unwrap();
    assert!(report.segments > 0 && report.changes > 0);
    report.findings.iter().map(|f| f.code).collect()
}

#[tokio::test]
async fn locking_both_groups_gives_a_result_that_verifies_and_reaches_the_phones() {
    let (county, mut phones) = filled().await;
    assert!(
        county.app().results(county.campaign).await.is_err(),
        "a result before any lock"
    );
    let mut hashes = Vec::new();
    for group in county.groups.clone() {
        let missing = county
            .app()
            .lock_check(county.campaign, group)
            .await
            .unwrap();
        assert!(missing.is_empty(), "{missing:?}");
        let locked = county
            .app()
            .lock_group(&office(), county.campaign, group, None)
            .await
            .unwrap();
        assert_eq!(
            (locked.version, locked.counted, locked.left_out.len()),
            (1, 27, 0)
        );
        hashes.push(locked.result_hash);
    }
    let (input, outcome) = county.app().results(county.campaign).await.unwrap();
    assert_eq!(input.sheets.len(), 54);
    assert_eq!(
        outcome
            .townships
            .iter()
            .filter(|t| t.raw_e4.is_some())
            .count(),
        4
    );
    // Three shared town sites: the severity gap is corrected, both δ cancel out.
    assert_eq!(outcome.groups.iter().map(|g| g.delta_e4).sum::<i64>(), 0);
    assert!(outcome.groups[0].delta_e4 > 0);
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    // The phone knows that its group is locked, under which hash, and refuses to go on.
    county.sync(&mut phones[0]).await;
    let campaign = phones[0].replica.campaign().unwrap();
    let own = campaign.groups.iter().find(|g| g.number == 1).unwrap();
    assert!(own.locked && own.result_hash.as_deref() == Some(hashes[0].as_str()));
    // 与本机一致: the closing set's lines about this phone are what it wrote.
    let closing = phones[0].replica.status().unwrap().closing.unwrap();
    assert!(
        closing.agrees && closing.version == 1 && closing.lines > 0,
        "{closing:?}"
    );
    let sheet = phones[0].sites()[0].sheet.unwrap();
    assert_eq!(
        phones[0].replica.amend(sheet, "再想想").unwrap_err().code(),
        "locked"
    );
}

#[tokio::test]
async fn a_late_sheet_waits_and_its_acceptance_makes_a_new_version_with_a_difference() {
    let (county, mut phones) = filled().await;
    let site = phones[0].sites().remove(0);
    let sheet = site.sheet.unwrap();
    phones[0].replica.amend(sheet, "漏看一处").unwrap();
    let line = phones[0].replica.sheet(sheet).unwrap().lines.remove(0);
    phones[0]
        .replica
        .answer(sheet, &line.item.id, mobile_core::Mark::Points(0).into())
        .unwrap();
    phones[0].replica.submit(sheet).unwrap();
    let group = county.groups[0];
    let first = county
        .app()
        .lock_group(&office(), county.campaign, group, None)
        .await
        .unwrap();
    let (_, before) = county.app().results(county.campaign).await.unwrap();
    // Arrives after the lock: acknowledged, held, counted for nothing, and its owner sees it.
    county.sync(&mut phones[0]).await;
    county.sync(&mut phones[0]).await;
    assert_eq!(phones[0].replica.status().unwrap().unsent_changes, 0);
    let mine = phones[0]
        .replica
        .status()
        .unwrap()
        .records
        .into_iter()
        .find(|r| r.id == sheet)
        .unwrap();
    assert_eq!(mine.status, RecordState::NeedsYou { why: "late".into() });
    assert_eq!(
        county.app().results(county.campaign).await.unwrap().1,
        before
    );
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    let held = county.app().held_entries(county.campaign).await.unwrap();
    let late: Vec<_> = held
        .iter()
        .filter(|h| h.code.as_deref() == Some("late"))
        .collect();
    assert!(
        !late.is_empty() && late.iter().all(|h| h.record == Some(sheet)),
        "{held:?}"
    );
    county
        .app()
        .decide_held_entry(&office(), late[0].id.parse().unwrap(), true, "乡镇信号中断")
        .await
        .unwrap();
    let (_, after) = county.app().results(county.campaign).await.unwrap();
    assert_ne!(after, before);
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    county.sync(&mut phones[0]).await;
    let own = phones[0]
        .replica
        .campaign()
        .unwrap()
        .groups
        .into_iter()
        .find(|g| g.number == 1)
        .unwrap();
    assert_eq!(own.lock_version, 2);
    assert_ne!(own.result_hash.as_deref(), Some(first.result_hash.as_str()));
    let mine = phones[0]
        .replica
        .status()
        .unwrap()
        .records
        .into_iter()
        .find(|r| r.id == sheet)
        .unwrap();
    assert_eq!(mine.status, RecordState::HeldByServer);
}

#[tokio::test]
async fn an_unsettled_answer_is_listed_and_left_out_and_no_clock_chooses() {
    let (mut county, mut phones) = filled().await;
    let site = phones[0].sites().remove(0);
    let sheet = site.sheet.unwrap();
    let mut second = county.phone(0).await;
    // Both phones change the same line without having seen each other.
    for (phone, points) in [(&mut phones[0], 0), (&mut second, 5_000)] {
        phone.replica.amend(sheet, "核对").unwrap();
        let line = phone.replica.sheet(sheet).unwrap().lines.remove(0);
        let mark = mobile_core::Mark::Points(points);
        phone
            .replica
            .answer(sheet, &line.item.id, mark.into())
            .unwrap();
        phone.replica.submit(sheet).unwrap();
    }
    county.sync(&mut second).await;
    county.sync(&mut phones[0]).await;
    assert!(county.count("SELECT count(*) FROM conflicts") > 0);
    let missing = county
        .app()
        .lock_check(county.campaign, county.groups[0])
        .await
        .unwrap();
    assert_eq!(missing.unsettled, vec![sheet], "{missing:?}");
    let locked = county
        .app()
        .lock_group(
            &office(),
            county.campaign,
            county.groups[0],
            Some("会议在即"),
        )
        .await
        .unwrap();
    assert_eq!(
        locked
            .left_out
            .iter()
            .map(|l| (l.sheet, l.reason.as_str()))
            .collect::<Vec<_>>(),
        [(sheet, "unsettled")]
    );
}

/// Who has the disk does not stop at a trigger.
fn drop_triggers(conn: &Connection) {
    let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
    let drops: String = conn.query_row(triggers, [], |r| r.get(0)).unwrap();
    conn.execute_batch(&drops).unwrap();
}

/// Opens the stopped server's database and does something an operator must not.
fn tamper(county: &County, sql: &str) {
    let conn = Connection::open(county.dir.path().join("server/server.db")).unwrap();
    drop_triggers(&conn);
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql} changed nothing");
}

#[tokio::test]
async fn verification_finds_what_an_operator_changed() {
    let (mut county, _phones) = filled().await;
    for group in county.groups.clone() {
        county
            .app()
            .lock_group(&office(), county.campaign, group, None)
            .await
            .unwrap();
    }
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    county.close().await;
    let server = county.dir.path().join("server");
    let clean = county.dir.path().join("clean");
    crate::county::copy(&server, &clean);
    let blob = "CAST(substr(payload, 1, length(payload) / 2) || x'00' || substr(payload, length(payload) / 2 + 2) AS BLOB)";
    let cases = [
        format!("UPDATE segments SET payload = {blob} WHERE no = (SELECT max(no) FROM segments WHERE length(payload) > 500)"),
        "UPDATE cells SET value = x'82190fa0f6' WHERE (record, field) = (SELECT c.record, c.field FROM cells c JOIN names n ON n.no = c.field WHERE n.name LIKE 'answer/%' LIMIT 1)".to_owned(),
        "UPDATE entries SET score_e4 = score_e4 + 1 WHERE kind = 'sheet'".to_owned(),
        "DELETE FROM segments WHERE no = (SELECT max(s.no) FROM segments s JOIN scopes c ON c.no = s.scope WHERE c.letter = 115)".to_owned(),
        "UPDATE logs SET head = head - 1 WHERE no = (SELECT max(no) FROM logs)".to_owned(),
        "UPDATE logs SET device = randomblob(16) WHERE no = (SELECT max(no) FROM logs)".to_owned(),
        "UPDATE segments SET signature = randomblob(64) WHERE no = 3".to_owned(),
        "UPDATE devices SET key = randomblob(32)".to_owned(),
    ];
    for sql in &cases {
        std::fs::remove_dir_all(&server).unwrap();
        crate::county::copy(&clean, &server);
        tamper(&county, sql);
        county.open().await;
        let found = verified(&county).await;
        assert!(!found.is_empty(), "{sql} went unnoticed");
        county.close().await;
    }
    assert!(count(&clean.join("server.db"), "SELECT count(*) FROM segments") > 10);
}

/// Everything of the audit but its first two entries.
const CUT: &str = "DELETE FROM audit_entries WHERE id > 2";
/// The audit of another server in place of it.
const ANEW: &str = "DELETE FROM main.audit_entries;
    INSERT INTO main.audit_entries SELECT * FROM other.audit_entries";

/// What is found in copies of a stopped server whose audit was tampered with.
async fn after(mut county: County, mut other: County, cases: &[&str]) -> Vec<Vec<&'static str>> {
    county.close().await;
    other.close().await;
    let server = county.dir.path().join("server");
    let clean = county.dir.path().join("clean");
    crate::county::copy(&server, &clean);
    let foreign = other.dir.path().join("server/server.db");
    let mut all = Vec::new();
    for sql in cases {
        std::fs::remove_dir_all(&server).unwrap();
        crate::county::copy(&clean, &server);
        let conn = Connection::open(server.join("server.db")).unwrap();
        let triggers = "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE type = 'trigger'";
        let guards: String = conn.query_row(triggers, [], |r| r.get(0)).unwrap();
        drop_triggers(&conn);
        let attach = format!("ATTACH '{}' AS other", foreign.display());
        // Who knows the program puts the end right, too.
        let end = "UPDATE main.audit_end SET chain = (SELECT chain FROM main.audit_entries ORDER BY id DESC LIMIT 1)";
        conn.execute_batch(&format!("{attach}; {sql}; {end}; {guards}"))
            .unwrap();
        assert!(conn.total_changes() > 0, "{sql} changed nothing");
        drop(conn);
        county.open().await;
        let found = verified(&county).await;
        // Its own chain holds: without the anchors nobody would see it.
        assert!(!found.contains(&"audit_broken"), "{sql}: {found:?}");
        county.close().await;
        all.push(found);
    }
    all
}

/// Threat T24: a chain alone shows neither what was cut off its end nor that all of it was written anew; the heads that
/// locks keep do.
#[tokio::test]
async fn an_audit_cut_off_or_written_anew_contradicts_the_locks() {
    let (county, _phones) = filled().await;
    let (other, _others) = filled().await;
    for c in [&county, &other] {
        for group in c.groups.clone() {
            let by = office();
            let locked = c.app().lock_group(&by, c.campaign, group, None);
            locked.await.unwrap();
        }
    }
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    for found in after(county, other, &[CUT, ANEW]).await {
        assert!(found.contains(&"audit_anchor_differs"), "{found:?}");
    }
}

/// The same without any lock: the head written into the campaign once a day is enough. The control is what it cannot
/// show: entries after the last one.
#[tokio::test]
async fn an_audit_cut_off_or_written_anew_contradicts_the_daily_anchor_alone() {
    let (county, other) = (County::start(1).await, County::start(1).await);
    for c in [&county, &other] {
        // The first hour's may stand already.
        let day_ms = 24 * 3_600_000;
        c.clock
            .fetch_add(day_ms, std::sync::atomic::Ordering::Relaxed);
        assert!(c.app().anchor_audit().await.unwrap());
        for account in &c.accounts {
            c.app().issue_code(&office(), *account).await.unwrap();
        }
    }
    let sets =
        "SELECT count(*) FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'closing_set'";
    assert_eq!(county.count(sets), 0);
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    let later = "DELETE FROM audit_entries WHERE id > (SELECT max(id) FROM audit_entries WHERE action = 'anchor_audit')";
    let found = after(county, other, &[CUT, ANEW, later]).await;
    for seen in &found[..2] {
        assert!(seen.contains(&"audit_anchor_differs"), "{seen:?}");
    }
    assert_eq!(found[2], Vec::<&str>::new());
}

#[tokio::test]
async fn verification_finds_a_damaged_page_that_no_record_needs() {
    let (mut county, _phones) = filled().await;
    county.close().await;
    let path = county.dir.path().join("server/server.db");
    let root = count(
        &path,
        "SELECT rootpage FROM sqlite_schema WHERE name = 'held_by_campaign'",
    );
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(root as usize - 1) * 4096..][..4096].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    county.open().await;
    assert!(verified(&county).await.contains(&"database_damaged"));
}

#[tokio::test]
async fn a_phone_raises_the_alarm_when_the_lock_counts_what_it_never_wrote() {
    let (county, mut phones) = filled().await;
    let group = county.groups[0];
    let app = county.app();
    app.lock_group(&office(), county.campaign, group, None)
        .await
        .unwrap();
    county.sync(&mut phones[0]).await;
    assert!(phones[0].replica.status().unwrap().closing.unwrap().agrees);
    // The phone's own log is not what the lock says: as if the server had signed for it.
    let dir = phones.remove(0).dir;
    let conn = Connection::open(dir.join("phone.db")).unwrap();
    let device = "(SELECT device FROM logs l JOIN scopes s ON s.no = l.scope WHERE s.letter = 115)";
    let sql = format!(
        "UPDATE segments SET chain = randomblob(32) WHERE log IN (SELECT no FROM logs WHERE device = {device})"
    );
    assert!(conn.execute(&sql, []).unwrap() > 0);
    drop(conn);
    let closing = Phone::open(&dir).replica.status().unwrap().closing.unwrap();
    assert!(
        !closing.agrees && !closing.differing.is_empty(),
        "{closing:?}"
    );
}

#[tokio::test]
async fn configuration_written_anew_contradicts_what_the_phones_had_seen() {
    let (mut county, _phones) = filled().await;
    assert_eq!(verified(&county).await, Vec::<&str>::new());
    county.close().await;
    tamper(
        &county,
        "UPDATE segments SET chain = randomblob(32) WHERE scope IN (SELECT no FROM scopes WHERE letter = 99)",
    );
    county.open().await;
    assert!(verified(&county).await.contains(&"seen_differs"));
}

//! Threats T9 and T10: what somebody who has the server itself puts into its store, past the sync and past the forms.

use std::collections::HashMap;

use ed25519_dalek::SigningKey;
use ledger::Inspected;
use uuid::Uuid;

use super::office::{Actor, Office as Act};
use super::prepare::rules;
use super::project;
use super::verify::VerifyOptions;
use crate::store::DeviceRow;
use crate::testing::{Office, Phone, START, supervisor};

const ALL: VerifyOptions = VerifyOptions {
    rebuild: true,
    blobs: false,
};

/// A device of nobody's that writes in the name of an observer (by index).
async fn stranger(office: &Office, who: usize, like: &Phone) -> Phone {
    Phone {
        key: SigningKey::from_bytes(&[77; 32]),
        server: like.server,
        generation: like.generation,
        campaign: office.campaign,
        device: Uuid::from_u128(0x5712_a9e2),
        account: office.accounts[who],
        group: office.groups[0],
        counter: 0,
        cursor: Vec::new(),
        want_bytes: 0,
        heads: HashMap::new(),
        held: HashMap::new(),
        now: START,
    }
}

/// Puts a validly signed sheet into logs, registers and lists, as the sync would after its checks.
async fn smuggle(office: &Office, phone: &mut Phone, site: Uuid) {
    let c = office.campaign().await;
    let changes = phone.filled(&c, site, 3);
    let scope = phone.sealed();
    let segment = phone.write(scope, &changes);
    let key = phone.key.verifying_key();
    let stored = office.app.write(move |tx, ctx| {
        let header = segment.header().unwrap();
        let Inspected::Next(next) = tx.inspect(&segment, &header, scope, &key)? else {
            panic!("the store already had it");
        };
        let admitted = tx.admit(&next, ctx.now_ms, true)?;
        project::records(tx, &c, &admitted.records, ctx.now_ms)
    });
    stored.await.unwrap();
}

/// Codes of what `guanmo verify` finds.
async fn found(office: &Office) -> Vec<&'static str> {
    let report = office.app.verify(ALL).await.unwrap();
    report.findings.iter().map(|f| f.code).collect()
}

/// A tour with one honest sheet of group 1, and its phone.
async fn with_one_sheet() -> (Office, Phone) {
    let office = Office::start().await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let changes = phone.filled(&c, office.sites[0], 1);
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    (office, phone)
}

/// How many sheets of group 1 its lock counts, and those it leaves out with why.
async fn lock(office: &Office) -> (usize, Vec<(Uuid, String)>) {
    let by = supervisor();
    let locked = office
        .app
        .lock_group(&by, office.campaign, office.groups[0], Some("时间到"));
    let locked = locked.await.unwrap();
    let left_out = locked.left_out.into_iter().map(|l| (l.sheet, l.reason));
    (locked.counted, left_out.collect())
}

#[tokio::test]
async fn a_strangers_sheet_put_past_the_sync_is_listed_counted_nowhere_and_found() {
    let (office, honest) = with_one_sheet().await;
    let mut other = stranger(&office, 1, &honest).await;
    let site = office.sites[0];
    // The sync itself takes nothing from it.
    let c = office.campaign().await;
    let refused = other.write(other.sealed(), &other.filled(&c, site, 3));
    assert!(other.sync(&office.app, vec![refused]).await.is_err());
    other.heads.clear();
    assert!(found(&office).await.is_empty());
    smuggle(&office, &mut other, site).await;
    let sheet = other.sheet(site);
    assert!(office.entry(sheet).await.unwrap().score_e4.is_some());
    assert!(found(&office).await.contains(&"unknown_device"));
    assert_eq!(
        lock(&office).await,
        (1, vec![(sheet, "off_roster".to_owned())])
    );
    let (input, _) = office.app.results(office.campaign).await.unwrap();
    let author = other.account.to_string();
    assert!(input.sheets.iter().all(|s| s.observer != author));
    assert!(found(&office).await.contains(&"unknown_device"));
}

#[tokio::test]
async fn the_daily_check_tells_by_itself_what_was_put_past_the_sync() {
    let (office, honest) = with_one_sheet().await;
    let told = async || {
        let system = office.app.system().await.unwrap();
        (system.verified_at_ms, system.verify_findings)
    };
    assert_eq!(told().await, (None, None));
    office.app.watch().await;
    assert_eq!(told().await, (Some(office.app.now_ms()), Some(0)));
    let mut other = stranger(&office, 1, &honest).await;
    smuggle(&office, &mut other, office.sites[0]).await;
    office.app.watch().await;
    let (_, found) = told().await;
    assert!(found.is_some_and(|n| n > 0), "{found:?}");
    let metrics = office.app.metrics().await.unwrap();
    let gauge = format!("guanmo_verify_findings {}", found.unwrap());
    assert!(metrics.contains(&gauge), "{metrics}");
}

#[tokio::test]
async fn a_row_in_the_table_of_devices_enrols_nobody() {
    let (office, honest) = with_one_sheet().await;
    let mut other = stranger(&office, 1, &honest).await;
    let row = DeviceRow {
        id: other.device,
        account: other.account,
        campaign: office.campaign,
        key: other.key.verifying_key().to_bytes(),
        name: "手机".to_owned(),
        enrolled_at_ms: START,
        counter: 0,
        last_sync_ms: None,
        skew_ms: 0,
        revoked: None,
        quarantine_bytes: 0,
        left: Default::default(),
    };
    let put = office.app.write(move |tx, _| tx.put_device(&row));
    put.await.unwrap();
    // The sync asks the signed log, which knows no such device.
    let c = office.campaign().await;
    let segment = other.write(other.sealed(), &other.filled(&c, office.sites[0], 3));
    let refused = other.sync(&office.app, vec![segment]).await;
    assert_eq!(refused.unwrap_err().code(), "unknown_device");
    other.heads.clear();
    smuggle(&office, &mut other, office.sites[0]).await;
    let codes = found(&office).await;
    assert!(
        codes.contains(&"unknown_device") && codes.contains(&"device_differs"),
        "{codes:?}"
    );
    let sheet = other.sheet(office.sites[0]);
    assert_eq!(
        lock(&office).await,
        (1, vec![(sheet, "off_roster".to_owned())])
    );
}

/// The control of both: the same sheet of a device that was enrolled counts, and nothing is found.
#[tokio::test]
async fn the_same_sheet_of_an_enrolled_device_counts() {
    let (office, _) = with_one_sheet().await;
    let c = office.campaign().await;
    let mut phone = office.phone(1).await;
    let segment = phone.write(phone.sealed(), &phone.filled(&c, office.sites[0], 3));
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert_eq!(lock(&office).await, (2, Vec::new()));
    assert!(found(&office).await.is_empty());
}

/// Writes other rules as the server would, though a group is locked.
async fn write_rules(office: &Office, text: String) {
    let id = office.campaign;
    let done = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        let mut act = Act::begin(tx, &Actor::system(), ctx.now_ms);
        act.set(c.scope(), "campaign", id, "rules", text)?;
        act.done("edit", id, "")
    });
    done.await.unwrap();
}

#[tokio::test]
async fn rules_altered_after_the_lock_are_found_even_if_they_once_were_in_force() {
    let (office, _) = with_one_sheet().await;
    let first = office.campaign().await.rules.clone();
    let mut second = first.clone();
    second.award.red += 1;
    let (id, changed) = (office.campaign, second.clone());
    let set = office.app.write(move |tx, ctx| {
        let c = ctx.cache.campaign(tx, id)?;
        rules::set(tx, &supervisor(), &c, &changed, "会议决定", ctx.now_ms)
    });
    set.await.unwrap();
    lock(&office).await;
    assert!(found(&office).await.is_empty());
    let mut third = second.clone();
    third.award.yellow += 1;
    // Rules nobody ever saw, and those of version 1, which are on record.
    for altered in [third, first] {
        let text = String::from_utf8(altered.hash_input()).unwrap();
        write_rules(&office, text).await;
        let codes = found(&office).await;
        assert!(codes.contains(&"rules_changed"), "{codes:?}");
    }
    // The control: with the rules of the lock back nothing is found.
    let text = String::from_utf8(second.hash_input()).unwrap();
    write_rules(&office, text).await;
    assert!(found(&office).await.is_empty());
}

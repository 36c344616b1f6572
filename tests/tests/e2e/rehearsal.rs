//! A rehearsal filled by real phones, locked, ranked and wiped beside a real tour that notices nothing.

use std::io::Read;

use mobile_core::Replica;
use rusqlite::Connection;
use server::i18n::Lang;
use server::model::{IssueQuery, RecordFilter};
use server::services::exports::{File, Wanted};
use server::services::prepare::edit::Basics;
use server::services::verify::VerifyOptions;
use uuid::Uuid;

use crate::county::{County, Phone, office};

/// Everything the database holds of a campaign's scopes, as text: ids, digests, heads, bytes.
fn bytes_of(county: &County, campaign: Uuid) -> Vec<String> {
    let conn = Connection::open(county.dir.path().join("server/server.db")).unwrap();
    let of = "scope IN (SELECT no FROM scopes WHERE campaign = ?1)";
    let queries = [
        "SELECT hex(id) || hex(digest) || gseq FROM scopes WHERE campaign = ?1 ORDER BY no".to_owned(),
        format!("SELECT hex(device) || head || hex(chain) FROM logs WHERE {of} ORDER BY no"),
        format!("SELECT hex(header) || hex(payload) || hex(chain) || hex(signature) FROM segments WHERE {of} ORDER BY no"),
        format!("SELECT hex(id) FROM records WHERE {of} ORDER BY no"),
        "SELECT hex(id) || state || ifnull(score_e4, '') FROM entries WHERE campaign = ?1 ORDER BY no".to_owned(),
        "SELECT hex(id) || counter FROM devices WHERE campaign = ?1 ORDER BY id".to_owned(),
    ];
    let mut all = Vec::new();
    for sql in queries {
        let mut query = conn.prepare(&sql).unwrap();
        let rows = query.query_map([campaign.as_bytes()], |r| r.get::<_, String>(0));
        all.extend(rows.unwrap().map(Result::unwrap));
    }
    all
}

async fn clean(county: &County) {
    let options = VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let report = county.app().verify(options).await.unwrap();
    assert_eq!(report.findings, vec![]);
}

/// Phones for accounts, each filling everything it sees.
async fn filled(county: &mut County, accounts: usize) -> Vec<Phone> {
    let mut phones = Vec::new();
    for account in 0..accounts {
        let mut phone = county.phone(account).await;
        for site in phone.sites() {
            phone.fill(&site, 5_000 * account as i64, true);
        }
        county.sync(&mut phone).await;
        phones.push(phone);
    }
    phones
}

/// A table of a campaign: its name, and what it says.
async fn table(county: &County, campaign: Uuid, name: &str) -> (String, String) {
    let wanted = Wanted {
        file: File::parse(name).unwrap(),
        lang: Lang::Zh,
        internal: false,
        filter: RecordFilter::default(),
        issues: IssueQuery::default(),
    };
    let app = county.app();
    let mut exported = app.export_whole(&office(), campaign, wanted).await.unwrap();
    let mut said = String::new();
    exported.file.read_to_string(&mut said).unwrap();
    (exported.name, said)
}

/// Whoever gets a table of a rehearsal cannot take it for the real one; and it is no period that the real one is
/// compared with.
async fn its_tables_say_so(county: &County, real: Uuid, trial: Uuid) {
    for name in [
        "results.csv",
        "results.json",
        "records.csv",
        "answers.csv",
        "answers.json",
        "sites.csv",
        "ledger.csv",
        "places.geojson",
    ] {
        for (campaign, expected) in [(trial, true), (real, false)] {
            let (title, said) = table(county, campaign, name).await;
            assert_eq!(title.starts_with("（试填）"), expected, "{title}");
            let marked = said.contains("试填") || said.contains("\"rehearsal\": true");
            assert_eq!(marked, expected, "{name}: {said}");
        }
    }
    let (_, said) = table(county, real, "results.json").await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    for row in said["rows"].as_array().unwrap() {
        assert_eq!(row["places_gained"], serde_json::Value::Null, "{row}");
    }
}

#[tokio::test]
async fn a_rehearsal_is_filled_locked_ranked_and_wiped_without_touching_the_real_tour() {
    let mut county = County::start(3).await;
    let real = county.campaign;
    let mut real_phones = filled(&mut county, 6).await;
    for group in county.groups.clone() {
        county
            .app()
            .lock_group(&office(), real, group, None)
            .await
            .unwrap();
    }
    let result = county.app().results(real).await.unwrap();
    let before = bytes_of(&county, real);

    let basics = Basics {
        name: "试填".into(),
        tour_kind: "tour".into(),
        dates: ("2021-11-17".into(), "2021-11-17".into()),
        sheets_open: false,
    };
    let trial = county
        .app()
        .clone_campaign(&office(), real, basics, true)
        .await
        .unwrap();
    county.app().start_campaign(&office(), trial).await.unwrap();
    let c = county.app().campaign(trial).await.unwrap();
    let real_accounts = county.accounts.clone();
    let mut people: Vec<_> = c.accounts.values().collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    county.accounts = people.iter().map(|a| a.id).collect();
    let mut phones = filled(&mut county, 6).await;
    assert!(phones[0].replica.campaign().unwrap().rehearsal);
    assert!(!real_phones[0].replica.campaign().unwrap().rehearsal);
    for group in &c.groups {
        county
            .app()
            .lock_group(&office(), trial, group.id, None)
            .await
            .unwrap();
    }
    let (_, practised) = county.app().results(trial).await.unwrap();
    assert_eq!(
        practised
            .townships
            .iter()
            .filter(|t| t.raw_e4.is_some())
            .count(),
        4
    );
    clean(&county).await;
    assert_eq!(bytes_of(&county, real), before);
    its_tables_say_so(&county, real, trial).await;
    assert_eq!(bytes_of(&county, real), before);

    // Somebody goes on filling while the office wipes.
    let site = phones[5].sites().remove(0);
    phones[5]
        .replica
        .edit_site_facts(site.id, "remark", "还在填")
        .unwrap();
    let refused = county
        .app()
        .wipe_rehearsal(&office(), real, "观摩评比")
        .await;
    assert_eq!(refused.unwrap_err().code(), "forbidden");
    let erased = county
        .app()
        .wipe_rehearsal(&office(), trial, "试填")
        .await
        .unwrap();
    assert!(erased.devices == 6 && erased.records > 100, "{erased:?}");
    assert!(bytes_of(&county, trial).is_empty());
    assert_eq!(bytes_of(&county, real), before);
    assert_eq!(county.app().results(real).await.unwrap(), result);
    clean(&county).await;

    // Its phones are told, and only theirs; they wipe themselves and enrol in the real tour.
    let mut phone = phones.pop().unwrap();
    assert_eq!(phone.replica.status().unwrap().wiped_at_ms, None);
    let told = phone
        .replica
        .sync(&county.transport(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(told.code(), "campaign_wiped");
    assert!(phone.replica.status().unwrap().wiped_at_ms.is_some());
    let dir = phone.dir.clone();
    phone.replica.wipe().unwrap();
    let mut again = Phone::open(&dir);
    let code = county
        .app()
        .issue_code(&office(), real_accounts[5])
        .await
        .unwrap();
    again
        .replica
        .enrol(&county.transport(), &code, "测试机")
        .await
        .unwrap();
    county.sync(&mut again).await;
    assert_eq!(again.replica.campaign().unwrap().id, real);
    county.sync(&mut real_phones[0]).await;
    let status = real_phones[0].replica.status().unwrap();
    assert_eq!((status.wiped_at_ms, status.unsent_changes), (None, 0));
    assert_eq!(
        Replica::wipe(real_phones.remove(0).replica)
            .unwrap_err()
            .code(),
        "not_revoked"
    );
}

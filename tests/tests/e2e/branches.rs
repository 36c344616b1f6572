//! What a restored phone lost and a colleague's phone brings: kept as a branch, listed, decided on, told to its author.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mobile_core::{NewIssue, RecordState, Severity};
use server::backup::{self, Identity, Order};
use server::model::{HeldEntry, HeldKind};
use server::services::verify::VerifyOptions;
use uuid::Uuid;

use crate::county::{County, MORNING, Phone, copy, office};

fn log_issue(phone: &mut Phone, what: &str) -> Uuid {
    phone.clock.advance(60_000);
    let issue = NewIssue {
        site: None,
        township_code: Some("640422215".into()),
        place: "村口".into(),
        category: domain::builtin::issue_categories().categories[0]
            .code
            .clone(),
        description: what.into(),
        severity: Severity::Minor,
        position: None,
        fixed_on_spot: None,
    };
    phone.replica.log_issue(issue).unwrap()
}

fn put_back(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

/// Office and author's phone are restored from copies; the phone has written on and synced. The colleague's phone still
/// holds what both lost.
struct Lost {
    county: County,
    author: Phone,
    colleague: Phone,
    /// The issue that was lost.
    issue: Uuid,
    /// The author's phone as it was before it was restored.
    before: PathBuf,
}

async fn lost() -> Lost {
    let mut county = County::start(2).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(1).await);
    log_issue(&mut a, "路边堆土");
    county.sync(&mut a).await;
    county.sync(&mut b).await;
    let copies = county.dir.path().join("copies");
    let server = county.dir.path().join("server");
    let dir = a.dir.clone();
    drop(a.replica);
    copy(&dir, &copies.join("phone"));
    let (recipient, secret) = backup::keygen();
    let (key, file) = (copies.join("key"), copies.join("backup"));
    std::fs::write(&key, secret).unwrap();
    backup::write(&Order {
        data: server.clone(),
        to: file.clone(),
        recipient,
        photos: true,
        now_ms: MORNING,
    })
    .unwrap();
    let mut a = Phone::open(&dir);
    a.clock.advance(3_600_000);
    let issue = log_issue(&mut a, "门前污水");
    county.sync(&mut a).await;
    county.sync(&mut b).await;
    drop(a.replica);
    let before = copies.join("before");
    copy(&dir, &before);
    put_back(&copies.join("phone"), &dir);
    county.close().await;
    std::fs::remove_dir_all(&server).unwrap();
    let clock = Arc::clone(&county.clock);
    let clock = Arc::new(move || clock.fetch_add(1, Ordering::Relaxed));
    let key = Identity::read(&key).unwrap();
    backup::restore(&file, &key, &server, clock, server::system_entropy())
        .await
        .unwrap();
    county.open().await;
    let mut a = Phone::open(&dir);
    a.clock.advance(7_200_000);
    log_issue(&mut a, "院内杂物");
    county.sync(&mut a).await;
    let report = county.sync(&mut b).await;
    assert_eq!(report.contradictions, 0, "{report:?}");
    let report = county.sync(&mut b).await;
    assert!(report.agreed.agreed, "{report:?}");
    Lost {
        county,
        author: a,
        colleague: b,
        issue,
        before,
    }
}

impl Lost {
    async fn held(&self) -> Vec<HeldEntry> {
        let app = self.county.app();
        app.held_entries(self.county.campaign).await.unwrap()
    }

    async fn decide(&self, accept: bool, reason: &str) {
        let ids: Vec<Uuid> = self
            .held()
            .await
            .iter()
            .filter(|h| h.decided.is_none())
            .map(|h| h.id.parse().unwrap())
            .collect();
        let app = self.county.app();
        let by = office();
        let done = app.decide_held_entries(&by, &ids, accept, reason);
        done.await.unwrap();
    }

    /// What the author's phone is told of the lost issue after its next sync.
    async fn told(&mut self) -> mobile_core::RecordStatus {
        self.county.sync(&mut self.author).await;
        let records = self.author.replica.status().unwrap().records;
        records.into_iter().find(|r| r.id == self.issue).unwrap()
    }

    fn descriptions(phone: &mut Phone) -> Vec<String> {
        let all = phone.replica.issues().unwrap().into_iter();
        let mut words: Vec<String> = all.map(|i| i.description).collect();
        words.sort();
        words
    }

    async fn verified(&self) {
        let options = VerifyOptions {
            rebuild: true,
            blobs: false,
        };
        let found = self.county.app().verify(options).await.unwrap().findings;
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn a_lost_branch_is_listed_taken_in_and_its_author_is_told() {
    let mut l = lost().await;
    let held = l.held().await;
    assert_eq!(held.len(), 1, "{held:?}");
    let h = &held[0];
    assert_eq!(h.kind, HeldKind::Forked);
    assert_eq!(
        (h.who.as_str(), h.record_kind.as_str()),
        ("观摩员01", "issue")
    );
    assert!(h.what.contains("门前污水"), "{}", h.what);
    assert!(h.written_ms.is_some() && h.changes > 3);
    let waits = l.told().await;
    let why = "forked".to_owned();
    assert_eq!(waits.status, RecordState::NeedsYou { why });
    l.verified().await;

    l.decide(true, "同事手机可证").await;
    let told = l.told().await;
    let ruled = told.ruled.first().unwrap();
    assert_eq!(
        (ruled.code.as_str(), ruled.accepted, ruled.reason.as_str()),
        ("forked", true, "同事手机可证")
    );
    assert_eq!(told.status, RecordState::HeldByServer);
    for phone in [&mut l.author, &mut l.colleague] {
        let report = l.county.sync(phone).await;
        assert!(report.agreed.agreed, "{report:?}");
        assert_eq!(
            Lost::descriptions(phone),
            ["路边堆土", "门前污水", "院内杂物"]
        );
    }
    // It is still the author's, though the office wrote it.
    let own = format!(
        "SELECT count(*) FROM entries WHERE kind = 'issue' AND author = x'{}'",
        l.county.accounts[0].simple()
    );
    assert_eq!(l.county.count(&own), 3);
    assert_eq!(l.county.count("SELECT count(*) FROM conflicts"), 0);
    l.verified().await;
}

#[tokio::test]
async fn a_lost_branch_that_is_left_out_stays_kept_and_counts_nowhere() {
    let mut l = lost().await;
    l.decide(false, "已另行登记").await;
    let told = l.told().await;
    let ruled = told.ruled.first().unwrap();
    assert_eq!(
        (ruled.accepted, ruled.reason.as_str()),
        (false, "已另行登记")
    );
    assert!(!Lost::descriptions(&mut l.author).contains(&"门前污水".to_owned()));
    assert_eq!(
        l.county
            .count("SELECT count(*) FROM entries WHERE kind = 'issue'"),
        2
    );
    let kept =
        "SELECT count(*) FROM segments JOIN logs ON logs.no = segments.log WHERE branch <> 0";
    assert_eq!(l.county.count(kept), 1);
    l.verified().await;
}

#[tokio::test]
async fn a_branch_that_its_author_sends_again_closes_by_itself() {
    let mut l = lost().await;
    let mut found = Phone::open(&l.before);
    for _ in 0..3 {
        l.county.sync(&mut found).await;
    }
    let held = l.held().await;
    let decided = held[0].decided.as_ref().unwrap();
    assert!(
        decided.accepted && decided.reason.contains("本人手机"),
        "{held:?}"
    );
    l.county.sync(&mut l.author).await;
    assert!(Lost::descriptions(&mut l.author).contains(&"门前污水".to_owned()));
    assert_eq!(l.county.count("SELECT count(*) FROM conflicts"), 0);
    l.verified().await;
}

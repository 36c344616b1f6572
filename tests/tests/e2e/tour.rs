//! The plain course of things: filled offline, synced, equal on both sides.

use mobile_core::photos::generate::TestPhoto;
use mobile_core::{NewIssue, PhotoMeta, PhotoTarget, RecordState};

use crate::county::{County, MORNING, count};

#[tokio::test]
async fn what_was_filled_offline_is_on_the_server_and_both_sides_agree() {
    let mut county = County::start(2).await;
    let mut phones = Vec::new();
    for account in 0..4 {
        phones.push(county.phone(account).await);
    }
    county.close().await;
    let mut sheets = 0;
    for phone in &mut phones {
        for site in phone.sites() {
            phone.fill(&site, 5_000, true);
            sheets += 1;
        }
        let status = phone.replica.status().unwrap();
        assert_eq!((status.sheets.only_here, status.sheets.held), (9, 0));
    }
    assert_eq!(sheets, 36);
    county.open().await;
    for phone in &mut phones {
        let report = county.sync(phone).await;
        assert!(report.agreed.agreed, "{report:?}");
        assert_eq!(report.requests, 1);
    }
    // Once more: what the others wrote to the shared scope meanwhile.
    for phone in &mut phones {
        let report = county.sync(phone).await;
        let status = phone.replica.status().unwrap();
        assert_eq!(
            (
                status.sheets.only_here,
                status.sheets.held,
                status.sheets.needs_you
            ),
            (0, 9, 0)
        );
        assert_eq!(status.unsent_changes, 0, "{report:?}");
        // The count shown equals a query of this phone's database and one of the server's.
        let own = count(
            &phone.database(),
            "SELECT count(*) FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'sheet'",
        );
        assert_eq!(own, 9);
    }
    assert_eq!(
        county.count(
            "SELECT count(*) FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'sheet'"
        ),
        36
    );
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'"),
        36
    );
    assert_eq!(county.count("SELECT count(*) FROM verdicts"), 0);
}

#[tokio::test]
async fn a_sync_with_nothing_new_is_one_small_request() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    for site in phone.sites() {
        phone.fill(&site, 0, true);
    }
    county.sync(&mut phone).await;
    county.sync(&mut phone).await;
    let report = county.sync(&mut phone).await;
    assert_eq!(
        (
            report.requests,
            report.pushed_changes,
            report.pulled_changes
        ),
        (1, 0, 0)
    );
    assert!(
        report.pushed_bytes <= 200 && report.pulled_bytes <= 200,
        "{report:?}"
    );
}

#[tokio::test]
async fn photos_arrive_byte_for_byte_and_issues_get_their_number() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, false);
    let issue = phone
        .replica
        .log_issue(NewIssue {
            site: Some(site.id),
            place: "村口".into(),
            category: "exposed_garbage".into(),
            description: "沟边垃圾".into(),
            ..NewIssue::default()
        })
        .unwrap();
    for seed in 0..3 {
        let jpeg = TestPhoto {
            width: 800,
            height: 600,
            ..TestPhoto::new(seed)
        }
        .jpeg();
        let target = if seed == 0 {
            PhotoTarget::Issue(issue)
        } else {
            PhotoTarget::Sheet(sheet)
        };
        phone
            .replica
            .attach_photo(target, None, &jpeg, PhotoMeta::default())
            .unwrap();
    }
    let report = county.sync(&mut phone).await;
    assert_eq!(
        (report.photos_sent, report.photos_waiting),
        (6, 0),
        "{report:?}"
    );
    let status = phone.replica.status().unwrap();
    assert_eq!((status.photos.held, status.photos.total()), (3, 3));
    // The server's copy is byte for byte the phone's.
    for photo in phone.replica.photos(PhotoTarget::Sheet(sheet)).unwrap() {
        let hash = photo.stored_hash.clone().unwrap();
        let bytes = phone.replica.photo_bytes(photo.id).unwrap().unwrap();
        let stored = walk(&county.dir.path().join("server/photos"))
            .into_iter()
            .find(|p| p.to_string_lossy().replace('/', "").contains(&hash[4..]))
            .unwrap();
        assert_eq!(std::fs::read(stored).unwrap(), bytes);
    }
    // The issue has its number, and the phone sees it after the next sync.
    county.sync(&mut phone).await;
    let issues = phone.replica.issues().unwrap();
    assert!(
        issues[0]
            .number
            .as_deref()
            .is_some_and(|n| n.contains("0001")),
        "{issues:?}"
    );
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            out.extend(walk(&path))
        } else {
            out.push(path)
        }
    }
    out
}

#[tokio::test]
async fn two_phones_of_one_observer_fill_one_sheet_and_he_settles_what_differs() {
    let mut county = County::start(1).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(0).await);
    let site = a.sites().remove(0);
    let sheet = a.fill(&site, 5_000, false);
    assert_eq!(b.fill(&site, 10_000, false), sheet);
    for _ in 0..2 {
        county.sync(&mut a).await;
        county.sync(&mut b).await;
    }
    let view = a.replica.sheet(sheet).unwrap();
    let contested = view.lines.iter().filter(|l| !l.siblings.is_empty()).count();
    assert_eq!(contested, view.lines.len());
    assert_eq!(a.replica.submit(sheet).unwrap_err().code(), "unsettled");
    for (field, siblings) in view.siblings {
        let shown: Vec<_> = siblings.iter().map(|s| s.dot).collect();
        a.replica
            .settle(sheet, &field, siblings[0].value.clone(), &shown)
            .unwrap();
    }
    a.replica.submit(sheet).unwrap();
    county.sync(&mut a).await;
    county.sync(&mut b).await;
    assert!(b.replica.sheet(sheet).unwrap().siblings.is_empty());
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet'"),
        1
    );
}

#[tokio::test]
async fn contested_facts_of_a_slot_stay_until_somebody_settles_them() {
    let mut county = County::start(2).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(1).await);
    let slot = a.sites().into_iter().find(|s| s.slot.is_some()).unwrap();
    a.replica
        .edit_site_facts(slot.id, "name", "王家庄3号")
        .unwrap();
    b.replica
        .edit_site_facts(slot.id, "name", "王家庄8号")
        .unwrap();
    for _ in 0..2 {
        county.sync(&mut a).await;
        county.sync(&mut b).await;
    }
    let record = a
        .replica
        .sites(&Default::default())
        .unwrap()
        .into_iter()
        .find(|s| s.id == slot.id)
        .unwrap();
    assert_eq!(record.conflicts, vec!["name".to_owned()]);
    let facts = record.facts.unwrap();
    let live = a.replica.live_values(facts, "name").unwrap();
    assert_eq!(live.len(), 2);
    let shown: Vec<_> = live.iter().map(|l| l.dot).collect();
    a.replica
        .settle(facts, "name", "王家庄3号".into(), &shown)
        .unwrap();
    // An edit in flight of somebody who had not seen the decision opens it again.
    b.replica
        .edit_site_facts(slot.id, "name", "王家庄9号")
        .unwrap();
    for _ in 0..2 {
        county.sync(&mut a).await;
        county.sync(&mut b).await;
    }
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 1);
    let live = b.replica.live_values(facts, "name").unwrap();
    assert_eq!(live.len(), 2, "{live:?}");
}

#[tokio::test]
async fn a_clock_two_days_off_loses_nothing_and_is_shown() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    phone.clock.set(MORNING + 2 * 86_400_000);
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, true);
    phone.clock.set(MORNING - 2 * 86_400_000);
    let other = phone.sites().remove(1);
    phone.fill(&other, 0, true);
    let report = county.sync(&mut phone).await;
    assert!(report.skew_flagged && report.agreed.agreed, "{report:?}");
    assert_eq!(county.count("SELECT count(*) FROM verdicts"), 0);
    let state = phone
        .replica
        .status()
        .unwrap()
        .records
        .into_iter()
        .find(|r| r.id == sheet)
        .unwrap();
    assert_eq!(state.status, RecordState::HeldByServer);
}

#[tokio::test]
async fn a_reopened_phone_goes_on_where_it_stopped() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, false);
    let mut phone = phone.reopen();
    assert!(phone.replica.sheet(sheet).unwrap().score.is_complete());
    phone.replica.submit(sheet).unwrap();
    let report = county.sync(&mut phone).await;
    assert!(report.agreed.agreed && !report.forked, "{report:?}");
}

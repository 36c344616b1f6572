//! Phones restored from copies: nothing of either branch is lost.

use crate::county::{County, Phone, copy, count};

#[tokio::test]
async fn a_phone_restored_from_a_copy_keeps_both_branches() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let sites = phone.sites();
    phone.fill(&sites[0], 0, true);
    county.sync(&mut phone).await;
    // The backup, taken while the phone is off.
    let dir = phone.dir.clone();
    drop(phone.replica);
    let backup = county.dir.path().join("backup");
    copy(&dir, &backup);
    let mut phone = Phone::open(&dir);
    phone.clock.advance(3_600_000);
    phone.fill(&sites[1], 0, true);
    county.sync(&mut phone).await;
    drop(phone.replica);
    // Back to the copy; it writes on without knowing.
    std::fs::remove_dir_all(&dir).unwrap();
    copy(&backup, &dir);
    let mut phone = Phone::open(&dir);
    phone.clock.advance(7_200_000);
    phone.fill(&sites[2], 0, true);
    phone.fill(&sites[3], 5_000, true);
    let report = county.sync(&mut phone).await;
    let report = if report.agreed.agreed {
        report
    } else {
        county.sync(&mut phone).await
    };
    assert!(report.agreed.agreed, "{report:?}");
    let status = phone.replica.status().unwrap();
    assert_eq!(
        (status.unsent_changes, status.sheets.held),
        (0, 4),
        "{status:?}"
    );
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'"),
        4
    );
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
}

#[tokio::test]
async fn two_clones_that_both_write_on_lose_nothing_to_each_other() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let sites = phone.sites();
    phone.fill(&sites[0], 0, false);
    let dir = phone.dir.clone();
    drop(phone.replica);
    let other = county.dir.path().join("clone");
    copy(&dir, &other);
    let (mut a, mut b) = (Phone::open(&dir), Phone::open(&other));
    a.fill(&sites[0], 5_000, true);
    b.fill(&sites[0], 10_000, true);
    b.fill(&sites[1], 0, true);
    for _ in 0..3 {
        county.sync(&mut a).await;
        county.sync(&mut b).await;
    }
    for phone in [&mut a, &mut b] {
        let report = county.sync(phone).await;
        assert!(
            report.agreed.agreed || report.pulled_changes == 0,
            "{report:?}"
        );
        assert_eq!(phone.replica.status().unwrap().unsent_changes, 0);
    }
    // Both wrote every line of the first sheet after the copy: all of it is contested, none of it is gone.
    let sheet = sheet_of(&mut a, &sites[0]);
    let lines = a.replica.sheet(sheet).unwrap();
    assert!(
        lines.lines.iter().all(|l| l.siblings.len() == 2),
        "{lines:?}"
    );
    assert_eq!(count(&b.database(), "SELECT count(*) FROM tail"), 0);
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet'"),
        2
    );
}

fn sheet_of(phone: &mut Phone, site: &mobile_core::SiteView) -> uuid::Uuid {
    phone
        .sites()
        .into_iter()
        .find(|s| s.id == site.id)
        .and_then(|s| s.sheet)
        .unwrap()
}

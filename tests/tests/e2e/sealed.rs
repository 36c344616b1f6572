//! Who sees what: sheets before the lock, revoked phones, recusal.

use domain::sheet::Form;

use crate::county::{County, TOWNSHIPS, count, office};

#[tokio::test]
async fn a_colleagues_sheet_never_reaches_another_phone() {
    let mut county = County::start(2).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(1).await);
    for site in a.sites() {
        a.fill(&site, 0, true);
    }
    county.sync(&mut a).await;
    county.sync(&mut b).await;
    let sheets =
        "SELECT count(*) FROM records r JOIN names n ON n.no = r.kind WHERE n.name = 'sheet'";
    assert_eq!(count(&b.database(), sheets), 0);
    // Control: with open sheets the same query finds them.
    let mut open = County::start_with(2, true).await;
    let (mut a, mut b) = (open.phone(0).await, open.phone(1).await);
    let site = a.sites().remove(0);
    a.fill(&site, 0, true);
    open.sync(&mut a).await;
    open.sync(&mut b).await;
    assert_eq!(count(&b.database(), sheets), 1);
}

#[tokio::test]
async fn a_revoked_phone_gets_nothing_and_what_it_brings_waits() {
    let mut county = County::start(2).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(1).await);
    let site = a.sites().remove(0);
    b.replica.edit_site_facts(site.id, "remark", "甲").unwrap();
    county.sync(&mut b).await;
    a.fill(&site, 0, true);
    let device = a.replica.identity().unwrap().device;
    county
        .app()
        .revoke_device(&office(), device, "手机丢失")
        .await
        .unwrap();
    let report = county.sync(&mut a).await;
    assert!(report.revoked && report.may_wipe, "{report:?}");
    assert_eq!(report.pulled_changes, 0);
    assert_eq!(a.replica.status().unwrap().unsent_changes, 0);
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet'"),
        0
    );
    assert_eq!(
        county.count("SELECT count(*) FROM held WHERE code = 'quarantined'"),
        1
    );
}

#[tokio::test]
async fn nobody_scores_his_own_township() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let township = TOWNSHIPS[0].0;
    let site = phone
        .sites()
        .into_iter()
        .find(|s| s.township_code.as_deref() == Some(township))
        .unwrap();
    // Filled before the ruling was known on the phone: it arrives, and does not count.
    phone.fill(&site, 0, true);
    county
        .app()
        .recuse(
            &office(),
            county.campaign,
            county.accounts[0],
            township,
            "亲属任职",
        )
        .await
        .unwrap();
    county.sync(&mut phone).await;
    assert_eq!(
        county.count("SELECT count(*) FROM verdicts WHERE code = 'recused' AND in_force = 1"),
        1
    );
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet'"),
        0
    );
    // From now on the phone itself refuses.
    let other = phone
        .sites()
        .into_iter()
        .find(|s| s.township_code.as_deref() == Some(township) && s.id != site.id)
        .unwrap();
    assert_eq!(
        phone
            .replica
            .open_sheet(other.id, Form::Quick)
            .unwrap_err()
            .code(),
        "recused"
    );
}

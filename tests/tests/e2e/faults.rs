//! Lost answers, foreign answers, a server killed and a server restored from yesterday's copy.

use std::sync::atomic::{AtomicUsize, Ordering};

use mobile_core::{
    Failure, HttpTransport, Transport, TransportFuture, TransportRequest, TransportResponse,
};

use crate::county::{County, copy, count};

/// Lets requests through but loses every answer of which `lose(n)` says so.
struct Lossy<F> {
    inner: HttpTransport,
    seen: AtomicUsize,
    lose: F,
}

impl<F: Fn(usize) -> bool + Send + Sync> Transport for Lossy<F> {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            let n = self.seen.fetch_add(1, Ordering::Relaxed);
            let answer = self.inner.send(request).await?;
            if (self.lose)(n) {
                Err(Failure::Cut("lost".into()))
            } else {
                Ok(answer)
            }
        })
    }
}

#[tokio::test]
async fn a_lost_answer_duplicates_nothing() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let before = county.count("SELECT count(*) FROM segments");
    for site in phone.sites() {
        phone.fill(&site, 0, true);
    }
    let lossy = Lossy {
        inner: county.transport(),
        seen: AtomicUsize::new(0),
        lose: |n| n < 2,
    };
    let report = phone.replica.sync(&lossy, &mut |_| {}).await.unwrap();
    assert_eq!(report.retries, 2);
    assert!(report.agreed.agreed, "{report:?}");
    assert_eq!(county.count("SELECT count(*) FROM segments") - before, 1);
    assert_eq!(count(&phone.database(), "SELECT count(*) FROM tail"), 0);
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
}

/// A captive portal: any request gets a page with status 200.
struct Portal;

impl Transport for Portal {
    fn send(&self, _: TransportRequest) -> TransportFuture<'_> {
        Box::pin(async {
            Ok(TransportResponse {
                status: 200,
                headers: vec![("content-type".into(), "text/html".into())],
                body: b"<html>please sign in</html>".to_vec(),
            })
        })
    }
}

#[tokio::test]
async fn a_captive_portal_changes_nothing_and_is_named() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    phone.fill(&site, 0, true);
    let error = phone.replica.sync(&Portal, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.code(), "not_our_server");
    let status = phone.replica.status().unwrap();
    assert_eq!((status.sheets.only_here, status.sheets.held), (1, 0));
    assert!(county.sync(&mut phone).await.agreed.agreed);
}

#[tokio::test]
async fn a_server_restored_from_an_older_copy_gets_back_what_the_phones_hold() {
    let mut county = County::start(2).await;
    let (mut a, mut b) = (county.phone(0).await, county.phone(1).await);
    let sites = a.sites();
    a.fill(&sites[0], 0, true);
    county.sync(&mut a).await;
    county.close().await;
    let server = county.dir.path().join("server");
    let backup = county.dir.path().join("backup");
    copy(&server, &backup);
    county.open().await;
    a.fill(&sites[1], 0, true);
    b.fill(&sites[0], 5_000, true);
    b.replica
        .edit_site_facts(sites[1].id, "name", "东山5号")
        .unwrap();
    county.sync(&mut a).await;
    county.sync(&mut b).await;
    county.sync(&mut a).await;
    let cells = county.count("SELECT count(*) FROM cells");
    county.close().await;
    std::fs::remove_dir_all(&server).unwrap();
    copy(&backup, &server);
    county.open().await;
    assert!(county.count("SELECT count(*) FROM cells") < cells);
    let mut seen = false;
    for _ in 0..3 {
        seen |= county.sync(&mut a).await.new_generation;
        seen |= county.sync(&mut b).await.new_generation;
    }
    assert!(seen, "the restore went unnoticed");
    assert_eq!(
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet'"),
        3
    );
    assert_eq!(county.count("SELECT count(*) FROM cells"), cells);
    assert!(
        a.replica.status().unwrap().unsent_changes == 0
            && b.replica.status().unwrap().unsent_changes == 0
    );
}

#[tokio::test]
async fn a_restored_server_knows_a_phone_enrolled_after_its_backup_by_its_certificate() {
    let mut county = County::start(2).await;
    county.close().await;
    let server = county.dir.path().join("server");
    let backup = county.dir.path().join("backup");
    copy(&server, &backup);
    county.open().await;
    let mut only = county.phone(0).await;
    let sites = only.sites();
    only.fill(&sites[0], 0, true);
    county.sync(&mut only).await;
    only.fill(&sites[1], 0, true);
    county.close().await;
    std::fs::remove_dir_all(&server).unwrap();
    copy(&backup, &server);
    county.open().await;
    assert_eq!(county.count("SELECT count(*) FROM devices"), 0);
    let first = county.sync(&mut only).await;
    assert!(first.new_generation, "{first:?}");
    let last = county.sync(&mut only).await;
    assert!(last.agreed.agreed && last.contradictions == 0, "{last:?}");
    assert_eq!(only.replica.status().unwrap().unsent_changes, 0);
    let sheets = "SELECT count(*) FROM entries WHERE kind = 'sheet'";
    assert_eq!(county.count(sheets), 2);
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
    assert!(county.count("SELECT count(*) FROM audit_entries WHERE action = 'know_again'") == 1);
}

#[tokio::test]
async fn a_certificate_of_another_server_enrols_nobody() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let other = County::start(1).await;
    let error = phone
        .replica
        .sync(&other.transport(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.code(), "unknown_device");
    assert_eq!(other.count("SELECT count(*) FROM devices"), 0);
    assert_eq!(
        other.count("SELECT count(*) FROM audit_entries WHERE action = 'know_again'"),
        0
    );
    assert!(county.sync(&mut phone).await.agreed.agreed);
}

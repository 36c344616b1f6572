//! Bundles: unsent work of one phone by other hands, whatever happened to that phone, to its server and to the file.
//!
//! What should be on the server is counted in the phone's own database before the bundle leaves.

use std::path::{Path, PathBuf};

use mobile_core::photos::generate::TestPhoto;
use mobile_core::{BundleOptions, Carried, PhotoMeta, PhotoTarget, TransportResponse};
use protocol::bundle::CONTENT_TYPE;
use server::services::bundles::TakenIn;
use uuid::Uuid;

use crate::county::{County, Phone, copy, count, office};
use crate::raw_phone::rows;

/// What a server holds of phones: changes, submitted sheets, finished photo files.
pub fn held(county: &County) -> (i64, i64, usize) {
    (
        county.count("SELECT coalesce(sum(count), 0) FROM segments s JOIN logs l ON l.no = s.log JOIN devices d ON d.id = l.device"),
        county.count("SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'"),
        files(&county.dir.path().join("server/photos/finished")),
    )
}

fn files(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    entries
        .map(|e| e.unwrap().path())
        .map(|p| if p.is_dir() { files(&p) } else { 1 })
        .sum()
}

/// Two sheets, one of them with two photos; nothing of it was sent. The changes, counted in the phone's database.
fn work(phone: &mut Phone) -> i64 {
    let sites = phone.sites();
    let sheet = phone.fill(&sites[0], 0, true);
    phone.fill(&sites[1], 5_000, true);
    for seed in 1..=2 {
        photo(phone, sheet, seed);
    }
    unsent(phone)
}

fn photo(phone: &mut Phone, sheet: Uuid, seed: u64) {
    let jpeg = TestPhoto::new(seed).jpeg();
    let target = PhotoTarget::Sheet(sheet);
    let meta = PhotoMeta::default();
    phone
        .replica
        .attach_photo(target, None, &jpeg, meta)
        .unwrap();
}

/// Nothing of it is sealed yet.
fn unsent(phone: &Phone) -> i64 {
    count(&phone.database(), "SELECT count(*) FROM tail")
}

fn export(phone: &mut Phone, options: &BundleOptions) -> Vec<PathBuf> {
    let plan = phone.replica.plan_bundle(options).unwrap();
    let parts = 0..plan.parts();
    parts
        .map(|part| {
            let mut bytes = Vec::new();
            phone.replica.write_bundle(&plan, part, &mut bytes).unwrap();
            let path = phone.dir.with_extension(format!("{part}.guanmo"));
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect()
}

fn one(phone: &mut Phone) -> PathBuf {
    export(phone, &BundleOptions::default()).remove(0)
}

async fn import(county: &County, file: &Path) -> TakenIn {
    let app = county.app();
    app.import_bundle(&office(), None, file).await.unwrap()
}

#[tokio::test]
async fn a_bundle_brings_everything_and_again_nothing_and_the_phone_sees_it_at_its_next_sync() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let before = held(&county);
    let changes = work(&mut phone);
    let file = one(&mut phone);
    let status = phone.replica.status().unwrap();
    assert_eq!(
        status.unsent_changes as i64, changes,
        "a bundle acknowledges nothing"
    );
    let note = status.bundle.unwrap();
    assert_eq!((note.changes as i64, note.photo_files), (changes, 4));
    let taken = import(&county, &file).await;
    assert!(taken.complete && taken.segments_new > 0, "{taken:?}");
    assert_eq!((taken.photos_new, taken.photos_waiting), (4, 0));
    let after = held(&county);
    assert_eq!(after, (before.0 + changes, 2, 4));
    let again = import(&county, &file).await;
    assert_eq!((again.segments_new, again.photos_new), (0, 0), "{again:?}");
    assert_eq!(again.segments_there, taken.segments_new);
    assert_eq!(held(&county), after);
    let report = county.sync(&mut phone).await;
    assert!(report.agreed.agreed && !report.forked, "{report:?}");
    assert_eq!((report.photos_sent, report.contradictions), (0, 0));
    let status = phone.replica.status().unwrap();
    assert_eq!((status.unsent_changes, status.bundle), (0, None));
    assert_eq!((status.sheets.held, status.photos.held), (2, 2));
    assert_eq!(held(&county), after);
    let refused = phone.replica.plan_bundle(&BundleOptions::default());
    assert_eq!(refused.unwrap_err().code(), "nothing_unsent");
    let third = import(&county, &file).await;
    assert!(third.complete && third.segments_new == 0);
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
    let audit = "SELECT count(*) FROM audit_entries WHERE action = 'import_bundle' AND ok";
    assert_eq!(county.count(audit), 3);
}

#[tokio::test]
async fn a_bundle_that_comes_after_the_phone_synced_or_between_two_of_its_syncs_changes_nothing_twice()
 {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let changes = work(&mut phone);
    let before = held(&county);
    let first = one(&mut phone);
    let sites = phone.sites();
    phone.fill(&sites[2], 0, true);
    let second = one(&mut phone);
    assert!(county.sync(&mut phone).await.agreed.agreed);
    let synced = held(&county);
    assert!(synced.0 > before.0 + changes);
    for file in [&second, &first] {
        let taken = import(&county, file).await;
        assert_eq!((taken.segments_new, taken.photos_new), (0, 0), "{taken:?}");
        assert!(taken.complete);
    }
    assert_eq!(held(&county), synced);
    // In between: made before a sync, brought after it, while the phone has written on.
    phone.fill(&sites[3], 0, true);
    let third = one(&mut phone);
    phone.fill(&sites[4], 0, true);
    let taken = import(&county, &third).await;
    assert!(taken.segments_new > 0 && taken.complete);
    let report = county.sync(&mut phone).await;
    assert!(report.agreed.agreed && !report.forked, "{report:?}");
    assert_eq!(held(&county).1, 5);
    assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
}

#[tokio::test]
async fn a_phone_that_is_gone_for_ever_left_everything_in_its_bundle_and_another_phone_carried_it()
{
    let mut county = County::start(2).await;
    let (mut lost, mut carrier) = (county.phone(0).await, county.phone(1).await);
    let before = held(&county);
    let changes = work(&mut lost);
    let file = std::fs::read(one(&mut lost)).unwrap();
    std::fs::remove_dir_all(&lost.dir).unwrap();
    drop(lost);
    let mut bad = file.clone();
    bad[5_000] ^= 1;
    let refused = carrier.replica.carry_bundle(&bad).unwrap_err();
    assert_eq!(refused.code(), "bundle_damaged");
    carrier.replica.carry_bundle(&file).unwrap();
    carrier.replica.carry_bundle(&file).unwrap();
    assert_eq!(carrier.replica.status().unwrap().bundles_carried, 1);
    let own = carrier.replica.status().unwrap();
    assert_eq!((own.sheets.total(), own.photos.total()), (0, 0));
    let mut carrier = carrier.reopen();
    let report = county.sync(&mut carrier).await;
    assert_eq!(report.bundles_delivered, 1, "{report:?}");
    assert!(report.bundle_bytes >= file.len() as u64);
    assert_eq!(held(&county), (before.0 + changes, 2, 4));
    let listed = carrier.replica.carried_bundles().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].state, Carried::Delivered);
    let gone = carrier.replica.carried_file(&listed[0].sha256);
    assert_eq!(gone.unwrap_err().code(), "unknown_record");
    assert_eq!(county.sync(&mut carrier).await.bundle_bytes, 0);
}

#[tokio::test]
async fn a_revoked_phones_bundle_waits_in_quarantine_and_its_photos_come_with_the_decision() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let device = phone.replica.identity().unwrap().device;
    let changes = work(&mut phone);
    let file = one(&mut phone);
    let app = county.app().clone();
    app.revoke_device(&office(), device, "手机丢失")
        .await
        .unwrap();
    let before = held(&county);
    let taken = import(&county, &file).await;
    assert!(!taken.complete && taken.kept, "{taken:?}");
    assert_eq!(taken.segments_held, taken.segments_new);
    assert_eq!((taken.photos_new, taken.photos_waiting), (0, 4));
    assert!(taken.held_entries > 0);
    assert_eq!(held(&county), (before.0 + changes, 0, 0));
    assert_eq!(app.waiting_bundles().await.unwrap().len(), 1);
    let entries = app.held_entries(county.campaign).await.unwrap();
    let open = entries.iter().filter(|h| h.decided.is_none());
    let ids: Vec<Uuid> = open.map(|h| h.id.parse().unwrap()).collect();
    assert_eq!(ids.len(), taken.held_entries);
    std::fs::remove_file(&file).unwrap();
    app.decide_held_entries(&office(), &ids, true, "核实后采纳")
        .await
        .unwrap();
    assert_eq!(held(&county), (before.0 + changes, 2, 4));
    assert_eq!(app.waiting_bundles().await.unwrap().len(), 0);
    drop(app);
}

#[tokio::test]
async fn a_restored_server_takes_a_bundle_of_a_phone_it_never_knew_and_one_that_lacks_a_beginning_waits()
 {
    let mut county = County::start(1).await;
    let server = county.dir.path().join("server");
    let backup = county.dir.path().join("backup");
    county.close().await;
    copy(&server, &backup);
    county.open().await;
    let mut phone = county.phone(0).await;
    let sites = phone.sites();
    phone.fill(&sites[3], 0, true);
    county.sync(&mut phone).await;
    work(&mut phone);
    let made = one(&mut phone);
    let tail = county.dir.path().join("tail.guanmo");
    std::fs::rename(made, &tail).unwrap();
    let all = BundleOptions {
        all: true,
        ..BundleOptions::default()
    };
    let everything = export(&mut phone, &all).remove(0);
    county.close().await;
    std::fs::remove_dir_all(&server).unwrap();
    copy(&backup, &server);
    county.open().await;
    assert_eq!(county.count("SELECT count(*) FROM devices"), 0);
    std::fs::rename(&everything, county.dir.path().join("all.guanmo")).unwrap();
    std::fs::remove_dir_all(&phone.dir).unwrap();
    drop(phone);
    let taken = import(&county, &tail).await;
    assert!(taken.segments_waiting > 0 && taken.kept, "{taken:?}");
    let known = "SELECT count(*) FROM audit_entries WHERE action = 'know_again'";
    assert_eq!(county.count(known), 1);
    let taken = import(&county, &county.dir.path().join("all.guanmo")).await;
    assert!(taken.complete && taken.segments_waiting == 0, "{taken:?}");
    assert_eq!((held(&county).1, held(&county).2), (3, 4));
    assert_eq!(
        county.app().waiting_bundles().await.unwrap().len(),
        0,
        "the first came in by itself"
    );
}

#[tokio::test]
async fn a_copy_of_a_phone_brings_its_branch_in_a_bundle_and_it_is_held_as_with_a_sync() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let sites = phone.sites();
    phone.fill(&sites[0], 0, true);
    let dir = phone.dir.clone();
    drop(phone.replica);
    // Cloned with what was not sent, install id and all: both go on in the same epoch.
    let clone = county.dir.path().join("clone");
    copy(&dir, &clone);
    let (mut a, mut b) = (Phone::open(&dir), Phone::open(&clone));
    a.fill(&sites[1], 0, true);
    b.fill(&sites[2], 5_000, true);
    county.sync(&mut a).await;
    let applied = held(&county).1;
    let taken = import(&county, &one(&mut b)).await;
    assert_eq!(taken.segments_held, taken.segments_new, "{taken:?}");
    assert!(taken.held_entries > 0 && taken.segments_new > 0);
    assert_eq!(held(&county).1, applied, "a branch counts nowhere");
    let app = county.app().clone();
    let entries = app.held_entries(county.campaign).await.unwrap();
    assert_eq!(entries.len(), taken.held_entries);
    let again = import(&county, &one(&mut b)).await;
    assert_eq!(again.segments_new, 0);
    // The clone is found after all: it writes its branch again, and the entries close.
    let mut report = county.sync(&mut b).await;
    for _ in 0..2 {
        report = county.sync(&mut b).await;
    }
    assert!(report.agreed.agreed, "{report:?}");
    let entries = app.held_entries(county.campaign).await.unwrap();
    assert!(entries.iter().all(|h| h.decided.is_some()), "{entries:?}");
    assert_eq!(held(&county).1, 3);
    drop(app);
}

async fn post(county: &County, path: &str, token: &str, body: Vec<u8>) -> TransportResponse {
    use mobile_core::{Transport, TransportRequest};
    let request = TransportRequest {
        method: "POST",
        path: path.into(),
        headers: vec![
            ("content-type".into(), CONTENT_TYPE.into()),
            ("authorization".into(), format!("Bearer {token}")),
        ],
        body,
    };
    county.transport().send(request).await.unwrap()
}

#[tokio::test]
async fn a_damaged_bundle_or_one_for_another_server_changes_no_row_and_no_file() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    work(&mut phone);
    let good = std::fs::read(one(&mut phone)).unwrap();
    let mut other = County::start(1).await;
    let mut stranger = other.phone(0).await;
    work(&mut stranger);
    let foreign = std::fs::read(one(&mut stranger)).unwrap();
    let app = county.app().clone();
    let database = county.dir.path().join("server/server.db");
    let but = ["audit_entries", "audit_end", "meta"];
    let before = (rows(&database, &but), held(&county));
    let file = county.dir.path().join("try.guanmo");
    let mut tried = 0;
    let step = good.len() / 120;
    let flipped = (0..good.len()).step_by(step).map(|at| {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        (bytes, None)
    });
    let cut = (0..good.len())
        .step_by(step)
        .map(|at| (good[..at].to_vec(), None));
    let foreign = std::iter::once((foreign, Some("bundle_foreign")));
    for (bytes, code) in flipped.chain(cut).chain(foreign) {
        std::fs::write(&file, bytes).unwrap();
        let refused = app.import_bundle(&office(), None, &file).await.unwrap_err();
        let found = refused.code();
        let known = [
            "not_a_bundle",
            "bundle_damaged",
            "bundle_foreign",
            "request_too_large",
        ];
        assert!(known.contains(&found), "{found}");
        assert!(code.is_none_or(|c| c == found), "{found}");
        tried += 1;
    }
    assert!(tried > 200, "{tried}");
    assert_eq!((rows(&database, &but), held(&county)), before);
    // The control: the same file, unharmed, does change rows and files.
    std::fs::write(&file, &good).unwrap();
    import(&county, &file).await;
    assert_ne!(rows(&database, &but), before.0);
    assert_eq!(held(&county).2, 4);
    drop(app);
}

#[tokio::test]
async fn nobody_hands_over_a_bundle_without_a_token_and_who_carries_learns_nothing_of_it() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    work(&mut phone);
    let good = std::fs::read(one(&mut phone)).unwrap();
    let before = held(&county);
    for path in ["/api/v1/bundles/carried", "/api/v1/bundles"] {
        let refused = post(&county, path, "nobody", good.clone()).await;
        assert_eq!(refused.status, 401, "{path}");
    }
    assert_eq!(held(&county), before);
    let carrier = &mut crate::raw_phone::RawPhone::enrol(&county, 1, 7).await;
    let token = carrier.token().await;
    let taken = post(&county, "/api/v1/bundles/carried", &token, good).await;
    assert_eq!(taken.status, 200, "{taken:?}");
    let taken: serde_json::Value = serde_json::from_slice(&taken.body).unwrap();
    assert_eq!(taken["complete"], true);
    assert_eq!(
        (&taken["account_name"], &taken["device_name"]),
        (&"".into(), &"".into())
    );
    assert_eq!(held(&county).1, 2);
    let over = vec![0; protocol::limits::CARRY_BYTES as usize + 1];
    let refused = post(&county, "/api/v1/bundles/carried", &token, over).await;
    assert_eq!(refused.status, 413);
}

#[tokio::test]
async fn a_bundle_in_parts_comes_in_by_any_order_and_one_without_photos_says_what_is_missing() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let changes = work(&mut phone);
    let before = held(&county);
    let small = BundleOptions {
        part_bytes: 20_000,
        ..BundleOptions::default()
    };
    let parts = export(&mut phone, &small);
    assert!(parts.len() > 2, "{}", parts.len());
    for part in parts.iter().rev() {
        import(&county, part).await;
    }
    assert_eq!(held(&county), (before.0 + changes, 2, 4));
    assert_eq!(county.app().waiting_bundles().await.unwrap().len(), 0);
    let sites = phone.sites();
    let sheet = phone.fill(&sites[2], 0, true);
    photo(&mut phone, sheet, 9);
    let bare = BundleOptions {
        photos: false,
        ..BundleOptions::default()
    };
    let taken = import(&county, &export(&mut phone, &bare)[0]).await;
    // Those of the parts are not confirmed to the phone yet, so it counts them too.
    assert_eq!((taken.photos_left_out, held(&county).1), (6, 3));
    let report = county.sync(&mut phone).await;
    assert_eq!((report.photos_sent, held(&county).2), (2, 6));
}

#[tokio::test]
async fn a_disk_that_is_full_keeps_the_records_and_says_so_and_importing_again_goes_on() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    work(&mut phone);
    let file = one(&mut phone);
    let blobs = county.app().blobs().clone();
    let reserve = blobs.reserve_bytes();
    blobs.set_reserve(u64::MAX / 2);
    let taken = import(&county, &file).await;
    assert_eq!(taken.stopped.as_deref(), Some("disk_full"), "{taken:?}");
    assert!(!taken.complete && !taken.kept && taken.segments_new > 0);
    assert_eq!((held(&county).1, held(&county).2), (2, 0));
    blobs.set_reserve(reserve);
    drop(blobs);
    let taken = import(&county, &file).await;
    assert!(taken.complete && taken.segments_new == 0, "{taken:?}");
    assert_eq!(held(&county).2, 4);
}

/// The answer to a bundle is lost, as often as `left` says.
struct Losing {
    inner: mobile_core::HttpTransport,
    left: std::sync::atomic::AtomicUsize,
}

impl mobile_core::Transport for Losing {
    fn send(&self, request: mobile_core::TransportRequest) -> mobile_core::TransportFuture<'_> {
        use std::sync::atomic::Ordering::Relaxed;
        Box::pin(async move {
            let bundle = request.path.ends_with("/bundles/carried");
            let answer = self.inner.send(request).await?;
            if bundle && self.left.load(Relaxed) > 0 {
                self.left.fetch_sub(1, Relaxed);
                return Err(mobile_core::Failure::Cut("lost".into()));
            }
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_bundle_with_its_carrier_and_holds_up_nothing_of_his_own() {
    let mut county = County::start(2).await;
    let (mut lost, mut carrier) = (county.phone(0).await, county.phone(1).await);
    let before = held(&county);
    let changes = work(&mut lost);
    let file = std::fs::read(one(&mut lost)).unwrap();
    carrier.replica.carry_bundle(&file).unwrap();
    let sites = carrier.sites();
    let sheet = carrier.fill(&sites[2], 0, true);
    photo(&mut carrier, sheet, 5);
    let own = unsent(&carrier);
    let losing = Losing {
        inner: county.transport(),
        left: 1.into(),
    };
    let report = carrier.replica.sync(&losing, &mut |_| {}).await.unwrap();
    assert_eq!((report.bundles_delivered, report.photos_sent), (0, 2));
    let all = (before.0 + changes + own, 3, 6);
    assert_eq!(
        held(&county),
        all,
        "the server had it; only the answer was lost"
    );
    let state = &carrier.replica.carried_bundles().unwrap()[0].state;
    let code = Some("network".to_owned());
    assert_eq!(*state, Carried::Waiting { code });
    let report = carrier.replica.sync(&losing, &mut |_| {}).await.unwrap();
    assert_eq!((report.bundles_delivered, held(&county)), (1, all));
}

#[tokio::test]
async fn a_revoked_carrier_is_not_wiped_with_a_colleagues_bundle_and_can_hand_it_on() {
    let mut county = County::start(2).await;
    let (mut lost, mut carrier) = (county.phone(0).await, county.phone(1).await);
    work(&mut lost);
    let file = std::fs::read(one(&mut lost)).unwrap();
    carrier.replica.carry_bundle(&file).unwrap();
    let device = carrier.replica.identity().unwrap().device;
    let app = county.app().clone();
    app.revoke_device(&office(), device, "换机").await.unwrap();
    let report = county.sync(&mut carrier).await;
    assert!(
        report.revoked && report.bundles_delivered == 0,
        "{report:?}"
    );
    let dir = carrier.dir.clone();
    let refused = carrier.replica.wipe().unwrap_err();
    assert_eq!(refused.code(), "carrying");
    let mut carrier = Phone::open(&dir);
    let number = carrier.replica.carried_bundles().unwrap()[0].sha256.clone();
    assert_eq!(carrier.replica.carried_file(&number).unwrap(), file);
    carrier.replica.drop_carried(&number).unwrap();
    carrier.replica.wipe().unwrap();
    assert!(!dir.exists());
    drop(app);
}

#[tokio::test]
async fn a_photo_damaged_on_the_phone_is_left_out_and_told_and_a_foreign_bundle_is_not_carried() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    work(&mut phone);
    let mut found = Vec::new();
    let mut open = vec![phone.dir.join("photos")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path),
            }
        }
    }
    // The smallest is a thumbnail; the camera's files stay on the phone.
    found.sort_by_key(|p| std::fs::metadata(p).unwrap().len());
    assert_eq!(found.len(), 6);
    let mut bytes = std::fs::read(&found[0]).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&found[0], bytes).unwrap();
    let file = one(&mut phone);
    let taken = import(&county, &file).await;
    assert_eq!(
        (taken.photos_new, taken.photos_left_out),
        (3, 1),
        "{taken:?}"
    );
    let mut other = County::start(1).await;
    let mut stranger = other.phone(0).await;
    let refused = stranger
        .replica
        .carry_bundle(&std::fs::read(&file).unwrap());
    assert_eq!(refused.unwrap_err().code(), "bundle_foreign");
}

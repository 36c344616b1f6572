//! What `status` shows equals what a query of each database counts: offline, half sent, sent, and with a held sheet.
//!
//! The queries here are written anew, not taken from the code under test.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Failure, HttpTransport, Mark, PhotoMeta, PhotoTarget, RecordState, Status, Transport,
    TransportFuture, TransportRequest,
};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::county::{County, Phone, count, office};

/// (only here, held, needs you) of sheets and of photos, and the changes not sent.
type Shown = ([u64; 3], [u64; 3], u64);

fn shown(status: &Status) -> Shown {
    let of = |c: &mobile_core::Counts| [c.only_here, c.held, c.needs_you];
    (
        of(&status.sheets),
        of(&status.photos),
        status.unsent_changes,
    )
}

fn ids(path: &Path, sql: &str) -> HashSet<Vec<u8>> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |r| r.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Hashes of the photo files the server has published.
fn published(county: &County) -> HashSet<Vec<u8>> {
    let (mut open, mut found) = (
        vec![county.dir.path().join("server/photos")],
        HashSet::new(),
    );
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            let hash = protocol::chain::sha256(&bytes);
            let path = entry.path().to_string_lossy().replace('/', "");
            // Whole files under their own hash; what is still coming in bears a longer or another name.
            if path.ends_with(&hex::encode(hash)[4..]) {
                found.insert(hash.to_vec());
            }
        }
    }
    found
}

/// Counts the same in the phone's database alone.
fn on_the_phone(phone: &Phone) -> Shown {
    let of = |sql: &str| count(&phone.database(), sql) as u64;
    let sheet = "FROM records r JOIN names k ON k.no = r.kind AND k.name = 'sheet' WHERE";
    let refused = "EXISTS (SELECT 1 FROM verdicts v WHERE v.in_force = 1 AND v.target = r.id)";
    let waits = "EXISTS (SELECT 1 FROM cells c JOIN logs l ON l.no = c.log
                 WHERE c.record = r.no AND c.seq > l.acked)";
    let needs = of(&format!("SELECT count(*) {sheet} {refused}"));
    let here = of(&format!(
        "SELECT count(*) {sheet} NOT {refused} AND {waits}"
    ));
    let all = of(&format!("SELECT count(*) {sheet} 1"));
    let sent = "NOT EXISTS (SELECT 1 FROM blobs b WHERE b.hash IN (p.stored, p.thumbnail) AND b.state <> 2)";
    let photos = of("SELECT count(*) FROM photos");
    let photos_sent = of(&format!("SELECT count(*) FROM photos p WHERE {sent}"));
    let unsent = of("SELECT coalesce(sum(last - acked), 0) FROM (
        SELECT l.acked AS acked, max(l.head, coalesce((SELECT max(seq) FROM tail t WHERE t.log = l.no), 0)) AS last
        FROM logs l WHERE EXISTS (SELECT 1 FROM epochs e JOIN scopes s ON s.id = e.scope
                                  WHERE s.no = l.scope AND e.epoch = l.epoch)
        AND l.device = (SELECT device FROM logs x JOIN segments g ON g.log = x.no WHERE x.acked > 0 LIMIT 1))");
    (
        [here, all - here - needs, needs],
        [photos - photos_sent, photos_sent, 0],
        unsent,
    )
}

/// (sheets held, sheets waiting for a decision, photos held) in the server's database and folder.
fn at_the_office(county: &County, account: Uuid) -> [u64; 3] {
    let db = county.dir.path().join("server/server.db");
    let who = hex::encode(account.into_bytes());
    let sheets = "SELECT id FROM entries WHERE kind = 'sheet' AND deleted = 0 AND author";
    let sheets = ids(&db, &format!("{sheets} = x'{who}'"));
    let held = "SELECT record FROM held WHERE kind = 'sheet' AND accepted IS NULL AND account";
    let held = ids(&db, &format!("{held} = x'{who}'"));
    let files = published(county);
    let has = |of: &str| ids(&db, &format!("SELECT {of} FROM photos"));
    let whole = has("CAST(stored || thumb AS BLOB)");
    let whole = whole
        .iter()
        .filter(|h| files.contains(&h[..32]) && files.contains(&h[32..]));
    [
        sheets.difference(&held).count() as u64,
        held.len() as u64,
        whole.count() as u64,
    ]
}

/// Lets so many requests about photos through, then there is no signal.
struct Fading {
    net: HttpTransport,
    left: AtomicUsize,
}

impl Transport for Fading {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            let spend = |n: usize| n.checked_sub(1);
            if request.path.contains("/blobs")
                && self
                    .left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend)
                    .is_err()
            {
                return Err(Failure::Unreachable("no signal".into()));
            }
            self.net.send(request).await
        })
    }
}

fn attach(phone: &mut Phone, sheet: Uuid, seed: u64) {
    let photo = TestPhoto::new(seed);
    let target = PhotoTarget::Sheet(sheet);
    let meta = PhotoMeta::default();
    phone
        .replica
        .attach_photo(target, None, &photo.jpeg(), meta)
        .unwrap();
}

#[tokio::test]
async fn the_counts_shown_equal_queries_of_both_databases_at_every_stage() {
    let mut county = County::start(2).await;
    let mut phone = county.phone(0).await;
    let account = county.accounts[0];
    let sites = phone.sites();
    // Something else first, so that the phone has a log of its own in both scopes.
    phone
        .replica
        .edit_site_facts(sites[1].id, "name", "王家庄3号")
        .unwrap();
    county.sync(&mut phone).await;

    // Offline.
    let mut sheets = Vec::new();
    for (n, site) in sites.iter().take(5).enumerate() {
        sheets.push(phone.fill(site, 0, true));
        attach(&mut phone, sheets[n], n as u64);
    }
    let status = shown(&phone.replica.status().unwrap());
    assert_eq!((status.0, status.1), ([5, 0, 0], [5, 0, 0]));
    assert_eq!(status, on_the_phone(&phone));
    assert_eq!(at_the_office(&county, account), [0, 0, 0]);

    // The signal goes while photos are being sent; then he works on.
    let fading = Fading {
        net: county.transport(),
        left: AtomicUsize::new(9),
    };
    let _ = phone.replica.sync(&fading, &mut |_| {}).await;
    let status = shown(&phone.replica.status().unwrap());
    assert_eq!((status.0, status.2), ([0, 5, 0], 0));
    assert!(status.1[0] > 0, "the signal went too late: {status:?}");
    assert_eq!(status, on_the_phone(&phone));
    assert_eq!(at_the_office(&county, account)[..2], [5, 0]);
    assert!(at_the_office(&county, account)[2] >= status.1[1]);
    sheets.push(phone.fill(&sites[5], 0, false));
    phone.replica.amend(sheets[0], "漏看一处").unwrap();
    let status = shown(&phone.replica.status().unwrap());
    assert_eq!(status.0, [2, 4, 0]);
    assert!(status.2 > 1);
    assert_eq!(status, on_the_phone(&phone));

    // All sent.
    phone.replica.submit(sheets[0]).unwrap();
    county.sync(&mut phone).await;
    let status = shown(&phone.replica.status().unwrap());
    assert_eq!(status, ([0, 6, 0], [0, 5, 0], 0));
    assert_eq!(status, on_the_phone(&phone));
    assert_eq!(at_the_office(&county, account), [6, 0, 5]);

    // A new sheet arrives after the lock: it waits at the office, and the phone says so.
    let late = phone.fill(&sites[6], 0, true);
    let (campaign, group) = (county.campaign, county.groups[0]);
    let by = office();
    let locked = county
        .app()
        .lock_group(&by, campaign, group, Some("会议在即"));
    locked.await.unwrap();
    county.sync(&mut phone).await;
    county.sync(&mut phone).await;
    let full = phone.replica.status().unwrap();
    assert_eq!(shown(&full), ([0, 6, 1], [0, 5, 0], 0));
    assert_eq!(shown(&full), on_the_phone(&phone));
    assert_eq!(at_the_office(&county, account), [6, 1, 5]);
    let state = full.records.iter().find(|r| r.id == late).unwrap();
    assert_eq!(state.status, RecordState::NeedsYou { why: "late".into() });

    // What is listed is what is counted.
    let listed = full.records.iter().filter(|r| sheets.contains(&r.id));
    assert_eq!(
        listed
            .filter(|r| r.status == RecordState::HeldByServer)
            .count(),
        6
    );
    phone
        .replica
        .answer(late, "NO-1", Mark::Points(0).into())
        .unwrap_err();
    assert_eq!(
        shown(&phone.replica.status().unwrap()),
        on_the_phone(&phone)
    );
}

//! Backups of a real data folder: round trip, damage, secrecy, a kill in between.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::blobs;
use crate::config::{Config, system_clock, system_entropy};
use crate::services::campaign::NewCampaign;
use crate::services::office::Actor;

const CANARY: &str = "金丝雀CANARY7731";

fn named(name: &str) -> NewCampaign {
    NewCampaign {
        name: name.to_owned(),
        tour_kind: "tour".to_owned(),
        dates: ("2026-05-01".to_owned(), "2026-05-02".to_owned()),
        rules: domain::score::Rules::default(),
        sheets_open: false,
    }
}

struct Place {
    dir: tempfile::TempDir,
    secret: PathBuf,
    recipient: Recipient,
}

impl Place {
    /// A data folder with a campaign of that name and one photo, and a key.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (recipient, text) = keygen();
        let secret = dir.path().join("key.txt");
        fs::write(&secret, text).unwrap();
        let place = Self {
            dir,
            secret,
            recipient,
        };
        let app = crate::open(Config::new(place.data())).await.unwrap();
        app.create_campaign(&Actor::system(), named(CANARY))
            .await
            .unwrap();
        place.photo(b"one photo").await;
        place
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn key(&self) -> Identity {
        Identity::read(&self.secret).unwrap()
    }

    async fn photo(&self, bytes: &[u8]) -> blobs::BlobHash {
        let hash = blobs::BlobHash::from_bytes(protocol::chain::sha256(bytes));
        let path = blobs::finished_path(&self.data().join("photos"), hash);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        hash
    }

    fn order(&self, name: &str) -> Order {
        Order {
            data: self.data(),
            to: self.dir.path().join("backups").join(name),
            recipient: self.recipient.clone(),
            photos: true,
            now_ms: 1_790_000_000_000,
        }
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn a_backup_of_a_folder_in_use_is_restored_whole_as_a_new_generation() {
    let p = Place::new().await;
    // The server has the folder while it is backed up.
    let app = crate::open(Config::new(p.data())).await.unwrap();
    let done = write(&p.order("a.age")).unwrap();
    assert_eq!(done.new_photos, 1);
    let checked = verify(&p.order("a.age").to, &p.key()).unwrap();
    assert_eq!(
        (&checked.manifest, checked.lacking.len()),
        (&done.manifest, 0)
    );
    let into = p.dir.path().join("restored");
    let clock = system_clock();
    let restored = restore(
        &p.order("a.age").to,
        &p.key(),
        &into,
        clock.clone(),
        system_entropy(),
    )
    .await
    .unwrap();
    assert!(restored.generation > done.manifest.generation);
    assert_eq!((restored.photos, restored.lacking.len()), (1, 0));
    let again = crate::open(Config::new(&into)).await.unwrap();
    let names = |app: std::sync::Arc<crate::App>| async move {
        app.current_campaign().await.unwrap().unwrap().name.clone()
    };
    assert_eq!(again.server_id(), app.server_id());
    assert_eq!(names(again).await, names(app).await);
    assert!(!into.join(".restoring").exists());
    // A folder with something in it is refused and stays.
    let error = restore(
        &p.order("a.age").to,
        &p.key(),
        &into,
        clock,
        system_entropy(),
    )
    .await;
    assert_eq!(error.unwrap_err().code(), "not_empty");
}

#[tokio::test]
async fn no_text_of_the_database_and_no_photo_is_readable_in_a_backup() {
    let p = Place::new().await;
    write(&p.order("a.age")).unwrap();
    let readable = |files: Vec<PathBuf>, what: &[u8]| {
        let hits = files.iter().filter(|f| {
            let bytes = fs::read(f).unwrap();
            bytes.windows(what.len()).any(|w| w == what)
        });
        hits.count()
    };
    let backups = files(&p.dir.path().join("backups"));
    assert_eq!(backups.len(), 2);
    for canary in [CANARY.as_bytes(), b"one photo", b"SQLite format"] {
        assert_eq!(readable(backups.clone(), canary), 0);
        // The control: the data folder has it.
        assert!(readable(files(&p.data()), canary) > 0);
    }
}

#[tokio::test]
async fn every_changed_or_missing_byte_of_a_backup_is_noticed() {
    let p = Place::new().await;
    let order = p.order("a.age");
    write(&order).unwrap();
    let whole = fs::read(&order.to).unwrap();
    let bad = p.dir.path().join("backups/bad.age");
    let mut tries = 0;
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&bad, &flipped).unwrap();
        assert!(verify(&bad, &p.key()).is_err(), "flipped at {at}");
        fs::write(&bad, &whole[..at]).unwrap();
        assert!(verify(&bad, &p.key()).is_err(), "cut at {at}");
        tries += 2;
    }
    assert!(tries > 100);
    fs::write(&bad, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(verify(&bad, &p.key()).unwrap_err().code(), "backup_damaged");
    // The control: whole, it is good; another key does not open it.
    fs::write(&bad, &whole).unwrap();
    assert!(verify(&bad, &p.key()).is_ok());
    let other = Identity::fleeting();
    assert_eq!(verify(&bad, &other).unwrap_err().code(), "wrong_key");
}

#[tokio::test]
async fn photos_are_written_once_and_a_lost_or_damaged_one_is_named() {
    let p = Place::new().await;
    write(&p.order("a.age")).unwrap();
    let second = p.photo(b"another").await;
    let done = write(&p.order("b.age")).unwrap();
    assert_eq!(done.new_photos, 1);
    assert_eq!(done.manifest.photos.as_ref().map(Vec::len), Some(2));
    // On the server's disk.
    let third = p.photo(b"a third").await;
    fs::write(
        blobs::finished_path(&p.data().join("photos"), third),
        b"spoilt!",
    )
    .unwrap();
    let done = write(&p.order("c.age")).unwrap();
    assert_eq!(done.manifest.damaged, [third.to_string()]);
    // In the backup.
    let photos = p.dir.path().join("backups/photos");
    fs::remove_file(super::write::photo_path(&photos, &second.to_string())).unwrap();
    let checked = verify(&p.order("c.age").to, &p.key()).unwrap();
    assert_eq!(checked.lacking, [second.to_string()]);
    let into = p.dir.path().join("restored");
    let restored = restore(
        &p.order("c.age").to,
        &p.key(),
        &into,
        system_clock(),
        system_entropy(),
    )
    .await
    .unwrap();
    assert_eq!(
        (restored.photos, restored.lacking),
        (1, vec![second.to_string()])
    );
}

#[tokio::test]
async fn what_a_killed_backup_leaves_is_not_taken_for_one() {
    let p = Place::new().await;
    let order = p.order(&file_name(1_790_000_000_000));
    // As far as a kill can come: snapshot and partial file are there.
    fs::create_dir_all(order.to.parent().unwrap()).unwrap();
    fs::write(cipher::partial(&order.to), b"half").unwrap();
    fs::write(p.data().join("backup.snapshot"), b"half").unwrap();
    let dir = order.to.parent().unwrap().to_owned();
    assert_eq!(list(&dir).unwrap(), []);
    write(&order).unwrap();
    assert_eq!(list(&dir).unwrap().len(), 1);
    assert!(!cipher::partial(&order.to).exists());
    assert!(!p.data().join("backup.snapshot").exists());
    assert_eq!(write(&order).unwrap_err().code(), "exists");
}

#[tokio::test]
async fn a_damaged_database_is_not_backed_up() {
    let p = Place::new().await;
    let path = p.data().join("server.db");
    let mut bytes = fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 2, bytes.len() / 2 + 8_192);
    bytes[from..to].fill(0xA5);
    fs::write(&path, &bytes).unwrap();
    let error = write(&p.order("a.age")).unwrap_err();
    assert!(
        ["database_corrupt", "database"].contains(&error.code()),
        "{error}"
    );
    assert!(!p.order("a.age").to.exists());
}

#[test]
fn only_the_oldest_backups_go_and_never_the_last() {
    let dir = tempfile::tempdir().unwrap();
    for day in 1..=5 {
        let at = 1_790_000_000_000 + day * 86_400_000;
        fs::write(dir.path().join(file_name(at)), b"x").unwrap();
    }
    fs::write(dir.path().join("mine.age"), b"x").unwrap();
    let gone = rotate(dir.path(), 2).unwrap();
    assert_eq!(gone.len(), 3);
    let left = list(dir.path()).unwrap();
    assert_eq!(left[0].at_ms, 1_790_000_000_000 + 5 * 86_400_000);
    assert_eq!((left.len(), rotate(dir.path(), 0).unwrap().len()), (2, 1));
    assert!(dir.path().join("mine.age").exists());
}

#[tokio::test]
async fn a_code_of_the_time_before_the_backup_is_not_good_after_the_restore() {
    let p = Place::new().await;
    let code = {
        let app = crate::open(Config::new(p.data())).await.unwrap();
        app.write(|tx, ctx| {
            tx.issue_code(uuid::Uuid::from_u128(7), "督查01", 3_600_000, ctx.now_ms)
        })
        .await
        .unwrap()
    };
    write(&p.order("a.age")).unwrap();
    let into = p.dir.path().join("restored");
    restore(
        &p.order("a.age").to,
        &p.key(),
        &into,
        system_clock(),
        system_entropy(),
    )
    .await
    .unwrap();
    let redeemed = async |dir: PathBuf| {
        let (app, code) = (crate::open(Config::new(dir)).await.unwrap(), code.clone());
        app.write(move |tx, ctx| tx.redeem(&code, ctx.now_ms))
            .await
            .unwrap()
    };
    use crate::auth::types::Redeemed;
    assert!(matches!(redeemed(into).await, Redeemed::Refused));
    // The control: in the folder that was backed up it is.
    assert!(matches!(redeemed(p.data()).await, Redeemed::Account(_)));
}

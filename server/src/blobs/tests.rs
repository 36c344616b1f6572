//! Tests of the store on a real folder, with kills imitated by what they leave on the disk.

use std::sync::Arc;

use uuid::Uuid;

use super::*;

const NOW: fn() -> SystemTime = SystemTime::now;

struct Fixture {
    dir: tempfile::TempDir,
    store: Arc<BlobStore>,
}

fn config() -> BlobConfig {
    BlobConfig {
        free_disk_reserve_bytes: 0,
        ..BlobConfig::default()
    }
}

fn fixture_with(config: BlobConfig) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(BlobStore::open(dir.path(), config).unwrap());
    Fixture { dir, store }
}

fn fixture() -> Fixture {
    fixture_with(config())
}

fn hash_of(bytes: &[u8]) -> BlobHash {
    BlobHash::from_bytes(Sha256::digest(bytes).into())
}

const PHONE: Uuid = Uuid::from_u128(1);
const OTHER_PHONE: Uuid = Uuid::from_u128(2);

impl Fixture {
    fn create(&self, device: Uuid, hash: BlobHash, length: u64) -> Result<UploadState, BlobError> {
        self.store.create(device, hash, length, NOW())
    }

    fn append(
        &self,
        device: Uuid,
        hash: BlobHash,
        offset: u64,
        bytes: &[u8],
    ) -> Result<UploadState, BlobError> {
        let mut append = self.store.begin_append(device, hash, offset, NOW())?;
        append.write(bytes)?;
        append.finish(NOW())
    }

    fn partial_path(&self, device: Uuid, hash: BlobHash, length: usize) -> PathBuf {
        let folder = self
            .dir
            .path()
            .join("partial")
            .join(device.simple().to_string());
        folder.join(format!("{hash}.{length}"))
    }

    fn reopen(&mut self) {
        self.store = Arc::new(BlobStore::open(self.dir.path(), config()).unwrap());
    }
}

fn offset_of(state: UploadState) -> u64 {
    match state {
        UploadState::Open { offset, .. } => offset,
        other => panic!("expected an open upload, got {other:?}"),
    }
}

#[test]
fn a_blob_is_finished_only_when_all_bytes_are_there() {
    let f = fixture();
    let bytes = b"a picture of a village";
    let hash = hash_of(bytes);
    assert_eq!(
        f.store.state(PHONE, hash, NOW()).unwrap(),
        UploadState::Absent
    );
    assert_eq!(offset_of(f.create(PHONE, hash, 22).unwrap()), 0);
    assert_eq!(
        offset_of(f.append(PHONE, hash, 0, &bytes[..10]).unwrap()),
        10
    );
    assert_eq!(f.store.finished_size(hash).unwrap(), None);
    assert_eq!(f.store.missing(&[hash]).unwrap(), [hash]);
    let end = f.append(PHONE, hash, 10, &bytes[10..]).unwrap();
    assert_eq!(end, UploadState::Finished { length: 22 });
    let mut read = Vec::new();
    f.store
        .open_finished(hash)
        .unwrap()
        .unwrap()
        .read_to_end(&mut read)
        .unwrap();
    assert_eq!(read, bytes);
    assert!(f.store.missing(&[hash]).unwrap().is_empty());
    assert!(!f.partial_path(PHONE, hash, 22).exists());
}

#[test]
fn creating_again_tells_how_far_it_is_and_creating_a_finished_blob_is_done() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"0123").unwrap();
    assert_eq!(offset_of(f.create(PHONE, hash, 10).unwrap()), 4);
    f.append(PHONE, hash, 4, b"456789").unwrap();
    let finished = UploadState::Finished { length: 10 };
    assert_eq!(f.create(PHONE, hash, 10).unwrap(), finished);
    assert_eq!(f.create(OTHER_PHONE, hash, 10).unwrap(), finished);
}

#[test]
fn creating_with_another_length_begins_again() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 9).unwrap();
    f.append(PHONE, hash, 0, b"0123").unwrap();
    assert_eq!(offset_of(f.create(PHONE, hash, 10).unwrap()), 0);
    assert!(!f.partial_path(PHONE, hash, 9).exists());
}

#[test]
fn an_empty_blob_is_finished_at_creation_and_only_under_its_own_hash() {
    let f = fixture();
    let finished = UploadState::Finished { length: 0 };
    assert_eq!(f.create(PHONE, hash_of(b""), 0).unwrap(), finished);
    let wrong = f.create(PHONE, hash_of(b"not empty"), 0);
    assert!(matches!(wrong, Err(BlobError::HashMismatch)));
    assert_eq!(f.store.finished_size(hash_of(b"not empty")).unwrap(), None);
}

#[test]
fn a_kill_at_any_byte_of_an_upload_loses_nothing_and_publishes_nothing_wrong() {
    let bytes: Vec<u8> = (0..=255).collect();
    let hash = hash_of(&bytes);
    for killed_at in 0..=bytes.len() {
        let mut f = fixture();
        f.create(PHONE, hash, 256).unwrap();
        // What a kill leaves: some bytes in the file, nothing in memory.
        fs::write(f.partial_path(PHONE, hash, 256), &bytes[..killed_at]).unwrap();
        f.reopen();
        let state = f.store.state(PHONE, hash, NOW()).unwrap();
        if killed_at == bytes.len() {
            assert_eq!(state, UploadState::Finished { length: 256 });
            continue;
        }
        assert_eq!(f.store.finished_size(hash).unwrap(), None);
        assert_eq!(offset_of(state), killed_at as u64);
        let end = f
            .append(PHONE, hash, killed_at as u64, &bytes[killed_at..])
            .unwrap();
        assert_eq!(end, UploadState::Finished { length: 256 });
    }
}

#[test]
fn bytes_garbled_by_a_power_cut_empty_the_upload_which_then_succeeds() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    fs::write(f.partial_path(PHONE, hash, 10), b"01\0\0").unwrap();
    let wrong = f.append(PHONE, hash, 4, b"456789");
    assert!(matches!(wrong, Err(BlobError::HashMismatch)));
    assert_eq!(f.store.finished_size(hash).unwrap(), None);
    assert_eq!(offset_of(f.store.state(PHONE, hash, NOW()).unwrap()), 0);
    let end = f.append(PHONE, hash, 0, b"0123456789").unwrap();
    assert_eq!(end, UploadState::Finished { length: 10 });
}

#[test]
fn a_complete_but_wrong_upload_found_after_a_kill_can_be_filled_again() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    fs::write(f.partial_path(PHONE, hash, 10), b"012345678X").unwrap();
    assert_eq!(offset_of(f.create(PHONE, hash, 10).unwrap()), 0);
}

#[test]
fn a_piece_at_a_wrong_offset_or_beyond_the_length_changes_nothing() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    assert!(matches!(
        f.append(PHONE, hash, 0, b"0"),
        Err(BlobError::Absent)
    ));
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"0123").unwrap();
    for offset in [0, 3, 5, 10, u64::MAX] {
        let wrong = f.append(PHONE, hash, offset, b"4");
        assert!(
            matches!(wrong, Err(BlobError::OffsetMismatch { offset: 4 })),
            "{offset}"
        );
    }
    let too_long = f.append(PHONE, hash, 4, b"4567890");
    assert!(matches!(
        too_long,
        Err(BlobError::BeyondLength { length: 10 })
    ));
    assert_eq!(offset_of(f.store.state(PHONE, hash, NOW()).unwrap()), 4);
}

#[test]
fn another_device_cannot_touch_an_upload() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"01234").unwrap();
    assert!(matches!(
        f.append(OTHER_PHONE, hash, 5, b"XXXXX"),
        Err(BlobError::Absent)
    ));
    f.create(OTHER_PHONE, hash, 10).unwrap();
    let spoilt = f.append(OTHER_PHONE, hash, 0, b"XXXXXXXXXX");
    assert!(matches!(spoilt, Err(BlobError::HashMismatch)));
    f.store.terminate(OTHER_PHONE, hash).unwrap();
    let end = f.append(PHONE, hash, 5, b"56789").unwrap();
    assert_eq!(end, UploadState::Finished { length: 10 });
}

#[test]
fn one_upload_has_one_writer() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    let mut first = f.store.begin_append(PHONE, hash, 0, NOW()).unwrap();
    first.write(b"01").unwrap();
    let second = f.store.begin_append(PHONE, hash, 0, NOW());
    assert!(matches!(second, Err(BlobError::Busy)));
    assert!(matches!(f.create(PHONE, hash, 10), Err(BlobError::Busy)));
    assert!(matches!(
        f.store.terminate(PHONE, hash),
        Err(BlobError::Busy)
    ));
    drop(first);
    assert_eq!(
        offset_of(f.store.state(PHONE, hash, NOW()).unwrap()),
        2,
        "what arrived is kept"
    );
}

#[test]
fn a_discarded_piece_leaves_the_upload_where_it_stood() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"0123").unwrap();
    let mut append = f.store.begin_append(PHONE, hash, 4, NOW()).unwrap();
    append.write(b"XXXXXX").unwrap();
    append.discard().unwrap();
    assert_eq!(offset_of(f.store.state(PHONE, hash, NOW()).unwrap()), 4);
}

#[test]
fn an_upload_nobody_goes_on_with_is_forgotten_after_its_lifetime_and_not_before() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"01").unwrap();
    let UploadState::Open { expires_at, .. } = f.store.state(PHONE, hash, NOW()).unwrap() else {
        panic!("the upload is open");
    };
    let just_before = expires_at - Duration::from_millis(1);
    assert_eq!(f.store.expire_partials(just_before).unwrap(), 0);
    assert_eq!(
        offset_of(f.store.state(PHONE, hash, just_before).unwrap()),
        2
    );
    assert_eq!(f.store.expire_partials(expires_at).unwrap(), 1);
    assert_eq!(
        f.store.state(PHONE, hash, NOW()).unwrap(),
        UploadState::Absent
    );
    f.create(PHONE, hash, 10).unwrap();
    let later = NOW() + Duration::from_secs(25 * 3_600);
    assert_eq!(
        f.store.state(PHONE, hash, later).unwrap(),
        UploadState::Absent
    );
}

#[test]
fn limits_hold_at_the_limit_and_refuse_one_past_it() {
    let small = BlobConfig {
        max_blob_bytes: 100,
        max_open_partials: 3,
        ..config()
    };
    let f = fixture_with(small);
    f.create(PHONE, hash_of(b"a"), 100).unwrap();
    let too_large = f.create(PHONE, hash_of(b"b"), 101);
    assert!(matches!(
        too_large,
        Err(BlobError::TooLarge {
            length: 101,
            limit: 100
        })
    ));
    f.create(PHONE, hash_of(b"c"), 1).unwrap();
    f.create(PHONE, hash_of(b"d"), 1).unwrap();
    let too_many = f.create(PHONE, hash_of(b"e"), 1);
    assert!(matches!(too_many, Err(BlobError::TooManyOpen { limit: 3 })));
    f.create(PHONE, hash_of(b"d"), 1).unwrap();
    f.create(OTHER_PHONE, hash_of(b"e"), 1).unwrap();
    let tomorrow = NOW() + Duration::from_secs(25 * 3_600);
    f.store.create(PHONE, hash_of(b"e"), 1, tomorrow).unwrap();
}

#[test]
fn the_last_disk_space_is_kept_for_scores() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    let greedy = BlobConfig {
        free_disk_reserve_bytes: u64::MAX / 2,
        ..config()
    };
    let full = Fixture {
        store: Arc::new(BlobStore::open(f.dir.path(), greedy).unwrap()),
        ..f
    };
    assert!(matches!(
        full.create(PHONE, hash_of(b"x"), 1),
        Err(BlobError::DiskReserve)
    ));
    assert!(matches!(
        full.append(PHONE, hash, 0, b"0"),
        Err(BlobError::DiskReserve)
    ));
    assert_eq!(
        offset_of(full.store.state(PHONE, hash, NOW()).unwrap()),
        0,
        "and it goes on later"
    );
}

#[test]
fn a_blob_changed_on_the_disk_is_put_aside_and_missing_until_it_comes_again() {
    let f = fixture();
    let hash = hash_of(b"0123456789");
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"0123456789").unwrap();
    let path = f.store.verified_path(hash).unwrap().unwrap();
    fs::write(&path, b"012345678\x38").unwrap();
    assert!(f.store.open_finished(hash).unwrap().is_none());
    assert_eq!(f.store.missing(&[hash]).unwrap(), [hash]);
    assert!(f.dir.path().join("damaged").join(hash.to_string()).exists());
    f.create(PHONE, hash, 10).unwrap();
    f.append(PHONE, hash, 0, b"0123456789").unwrap();
    assert!(f.store.open_finished(hash).unwrap().is_some());
}

#[test]
fn only_64_lower_case_hex_digits_are_a_hash() {
    let good = "0f".repeat(32);
    assert_eq!(good.parse::<BlobHash>().unwrap().to_string(), good);
    let long = "0f".repeat(33);
    let dots = format!("../{}", "0".repeat(61));
    for bad in [
        "",
        "0f",
        long.as_str(),
        "0F",
        &"0F".repeat(32),
        &format!(" {good}"),
        &format!("{good}\n"),
        dots.as_str(),
        &"é".repeat(32),
    ] {
        assert_eq!(bad.parse::<BlobHash>(), Err(InvalidBlobHash), "{bad}");
    }
}

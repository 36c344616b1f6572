//! Requests of a tus client, headers and bodies, against the real routes and a real folder.

use std::cell::RefCell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use server::blobs::{BlobAccess, BlobConfig, BlobHash, BlobStore, DeviceIdentity, UploadRefusal};
use server::routes::blobs::blob_router;
use tower::ServiceExt;
use uuid::Uuid;

/// Every token that is a UUID is a device's, which may do everything.
pub struct AnyDevice;

impl BlobAccess for AnyDevice {
    async fn device_for_token(&self, bearer: &str) -> Option<DeviceIdentity> {
        let device_id = Uuid::parse_str(bearer).ok()?;
        Some(DeviceIdentity {
            device_id,
            account_id: device_id,
        })
    }

    async fn may_read(&self, _who: DeviceIdentity, _hash: BlobHash) -> bool {
        true
    }

    async fn may_upload(
        &self,
        _who: DeviceIdentity,
        _hash: BlobHash,
        _length: u64,
    ) -> Result<(), UploadRefusal> {
        Ok(())
    }
}

struct Office {
    runtime: tokio::runtime::Runtime,
    router: Router,
    _folder: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = BlobConfig {
            max_blob_bytes: 4_096,
            free_disk_reserve_bytes: 0,
            ..BlobConfig::default()
        };
        let store = BlobStore::open(folder.path(), config).expect("a folder of photos");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            runtime,
            router: blob_router(Arc::new(store), Arc::new(AnyDevice)),
            _folder: folder,
        }
    }
}

thread_local! {
    static OFFICE: RefCell<Option<Office>> = const { RefCell::new(None) };
}

/// A request: a line `METHOD PATH`, lines `name: value`, an empty line, a body. The answer is never "our fault".
pub fn requests(bytes: &[u8]) {
    let Some(request) = parse(bytes) else { return };
    OFFICE.with_borrow_mut(|office| {
        let office = office.get_or_insert_with(Office::open);
        let answer = office.router.clone().oneshot(request);
        let Ok(answer) = office.runtime.block_on(answer);
        let status = answer.status();
        let ours = status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE;
        assert!(!ours, "{status}");
    });
}

fn parse(bytes: &[u8]) -> Option<Request<Body>> {
    let at = bytes.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (&bytes[..at], &bytes[at + 2..]);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, path) = first.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(path);
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(Body::from(body.to_vec())).ok()
}

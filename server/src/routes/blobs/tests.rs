//! Tests of the routes, request by request; uploads over real, cut connections are in `tests/tests/tus.rs`.

mod download;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use super::*;
use crate::blobs::{BlobConfig, BlobError, BlobHash, UploadRefusal};
use uuid::Uuid;

/// Two devices with a token each; only device 1 may read, nobody may upload more than 1,000 bytes.
struct TwoDevices;

impl BlobAccess for TwoDevices {
    async fn device_for_token(&self, bearer: &str) -> Option<DeviceIdentity> {
        let number = match bearer {
            "token-1" => 1,
            "token-2" => 2,
            _ => return None,
        };
        let device_id = Uuid::from_u128(number);
        Some(DeviceIdentity {
            device_id,
            account_id: device_id,
        })
    }

    async fn may_read(&self, who: DeviceIdentity, _hash: BlobHash) -> bool {
        who.device_id == Uuid::from_u128(1)
    }

    async fn may_upload(
        &self,
        _who: DeviceIdentity,
        _hash: BlobHash,
        _length: u64,
    ) -> Result<(), UploadRefusal> {
        Ok(())
    }

    fn may_begin(&self, _who: DeviceIdentity, length: u64) -> Result<(), u32> {
        if length > 1_000 { Err(7) } else { Ok(()) }
    }
}

struct Fixture {
    dir: tempfile::TempDir,
    router: Router,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        problem["code"].as_str().unwrap().to_owned()
    }
}

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const PIECE: (&str, &str) = ("content-type", "application/offset+octet-stream");
const PICTURE: &[u8] = b"0123456789 not even a picture";

fn fixture_with(reserve: u64) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let config = BlobConfig {
        free_disk_reserve_bytes: reserve,
        ..BlobConfig::default()
    };
    let store = Arc::new(BlobStore::open(dir.path(), config).unwrap());
    Fixture {
        dir,
        router: blob_router(store, Arc::new(TwoDevices)),
    }
}

fn fixture() -> Fixture {
    fixture_with(0)
}

fn hash_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn url(bytes: &[u8]) -> String {
    format!("{BLOBS_PATH}/{}", hash_of(bytes))
}

impl Fixture {
    /// One request as device 1 (or as the `authorization` header in `headers` says).
    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "authorization") {
            request = request.header("authorization", "Bearer token-1");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-length", body.len());
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    async fn create(&self, bytes: &[u8]) -> Answer {
        let metadata = format!("filename eC5qcGc=,sha256 {}", BASE64.encode(hash_of(bytes)));
        let length = bytes.len().to_string();
        let headers = [
            TUS,
            ("upload-length", &length),
            ("upload-metadata", &metadata),
        ];
        self.send("POST", BLOBS_PATH, &headers, b"").await
    }

    async fn patch(&self, whole: &[u8], offset: usize, piece: &[u8]) -> Answer {
        let offset = offset.to_string();
        let headers = [TUS, PIECE, ("upload-offset", &offset)];
        self.send("PATCH", &url(whole), &headers, piece).await
    }

    async fn upload(&self, bytes: &[u8]) {
        assert_eq!(self.create(bytes).await.status, 201);
        assert_eq!(self.patch(bytes, 0, bytes).await.status, 204);
    }
}

#[tokio::test]
async fn options_tell_version_extensions_and_limits_without_a_token() {
    let answer = fixture()
        .send("OPTIONS", BLOBS_PATH, &[("authorization", "")], b"")
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("tus-version"), "1.0.0");
    assert_eq!(
        answer.header("tus-extension"),
        "creation,expiration,checksum,termination"
    );
    assert_eq!(answer.header("tus-checksum-algorithm"), "sha256,sha1");
    assert_eq!(answer.header("tus-max-size"), "40000000");
}

#[tokio::test]
async fn an_upload_in_two_pieces_is_served_afterwards() {
    let f = fixture();
    let created = f.create(PICTURE).await;
    assert_eq!(created.status, StatusCode::CREATED.as_u16());
    assert_eq!(created.header("location"), url(PICTURE));
    assert_eq!(
        (
            created.header("upload-offset"),
            created.header("tus-resumable")
        ),
        ("0", "1.0.0")
    );
    assert!(created.header("upload-expires").ends_with(" GMT"));
    let first = f.patch(PICTURE, 0, &PICTURE[..7]).await;
    assert_eq!((first.status, first.header("upload-offset")), (204, "7"));
    let head = f.send("HEAD", &url(PICTURE), &[TUS], b"").await;
    assert_eq!((head.status, head.header("upload-offset")), (200, "7"));
    assert_eq!(
        (head.header("upload-length"), head.header("cache-control")),
        ("29", "no-store")
    );
    assert_eq!(
        f.send("GET", &url(PICTURE), &[], b"").await.code(),
        "blob_missing"
    );
    let last = f.patch(PICTURE, 7, &PICTURE[7..]).await;
    assert_eq!((last.status, last.header("upload-offset")), (204, "29"));
    assert_eq!(last.header("upload-expires"), "");
    assert_eq!(f.send("GET", &url(PICTURE), &[], b"").await.body, PICTURE);
    let again = f.create(PICTURE).await;
    assert_eq!((again.status, again.header("upload-offset")), (201, "29"));
    let empty = f.patch(PICTURE, 29, b"").await;
    assert_eq!((empty.status, empty.header("upload-offset")), (204, "29"));
}

#[tokio::test]
async fn every_request_but_options_needs_a_token() {
    let f = fixture();
    let requests = [
        ("POST", BLOBS_PATH.to_owned()),
        ("HEAD", url(PICTURE)),
        ("PATCH", url(PICTURE)),
        ("DELETE", url(PICTURE)),
        ("GET", url(PICTURE)),
        ("POST", format!("{BLOBS_PATH}/have")),
    ];
    for (method, path) in requests {
        for token in ["", "Bearer", "Bearer stolen", "Basic token-1"] {
            let answer = f
                .send(method, &path, &[TUS, ("authorization", token)], b"")
                .await;
            assert_eq!(
                (answer.status, answer.header("www-authenticate")),
                (401, "Bearer")
            );
        }
    }
}

#[tokio::test]
async fn another_version_of_tus_is_refused_with_ours() {
    let f = fixture();
    for headers in [&[("tus-resumable", "0.2.2")][..], &[]] {
        for method in ["HEAD", "PATCH", "DELETE"] {
            let answer = f.send(method, &url(PICTURE), headers, b"").await;
            assert_eq!(
                (answer.status, answer.header("tus-version")),
                (412, "1.0.0"),
                "{method}"
            );
        }
        assert_eq!(
            f.send("POST", BLOBS_PATH, headers, b"").await.code(),
            "tus_version"
        );
    }
}

#[tokio::test]
async fn a_wrong_offset_is_409_and_says_where_the_upload_stands() {
    let f = fixture();
    assert_eq!(f.patch(PICTURE, 0, b"0").await.code(), "upload_missing");
    f.create(PICTURE).await;
    f.patch(PICTURE, 0, &PICTURE[..7]).await;
    for offset in [0, 6, 8, 29] {
        let answer = f.patch(PICTURE, offset, b"x").await;
        assert_eq!((answer.status, answer.header("upload-offset")), (409, "7"));
        assert_eq!(answer.code(), "bad_offset");
    }
    f.patch(PICTURE, 7, &PICTURE[7..]).await;
    let finished = f.patch(PICTURE, 0, PICTURE).await;
    assert_eq!(
        (finished.status, finished.header("upload-offset")),
        (409, "29")
    );
}

#[tokio::test]
async fn a_piece_with_a_wrong_checksum_is_460_and_changes_nothing() {
    let f = fixture();
    f.create(PICTURE).await;
    let send = async |checksum: String| {
        let headers = [
            TUS,
            PIECE,
            ("upload-offset", "0"),
            ("upload-checksum", &checksum),
        ];
        f.send("PATCH", &url(PICTURE), &headers, &PICTURE[..7])
            .await
    };
    for wrong in [
        "sha256 AAAA".to_owned(),
        format!("sha1 {}", BASE64.encode([0; 20])),
    ] {
        let answer = send(wrong).await;
        assert_eq!((answer.status, answer.header("upload-offset")), (460, "0"));
        assert_eq!(answer.code(), "checksum_mismatch");
    }
    assert_eq!(send("md5 AAAA".into()).await.status, 400);
    assert_eq!(
        f.send("HEAD", &url(PICTURE), &[TUS], b"")
            .await
            .header("upload-offset"),
        "0"
    );
    let right = format!("sha256 {}", BASE64.encode(Sha256::digest(&PICTURE[..7])));
    assert_eq!(send(right).await.header("upload-offset"), "7");
}

#[tokio::test]
async fn a_sha1_checksum_is_understood() {
    let f = fixture();
    f.create(PICTURE).await;
    let right = format!("sha1 {}", BASE64.encode(sha1::Sha1::digest(PICTURE)));
    let headers = [
        TUS,
        PIECE,
        ("upload-offset", "0"),
        ("upload-checksum", &right),
    ];
    assert_eq!(
        f.send("PATCH", &url(PICTURE), &headers, PICTURE)
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn a_wrong_final_hash_is_460_and_the_upload_begins_again() {
    let f = fixture();
    f.create(PICTURE).await;
    let wrong = f.patch(PICTURE, 0, &[b'x'; 29]).await;
    assert_eq!((wrong.status, wrong.header("upload-offset")), (460, "0"));
    assert_eq!(
        f.send("HEAD", &url(PICTURE), &[TUS], b"")
            .await
            .header("upload-offset"),
        "0"
    );
    assert_eq!(
        f.patch(PICTURE, 0, PICTURE).await.header("upload-offset"),
        "29"
    );
}

#[tokio::test]
async fn more_bytes_than_announced_are_refused_and_the_rest_can_still_come() {
    let f = fixture();
    f.create(PICTURE).await;
    let long = [PICTURE, b"more"].concat();
    assert_eq!(f.patch(PICTURE, 0, &long).await.status, 413);
    assert_eq!(f.patch(PICTURE, 0, PICTURE).await.status, 204);
}

#[tokio::test]
async fn creation_without_length_or_hash_or_right_is_refused() {
    let f = fixture();
    let metadata = format!("sha256 {}", BASE64.encode(hash_of(PICTURE)));
    let post = async |headers: &[(&str, &str)]| {
        f.send("POST", BLOBS_PATH, &[&[TUS], headers].concat(), b"")
            .await
    };
    assert_eq!(post(&[("upload-metadata", &metadata)]).await.status, 400);
    assert_eq!(post(&[("upload-length", "5")]).await.status, 400);
    for bad in ["sha256 ????", "sha256 Li4vLi4=", "sha256"] {
        assert_eq!(
            post(&[("upload-length", "5"), ("upload-metadata", bad)])
                .await
                .status,
            400
        );
    }
    for bad in ["-1", "+5", "1e3", "99999999999999999999"] {
        let headers = [("upload-length", bad), ("upload-metadata", &metadata)];
        assert_eq!(post(&headers).await.status, 400, "{bad}");
    }
    let quota = [("upload-length", "1001"), ("upload-metadata", &metadata)];
    let refused = post(&quota).await;
    assert_eq!(refused.code(), "photo_quota");
    assert_eq!(refused.header("retry-after"), "7");
}

#[tokio::test]
async fn a_full_disk_refuses_photos_with_507() {
    let f = fixture_with(u64::MAX / 2);
    let answer = f.create(PICTURE).await;
    assert_eq!((answer.status, answer.code().as_str()), (507, "disk_full"));
    assert_eq!(answer.header("retry-after"), "60");
}

#[tokio::test]
async fn delete_gives_an_upload_up_but_never_a_finished_photo() {
    let f = fixture();
    f.create(PICTURE).await;
    f.patch(PICTURE, 0, b"0").await;
    assert_eq!(
        f.send("DELETE", &url(PICTURE), &[TUS], b"").await.status,
        204
    );
    assert_eq!(f.send("HEAD", &url(PICTURE), &[TUS], b"").await.status, 404);
    f.upload(PICTURE).await;
    assert_eq!(
        f.send("DELETE", &url(PICTURE), &[TUS], b"").await.status,
        404
    );
    assert_eq!(f.send("GET", &url(PICTURE), &[], b"").await.status, 200);
}

#[tokio::test]
async fn a_post_with_method_override_is_a_patch() {
    let f = fixture();
    f.create(PICTURE).await;
    let headers = [
        TUS,
        PIECE,
        ("upload-offset", "0"),
        ("x-http-method-override", "PATCH"),
    ];
    assert_eq!(
        f.send("POST", &url(PICTURE), &headers, PICTURE)
            .await
            .status,
        204
    );
    assert_eq!(f.send("POST", &url(PICTURE), &[TUS], b"").await.status, 400);
}

/// A body that sends 5 bytes and then stays silent, as a phone does whose connection died unnoticed; and a signal
/// that it is being read, which is when the upload is locked.
fn stalled_body() -> (Body, tokio::sync::oneshot::Receiver<()>) {
    let (is_read, reading) = tokio::sync::oneshot::channel();
    let first = stream::once(async move {
        is_read.send(()).unwrap();
        Ok::<_, std::io::Error>(Bytes::from_static(b"01234"))
    });
    (Body::from_stream(first.chain(stream::pending())), reading)
}

#[tokio::test]
async fn a_second_patch_gets_423_and_a_head_takes_a_stalled_upload_over() {
    let f = fixture();
    f.create(PICTURE).await;
    let request = Request::builder().method("PATCH").uri(url(PICTURE));
    let request = request
        .header("authorization", "Bearer token-1")
        .header("upload-offset", "0");
    let request = request.header(TUS.0, TUS.1).header(PIECE.0, PIECE.1);
    let (body, reading) = stalled_body();
    let stalled = tokio::spawn(f.router.clone().oneshot(request.body(body).unwrap()));
    reading.await.unwrap();
    let second = f.patch(PICTURE, 0, b"X").await;
    assert_eq!(
        (second.status, second.code().as_str()),
        (423, "upload_busy")
    );
    let head = f.send("HEAD", &url(PICTURE), &[TUS], b"").await;
    assert_eq!((head.status, head.header("upload-offset")), (200, "5"));
    assert_eq!(stalled.await.unwrap().unwrap().status().as_u16(), 423);
    let end = f.patch(PICTURE, 5, &PICTURE[5..]).await;
    assert_eq!((end.status, end.header("upload-offset")), (204, "29"));
}

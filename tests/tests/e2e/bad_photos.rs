//! Photos that are none, or that arrive wrong: refused with their code, and the right one still comes through.
//!
//! Left out: cuts at any byte (`tus`), every kind of damaged picture (`mobile_core::photos`).

use merge::Value;
use mobile_core::photos::generate::TestPhoto;
use mobile_core::{
    Form, HttpTransport, PhotoMeta, PhotoTarget, Transport, TransportFuture, TransportRequest,
    TransportResponse,
};
use protocol::chain::sha256;
use uuid::Uuid;

use crate::county::County;
use crate::raw_phone::{RawPhone, problem, rows};

#[tokio::test]
async fn what_is_no_picture_is_not_taken_in_on_the_phone() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.replica.open_sheet(site.id, Form::Quick).unwrap();
    let target = PhotoTarget::Sheet(sheet);
    let jpeg = TestPhoto::new(1).jpeg();
    let before = rows(&phone.database(), &[]);
    for (bytes, code) in [
        (&b""[..], "not_a_picture"),
        (b"<html>no picture</html>", "not_a_picture"),
        (b"\x89PNG\r\n\x1a\n0000", "damaged"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "format_unsupported",
        ),
        (b"GIF89a\x01\0\x01\0", "format_unsupported"),
        (b"%PDF-1.7", "format_unsupported"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "format_unsupported"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic_unsupported"),
        (&jpeg[..jpeg.len() / 2], "damaged"),
    ] {
        let refused = phone
            .replica
            .attach_photo(target, None, bytes, PhotoMeta::default());
        let error = refused.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.zh().is_empty() && !error.en().is_empty());
    }
    assert!(rows(&phone.database(), &[]) == before);
    assert!(phone.replica.photos(target).unwrap().is_empty());
}

/// An upload by hand, of the bytes a real phone has announced.
struct Upload<'a> {
    phone: &'a RawPhone,
    token: String,
    url: String,
}

impl Upload<'_> {
    async fn send(
        &self,
        method: &'static str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> TransportResponse {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("tus-resumable", "1.0.0"), ("authorization", &bearer)];
        headers.extend_from_slice(more);
        self.phone.request(method, &self.url, &headers, body).await
    }

    async fn offset(&self) -> String {
        let answer = self.send("HEAD", &[], b"").await;
        answer.header("upload-offset").unwrap_or("-").to_owned()
    }

    async fn piece(&self, offset: &str, checksum: Option<&str>, bytes: &[u8]) -> (u16, String) {
        let mut headers = vec![
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", offset),
        ];
        headers.extend(checksum.map(|c| ("upload-checksum", c)));
        let answer = self.send("PATCH", &headers, bytes).await;
        let code = match answer.status {
            204 => String::new(),
            _ => problem(&answer).code,
        };
        (answer.status, code)
    }
}

/// Standard base64 of ASCII, for the metadata header.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |a, b| a << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[(n >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i > chunk.len() { '=' } else { letter });
        }
    }
    out
}

/// A record that says there is a photo of these bytes.
async fn announce(phone: &mut RawPhone, bytes: &[u8]) {
    let hash = Value::Bytes(sha256(bytes).to_vec());
    let size = Value::Int(bytes.len() as i64);
    let mut image = vec!["issue".into(), Uuid::from_u128(1).into(), Value::Null];
    image.extend([hash.clone(), size.clone(), hash, size]);
    image.extend((0..8).map(|_| Value::Null));
    image.extend(["camera".into(), Value::Null]);
    let image = (
        "photo",
        Uuid::from_u128(2),
        "image",
        Value::List(image),
        &[][..],
    );
    let record = phone.write(phone.group_scope(), &[image]);
    phone.pushed(vec![record]).await;
}

/// Begins an upload by tus.
pub async fn create(
    phone: &RawPhone,
    token: &str,
    length: usize,
    metadata: &str,
) -> TransportResponse {
    let (bearer, length) = (format!("Bearer {token}"), length.to_string());
    let headers = [
        ("tus-resumable", "1.0.0"),
        ("authorization", bearer.as_str()),
        ("upload-length", length.as_str()),
        ("upload-metadata", metadata),
    ];
    phone.request("POST", "/api/v1/blobs/", &headers, b"").await
}

#[tokio::test]
async fn a_wrong_offset_or_hash_is_refused_and_the_right_bytes_still_arrive() {
    let county = County::start(1).await;
    let mut phone = RawPhone::enrol(&county, 0, 1).await;
    let token = phone.token().await;
    let bytes = TestPhoto::new(1).jpeg();
    let size = bytes.len();
    let length = size.to_string();
    let hash = hex::encode(sha256(&bytes));
    let named = format!("sha256 {}", base64(hash.as_bytes()));
    // No record the office holds speaks of this photo yet.
    let early = create(&phone, &token, size, &named).await;
    assert_eq!(problem(&early).code, "forbidden");
    announce(&mut phone, &bytes).await;
    assert_eq!(county.count("SELECT count(*) FROM photos"), 1);
    let upload = Upload {
        phone: &phone,
        token: token.clone(),
        url: format!("/api/v1/blobs/{hash}"),
    };
    let early = upload.piece("0", None, b"early").await;
    assert_eq!(early, (404, "upload_missing".into()));
    let nonsense = create(&phone, &token, size, "sha256 Li4vLi4v").await;
    assert_eq!(problem(&nonsense).code, "bad_request");
    let made = create(&phone, &token, size, &named).await;
    assert_eq!(made.status, 201, "{made:?}");
    let half = bytes.len() / 2;
    assert_eq!(upload.piece("0", None, &bytes[..half]).await.0, 204);
    let at = half.to_string();
    // A wrong offset, whichever; a piece changed on the way; too much.
    for wrong in ["0", "1", &(half + 1).to_string(), &length] {
        assert_eq!(
            upload.piece(wrong, None, b"x").await,
            (409, "bad_offset".into())
        );
        assert_eq!(upload.offset().await, at);
    }
    for nonsense in ["-1", "x", "99999999999999999999999"] {
        assert_eq!(
            upload.piece(nonsense, None, b"x").await,
            (400, "bad_request".into())
        );
    }
    let sum = format!("sha256 {}", base64(&sha256(b"what was meant")));
    let changed = upload.piece(&at, Some(&sum), &bytes[half..]).await;
    assert_eq!(changed, (460, "checksum_mismatch".into()));
    assert_eq!(upload.offset().await, at);
    let long = [&bytes[half..], b"more"].concat();
    assert_eq!(
        upload.piece(&at, None, &long).await,
        (413, "request_too_large".into())
    );
    // Bytes that are not those of the hash: nothing is published, and the upload begins again.
    let at = upload.offset().await;
    let wrong = vec![0; bytes.len() - at.parse::<usize>().unwrap()];
    assert_eq!(
        upload.piece(&at, None, &wrong).await,
        (460, "checksum_mismatch".into())
    );
    assert_eq!(upload.offset().await, "0");
    assert_eq!(upload.send("GET", &[], b"").await.status, 404);
    assert_eq!(upload.piece("0", None, &bytes).await.0, 204);
    assert_eq!(upload.offset().await, length);
}

/// The sync gets through, everything about photos gets a sign-in page with status 200.
struct Portal(HttpTransport);

impl Transport for Portal {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            if request.path.contains("/blobs") {
                return Ok(TransportResponse {
                    status: 200,
                    headers: vec![("content-type".into(), "text/html".into())],
                    body: b"<html>please sign in</html>".to_vec(),
                });
            }
            self.0.send(request).await
        })
    }
}

#[tokio::test]
async fn a_portal_between_phone_and_photos_never_makes_them_held() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, true);
    let jpeg = TestPhoto::new(1).jpeg();
    let target = PhotoTarget::Sheet(sheet);
    phone
        .replica
        .attach_photo(target, None, &jpeg, PhotoMeta::default())
        .unwrap();
    let portal = Portal(county.transport());
    let outcome = phone.replica.sync(&portal, &mut |_| {}).await;
    let status = phone.replica.status().unwrap();
    assert_eq!(
        (
            status.sheets.held,
            status.photos.held,
            status.photos.only_here
        ),
        (1, 0, 1),
        "{outcome:?}"
    );
    match outcome {
        Ok(report) => assert_eq!((report.photos_sent, report.photos_waiting), (0, 2)),
        Err(error) => assert_eq!(error.code(), "not_our_server"),
    }
    let report = county.sync(&mut phone).await;
    assert_eq!(
        (report.photos_sent, report.photos_waiting),
        (2, 0),
        "{report:?}"
    );
    assert_eq!(phone.replica.status().unwrap().photos.held, 1);
}

/// Names that climb, hide, end strings or mean something to a system.
fn tricky_names() -> Vec<String> {
    let targets = [
        "etc/passwd",
        "server.db",
        "windows\\win.ini",
        "photos",
        "tmp/x.jpg",
        "a.html",
        "x.svg",
        "CON",
        "NUL.jpg",
        "aux",
        ".htaccess",
        "照片.jpg",
    ];
    let prefixes = [
        "../",
        "..\\",
        "../../../../../../",
        "/",
        "\\\\host\\share\\",
        "C:\\",
        "file:///",
        "./",
        "%2e%2e%2f",
        "..%2f",
        "%252e%252e%252f",
        "....//",
        "..;/",
        "..%c0%af",
        "\u{202e}",
        "\u{ff0e}\u{ff0e}\u{ff0f}",
        "~/",
        "$HOME/",
        "|",
        "a\0",
    ];
    let plain = prefixes
        .iter()
        .flat_map(|p| targets.iter().map(move |t| format!("{p}{t}")));
    let mut names: Vec<String> = plain.flat_map(|name| disguised(&name)).collect();
    names.extend(
        [
            ".",
            "..",
            "",
            " ",
            "a\nb",
            "a\r\nSet-Cookie: x=1",
            "\"><script>alert(1)</script>",
        ]
        .map(str::to_owned),
    );
    names.push("x".repeat(199));
    names.push("../".repeat(60));
    names
}

/// A name as it is, and as it is written to get past a check of it.
fn disguised(name: &str) -> [String; 9] {
    let percent: String = name.bytes().map(|b| format!("%{b:02x}")).collect();
    let wide: String = name
        .chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
            other => other,
        })
        .collect();
    [
        name.to_owned(),
        name.to_uppercase(),
        percent.replace('%', "%25"),
        percent,
        wide,
        format!("{name}\0.jpg"),
        format!("{name}. "),
        format!("{name}::$DATA"),
        format!("photos/finished/{name}/../{name}"),
    ]
}

/// Every file below a folder, as written from there.
fn files_below(root: &std::path::Path) -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap();
                found.insert(below.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[tokio::test]
async fn no_name_whatever_it_says_becomes_a_path() {
    let names = tricky_names();
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert!(different.len() >= 2_000, "{}", different.len());
    let mut county = County::start(1).await;
    // A phone by hand: names as the hash, beside the hash, in the address.
    let mut raw = RawPhone::enrol(&county, 0, 1).await;
    let bytes = TestPhoto {
        width: 64,
        height: 48,
        ..TestPhoto::new(1)
    }
    .jpeg();
    announce(&mut raw, &bytes).await;
    let hash = hex::encode(sha256(&bytes));
    let (mut token, mut bearer) = (String::new(), String::new());
    let outside = |path: &String| !path.starts_with("photos/");
    let before = files_below(&county.dir.path().join("server"));
    for (no, name) in names.iter().enumerate() {
        // A device may not ask so often at once; a hundred and fifty names each are no flood.
        if no % 150 == 0 {
            raw = RawPhone::enrol(&county, 0, 2 + (no / 150) as u8).await;
            token = raw.token().await;
            bearer = format!("Bearer {token}");
        }
        let as_hash = format!("sha256 {}", base64(name.as_bytes()));
        let refused = create(&raw, &token, bytes.len(), &as_hash).await;
        assert_eq!(problem(&refused).code, "bad_request", "{name:?}");
        let beside = format!(
            "sha256 {},filename {}",
            base64(hash.as_bytes()),
            base64(name.as_bytes())
        );
        let made = create(&raw, &token, bytes.len(), &beside).await;
        assert_eq!(made.status, 201, "{name:?}");
        let escaped: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("authorization", bearer.as_str()),
        ];
        let url = format!("/api/v1/blobs/{escaped}");
        for method in ["GET", "HEAD", "DELETE"] {
            let answer = raw.request(method, &url, &headers, b"").await;
            assert!(
                (400..500).contains(&answer.status),
                "{method} {name:?}: {}",
                answer.status
            );
        }
    }
    // A real phone: names as caption.
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.replica.open_sheet(site.id, Form::Quick).unwrap();
    for (name, seed) in names.iter().step_by(names.len() / 24).zip(10..) {
        let caption = Some(name.clone());
        let meta = PhotoMeta {
            caption,
            ..PhotoMeta::default()
        };
        let jpeg = TestPhoto {
            width: 64,
            height: 48,
            ..TestPhoto::new(seed)
        }
        .jpeg();
        let target = PhotoTarget::Sheet(sheet);
        phone
            .replica
            .attach_photo(target, None, &jpeg, meta)
            .unwrap();
    }
    let report = county.sync(&mut phone).await;
    assert_eq!(report.photos_waiting, 0, "{report:?}");
    let after = files_below(&county.dir.path().join("server"));
    let new = |p: &&String| !before.contains(*p);
    let strays: Vec<_> = after.iter().filter(new).filter(|p| outside(p)).collect();
    assert!(strays.is_empty(), "{strays:?}");
    // Inside, every name is made of hex digits alone.
    for path in after.iter().filter(|p| !outside(p)) {
        let own = path
            .trim_start_matches("photos/")
            .split('/')
            .skip(1)
            .collect::<String>();
        let is_generated = own.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.');
        assert!(is_generated, "{path}");
    }
}

//! Where inputs begin: `tests/fuzz/corpus/NAME`, made here from what the repository has, and `tests/fuzz/crashes/NAME`.
//!
//! Invariant: nothing is written but by [`store`] (`UPDATE=1`) and [`keep`]. Leaves out: what cargo-fuzz finds, which is
//! kept beside them only where it was a crash.

use std::path::{Path, PathBuf};

use merge::{LogId, Value};
use mobile_core::photos::generate::TestPhoto;
use protocol::bundle::{self, List, PhotoFile};
use protocol::chain::{self, Header, SignedSegment};
use protocol::{BatchBuilder, segment};
use tests::fuzz::{BUNDLE_DEVICE, bundle_key, seal_bundle};
use uuid::Uuid;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// The stored inputs of an entry, crashers last.
pub fn stored(name: &str) -> Vec<Vec<u8>> {
    let mut paths = files(&here().join("fuzz/corpus").join(name));
    assert!(!paths.is_empty(), "{name} has no corpus: UPDATE=1 makes it");
    paths.extend(files(&here().join("fuzz/crashes").join(name)));
    paths.iter().map(|p| std::fs::read(p).unwrap()).collect()
}

/// Keeps an input that made a decoder fall, to be run for ever.
pub fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = here().join("fuzz/crashes").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let hash = hex::encode(&protocol::chain::sha256(bytes)[..8]);
    let path = folder.join(hash);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Writes the corpus anew.
pub fn store() {
    for (name, inputs) in all() {
        let folder = here().join("fuzz/corpus").join(name);
        // Gone already, the first time.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, bytes) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed{number:02}")), bytes).unwrap();
        }
    }
}

fn all() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let vectors = here().join("conformance/vectors");
    let read = |name: &str| std::fs::read(vectors.join(name)).unwrap();
    let segments: Vec<Vec<u8>> = files(&vectors.join("segments"))
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "bin"))
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    let small =
        |name: &str| std::fs::read(here().join("../crates/domain/data").join(name)).unwrap();
    vec![
        (
            "payload",
            segments.iter().map(|bytes| payload(bytes)).collect(),
        ),
        ("segment", segments),
        ("value", values(&read("values.json"))),
        (
            "request",
            vec![read("sync/request.bin"), read("sync/nothing-new.bin")],
        ),
        ("reply", vec![read("sync/reply.bin")]),
        (
            "headers",
            headers(&read("sync/request.json"), &read("sync/certificate.json")),
        ),
        ("closing", vec![read("closing-set.json")]),
        ("bundle", vec![bundle(), seal_bundle(b"", b"").unwrap()]),
        ("bundle_list", vec![bundle_list()]),
        ("bundle_body", vec![bundle_body()]),
        ("table", tables()),
        (
            "checklist",
            vec![
                small("en-route.json"),
                small("veto-and-bonus.json"),
                book(4),
            ],
        ),
        ("score", vec![SCORE.as_bytes().to_vec()]),
        (
            "draw",
            vec![br#"[{"id":"640422215200","name":"a"},{"id":"2"},{"id":"3"}]"#.to_vec()],
        ),
        ("exif", vec![exif()]),
        ("picture", pictures()),
        ("tus", tus()),
    ]
}

/// A segment of the phone whose bundles are read.
fn bundled_segment() -> Vec<u8> {
    let log = LogId::new(BUNDLE_DEVICE, Uuid::from_u128(0x5c), 1);
    let mut batch = BatchBuilder::default();
    let text = Value::Text("村内道路".into());
    for n in 0..3 {
        let issue = ("issue", Uuid::from_u128(0x100 + n));
        batch.push_value(log, 1_000, issue, "description", &text, &[]);
    }
    let header = Header::of(&log, 1, 3);
    let payload = segment::encode(&batch.finish(), &[], 3).unwrap();
    let origin = chain::origin(Uuid::from_u128(0xca), &log);
    bundle::segment_bytes(&SignedSegment::sign(
        &bundle_key(),
        origin,
        &header,
        payload,
    ))
}

fn bundle() -> Vec<u8> {
    seal_bundle(&bundled_segment(), &[2; 700]).unwrap()
}

fn bundle_list() -> Vec<u8> {
    let list = List {
        certificate: "Zm9v".into(),
        segments: vec![300, 70_000],
        photos: vec![PhotoFile {
            hash: [4; 32],
            size_bytes: 150_000,
        }],
        photos_left_out: 2,
    };
    list.to_bytes()
}

fn bundle_body() -> Vec<u8> {
    let segment = bundled_segment();
    let length = (segment.len() as u16).to_be_bytes();
    [&length[..], &segment, &[2; 700]].concat()
}

fn payload(bytes: &[u8]) -> Vec<u8> {
    let signed = SignedSegment::parse(bytes).unwrap();
    let count = signed.header().unwrap().count as u16;
    [&count.to_be_bytes()[..], &signed.payload].concat()
}

fn values(json: &[u8]) -> Vec<Vec<u8>> {
    let rows: serde_json::Value = serde_json::from_slice(json).unwrap();
    let unhex = |row: &serde_json::Value| hex::decode(row["hex"].as_str().unwrap()).unwrap();
    rows.as_array().unwrap().iter().map(unhex).collect()
}

fn headers(request: &[u8], certificate: &[u8]) -> Vec<Vec<u8>> {
    [
        (request, "guanmo-signature"),
        (certificate, "guanmo-certificate"),
    ]
    .map(|(json, name)| {
        let said: serde_json::Value = serde_json::from_slice(json).unwrap();
        said[name].as_str().unwrap().as_bytes().to_vec()
    })
    .to_vec()
}

/// Two townships of two groups, one of them scored three times.
const SCORE: &str = r#"{"rules":{"weights":{"V":50,"H":20,"E":20,"S":0,"R":10,"M":0},"correction":"second_average",
"award":{"scope":"per_group","red":1,"yellow":1}},"townships":[{"code":"640422215","name":"火石寨乡","group":1,
"vetoed":false,"overdue_issues":0,"veto_notices":0},{"code":"640422102","name":"平峰镇","group":2}],
"sites":[{"id":"s1","kind":"demonstration_village","township":"640422215"},{"id":"s2","kind":"household",
"township":"640422102"}],"sheets":[{"site":"s1","observer":"o1","group":1,"score_e4":890000},{"site":"s1",
"observer":"o2","group":1,"score_e4":880000},{"site":"s1","observer":"o3","group":1,"score_e4":900000},
{"site":"s2","observer":"p1","group":2,"score_e4":700000}],"rectification":[{"township":"640422215","due":10,
"closed":9}]}"#;

fn tables() -> Vec<Vec<u8>> {
    let csv = [
        "代码,名称\r\n640422,西吉县\r\n640422215,火石寨乡\r\n",
        "组别,名称,乡镇代码\r\n1,第一组,640422215\r\n",
        "点位类型,点位名称,乡镇代码,村代码,编号\r\n示范村,沙岗村,640422215,640422215200,\r\n",
        "姓名,角色,组别,所在单位代码\r\n\"观摩员\n01\",观摩员,1,\r\n",
    ];
    let mut out: Vec<Vec<u8>> = (0..)
        .zip(csv)
        .map(|(n, text)| kind(n, text.as_bytes()))
        .collect();
    out.push(kind(0, r#"[{"code":"640422","name":"西吉县"}]"#.as_bytes()));
    out.extend((0..4).map(|n| kind(n, &book(usize::from(n)))));
    out
}

fn kind(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number], bytes].concat()
}

/// An empty workbook as the office downloads it.
fn book(kind: usize) -> Vec<u8> {
    use documents::export::Language;
    use documents::import::Kind;
    let kinds = [
        Kind::Divisions,
        Kind::Groups,
        Kind::Sites,
        Kind::Roster,
        Kind::Checklist,
    ];
    documents::template(kinds[kind], Language::En).unwrap()
}

fn photo() -> TestPhoto {
    TestPhoto {
        width: 48,
        height: 32,
        orientation: 6,
        taken_at_ms: Some(1_637_202_725_678),
        position_e7: Some((359_640_012, 1_057_290_345)),
        ..TestPhoto::new(7)
    }
}

fn pictures() -> Vec<Vec<u8>> {
    vec![photo().jpeg(), photo().png(), photo().webp()]
}

/// The block of facts of a generated photo.
fn exif() -> Vec<u8> {
    let jpeg = photo().jpeg();
    let at = jpeg.windows(6).position(|w| w == b"Exif\0\0").unwrap();
    let length = usize::from(u16::from_be_bytes([jpeg[at - 2], jpeg[at - 1]]));
    jpeg[at + 6..at - 2 + length].to_vec()
}

fn tus() -> Vec<Vec<u8>> {
    let token = "authorization: Bearer 00000000-0000-0000-0000-000000000001\ntus-resumable: 1.0.0";
    let hash = hex::encode(protocol::chain::sha256(b"photo"));
    let path = format!("/api/v1/blobs/{hash}");
    // `photo`, and its hash in base64 as the metadata has it.
    let named =
        "NTVjNjRkMGZjZDZmOWQ1ZjdjODI4MDkzODU3ZTNmZGZkYTY4NDc4YmI0ZTliZDI0ZDQ4MWVmMzkxYzc4MDRlOA==";
    let patch = "content-type: application/offset+octet-stream\nupload-offset: 0";
    [
        format!("OPTIONS /api/v1/blobs/\n{token}\n\n"),
        format!("POST /api/v1/blobs/\n{token}\nupload-length: 5\nupload-metadata: sha256 {named}\n\n"),
        format!("HEAD {path}\n{token}\n\n"),
        format!("PATCH {path}\n{token}\n{patch}\nupload-checksum: sha256 AAAA\n\nphoto"),
        format!("POST {path}\n{token}\nx-http-method-override: PATCH\n{patch}\n\nphoto"),
        format!("DELETE {path}\n{token}\n\n"),
        format!("GET {path}\n{token}\nrange: bytes=0-2\nif-none-match: \"x\"\n\n"),
        format!("POST /api/v1/blobs/have\n{token}\ncontent-type: application/json\n\n{{\"hashes\":[\"{hash}\"]}}"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

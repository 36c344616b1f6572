//! Threat T17 on a real server process: bodies that grow when they are read are refused, its memory does not follow, and
//! others are served meanwhile.
//!
//! Leaves out: how much longer others wait (`guanmo bench attack`), what each single body is answered (`bomb_tests`).

mod common;

use std::io::{Cursor, Read, Write};
use std::time::Duration;

use common::serving::Logged;
use common::tour::{ROSTER, Tour};
use ed25519_dalek::SigningKey;
use merge::LogId;
use protocol::chain::{Header, SignedSegment, origin};
use protocol::enrol::{EnrolRequest, EnrolResponse};
use protocol::message::SyncRequest;
use protocol::request::{CONTENT_TYPE, HEADER, RequestSignature};
use protocol::{BatchBuilder, PROTOCOL_VERSION, SCHEMA_VERSION, Scope, segment};
use reqwest::Client;

const PASSWORD: &str = "Observe-2026";
/// What memory may rise by.
const RISE_KIB: u64 = 64 << 10;
/// How often each body is sent.
const TIMES: u64 = 8;

/// A line of the server's memory in KiB.
fn memory_kib(server: &Logged, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let found = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
    let number = found.trim_start_matches(':').split_whitespace().next();
    number.unwrap().parse().unwrap()
}

/// 10 GB of zeros in a gzip stream of 10 MB: the same 64 MB member 160 times, which is one stream by the format.
fn gzip() -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(64 << 20), &mut member).unwrap();
    member.finish().unwrap().repeat(160)
}

/// A workbook whose one sheet unpacks to 400 MB.
fn workbook() -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, body) in [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", "<workbook/>"),
    ] {
        out.start_file(name, options).unwrap();
        out.write_all(body.as_bytes()).unwrap();
    }
    out.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    std::io::copy(&mut std::io::repeat(b' ').take(400 << 20), &mut out).unwrap();
    out.finish().unwrap().into_inner()
}

/// An enrolled phone's requests whose segments say they hold `size` bytes where there are two.
async fn segments(
    client: &Client,
    url: &str,
    code: String,
    sizes: &[usize],
) -> Vec<(Vec<u8>, String)> {
    let key = SigningKey::from_bytes(&[5; 32]);
    let request = EnrolRequest {
        code,
        public_key: hex::encode(key.verifying_key().to_bytes()),
        device_name: "手机".to_owned(),
    };
    let answer = client.post(format!("{url}/api/v1/enrol")).json(&request);
    let answer = answer.send().await.unwrap().error_for_status().unwrap();
    let me: EnrolResponse = answer.json().await.unwrap();
    let scope = Scope::Sealed {
        campaign: me.campaign,
        author: me.account,
    };
    let log = LogId::new(me.device, scope.id(), 1);
    let honest = segment::encode(&BatchBuilder::default().finish(), &[scope.id()], 3).unwrap();
    let mut requests = Vec::new();
    for size in sizes {
        // Layout, one name, its bytes: so many times the letter a.
        let mut payload = vec![honest[0], 1];
        let mut rest = *size;
        while rest >= 0x80 {
            payload.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        payload.extend_from_slice(&[rest as u8, 2, b'a']);
        let header = Header::of(&log, 1, 1);
        let made = SignedSegment::sign(&key, origin(me.campaign, &log), &header, payload);
        let body = SyncRequest {
            protocol: PROTOCOL_VERSION,
            schema: SCHEMA_VERSION,
            generation: me.generation,
            segments: vec![made],
            ..SyncRequest::default()
        };
        let body = body.to_bytes();
        let signed = RequestSignature::sign(&key, me.device, me.server, me.generation, 1, &body);
        requests.push((body, signed.to_header()));
    }
    requests
}

/// The token of a supervisor, who may import.
async fn supervisor(client: &Client, url: &str, secret: &str) -> String {
    let post = async |path: &str, token: &str, body: serde_json::Value| {
        let request = client.post(format!("{url}{path}")).bearer_auth(token);
        let answer = request.json(&body).send().await.unwrap();
        let answer = answer.error_for_status().unwrap();
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let person = |name: &str, secret: &str| serde_json::json!({"secret": secret, "user_name": name, "password": PASSWORD});
    let sign_in = |name: &str| serde_json::json!({"user_name": name, "password": PASSWORD});
    post("/api/v1/setup", "", person("guanli", secret)).await;
    let admin = post("/api/v1/session", "", sign_in("guanli")).await;
    let role = serde_json::json!({"role": "supervisor"});
    let invited = post("/api/v1/logins", admin["token"].as_str().unwrap(), role).await;
    post(
        "/api/v1/setup",
        "",
        person("ducha", invited["secret"].as_str().unwrap()),
    )
    .await;
    let desk = post("/api/v1/session", "", sign_in("ducha")).await;
    desk["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn bodies_that_grow_cost_a_server_no_memory_and_others_no_answer() {
    let client = Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60));
    let client = client.build().unwrap();
    // Only a server's first start says how to set up somebody.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let args = ["--data", data.to_str().unwrap()];
    let server = Logged::start(&folder.path().join("log"), &args, &[]);
    let secret = server.said["setup_secret"].as_str().unwrap();
    let token = supervisor(&client, &server.url(), secret).await;
    assert!(server.stop().success());
    let tour = Tour::prepared_in(folder).start(ROSTER);
    let code = tour.code("观摩员01");
    let server = Logged::start(&tour.path("log"), &args, &[]);
    let url = server.url();
    let json = ("content-type", "application/json".to_owned());
    let gzip_json = vec![json.clone(), ("content-encoding", "gzip".to_owned())];
    let bearer = ("authorization", format!("Bearer {token}"));
    let mut bombs = vec![
        ("/api/v1/session".to_owned(), gzip_json, gzip()),
        ("/api/v1/setup".to_owned(), vec![json], b"[".repeat(100_000)),
        (
            "/api/v1/imports/roster".to_owned(),
            vec![bearer],
            workbook(),
        ),
    ];
    for (body, signature) in segments(&client, &url, code, &[15 << 20, 1 << 32]).await {
        let headers = vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            (HEADER, signature),
        ];
        bombs.push(("/api/v1/sync".to_owned(), headers, body));
    }
    // What it needs anyway: the peak counts from here.
    std::fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
    let before = memory_kib(&server, "VmRSS");
    let mut sending = tokio::task::JoinSet::new();
    for (path, headers, body) in bombs {
        let (client, url) = (client.clone(), url.clone());
        sending.spawn(async move {
            let mut seen = Vec::new();
            for _ in 0..TIMES {
                let mut request = client.post(format!("{url}{path}")).body(body.clone());
                for (name, value) in &headers {
                    request = request.header(*name, value);
                }
                // A body far over the limit may be cut off before it is sent whole.
                seen.push(request.send().await.map_or(413, |a| a.status().as_u16()));
            }
            (path, seen)
        });
    }
    let (mut served, mut refused) = (0, 0);
    while !sending.is_empty() {
        let page = client.get(format!("{url}/sign-in")).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200);
        served += 1;
        while let Some(done) = sending.try_join_next() {
            let (path, seen) = done.unwrap();
            assert!(
                seen.iter().all(|s| (400..500).contains(s)),
                "{path}: {seen:?}"
            );
            refused += seen.len() as u64;
        }
    }
    assert_eq!(refused, 5 * TIMES);
    assert!(served > 10, "{served}");
    let rise = memory_kib(&server, "VmHWM").saturating_sub(before);
    assert!(rise <= RISE_KIB, "memory rose by {rise} KiB from {before}");
    eprintln!("memory rose by {rise} KiB from {before}; {served} pages served meanwhile");
}

//! Settings, certificates, backups, doctor, manuals: the command as an operator uses it.
//!
//! Leaves out: what a backup file is inside (the server's tests).

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::serving::Logged;
use common::tour::Tour;
use common::{Run, guanmo};
use serde_json::Value;

fn ok(args: &[&str]) -> String {
    let run = guanmo(args);
    assert_eq!(run.code, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    run.stdout
}

fn refused(args: &[&str], exit: i32, code: &str) -> Run {
    let run = guanmo(args);
    assert_eq!(run.code, exit, "{args:?}: {}", run.stderr);
    assert!(run.stderr.contains(&format!("[{code}]")), "{}", run.stderr);
    run
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn manual_pages_and_completions_are_made_for_every_command() {
    let dir = tempfile::tempdir().unwrap();
    ok(&["man", "--to", text(dir.path())]);
    for page in [
        "guanmo.1",
        "guanmo-serve.1",
        "guanmo-backup-keygen.1",
        "guanmo-doctor.1",
    ] {
        let text = std::fs::read_to_string(dir.path().join(page)).unwrap();
        assert!(text.contains(".TH") && text.len() > 300, "{page}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = ok(&["completions", shell]);
        assert!(
            script.contains("guanmo") && script.contains("restore"),
            "{shell}"
        );
    }
}

#[test]
fn settings_tell_where_they_come_from_and_a_wrong_one_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("guanmo.toml");
    std::fs::write(&file, "data = \"d\"\n[log]\nformat = \"json\"\n").unwrap();
    let shown = ok(&[
        "config",
        "show",
        "--json",
        "--config",
        text(&file),
        "--grace",
        "5s",
    ]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["limits.grace"]["from"], "--grace");
    assert_eq!(shown["log.format"]["from"], text(&file));
    assert_eq!(shown["listen"]["from"], "default");
    ok(&["config", "check", "--config", text(&file)]);
    std::fs::write(&file, "data = \"d\"\nlistne = \"x\"\n").unwrap();
    let run = refused(&["serve", "--config", text(&file)], 2, "bad_config");
    assert!(run.stderr.contains("line 2") && run.stderr.contains("第 2 行"));
    assert!(!dir.path().join("d").exists());
    let data = dir.path().join("e");
    let args = [
        "serve",
        "--data",
        text(&data),
        "--metrics-listen",
        "0.0.0.0:1",
    ];
    refused(&args, 2, "bad_config");
    assert!(!data.exists());
}

#[test]
fn a_backup_beside_a_running_server_is_restored_and_verifies() {
    let tour = Tour::started();
    let (key, data) = (tour.path("key.txt"), tour.data());
    let recipient = ok(&["backup", "keygen", "--to", text(&key)]);
    let recipient = recipient.trim();
    refused(&["backup", "keygen", "--to", text(&key)], 2, "exists");
    let server = Logged::start(&tour.path("log"), &["--data", text(&data)], &[]);
    let file = tour.path("b/guanmo-20261123T000000Z.age");
    let make = [
        "backup",
        "--data",
        text(&data),
        "--to",
        text(&file),
        "--recipient",
        recipient,
    ];
    ok(&make);
    refused(&make, 2, "exists");
    let listed = ok(&["backup", "list", text(file.parent().unwrap()), "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&listed)
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    ok(&["backup", "verify", text(&file), "--identity", text(&key)]);
    assert!(server.stop().success());
    let into = tour.path("restored");
    let restore = [
        "restore",
        text(&file),
        "--identity",
        text(&key),
        "--into",
        text(&into),
    ];
    let said = ok(&restore);
    assert!(said.contains("手机下次同步") && said.contains("Phones send again"));
    refused(&restore, 2, "not_empty");
    ok(&["verify", "--rebuild", "--data", text(&into)]);
    let show = |data: &Path| ok(&["campaign", "show", "--json", "--data", text(data)]);
    assert_eq!(show(&into), show(&data));
    let again = Logged::start(&tour.path("log2"), &["--data", text(&into)], &[]);
    assert!(again.stop().success());
    let other = tour.path("other.txt");
    ok(&["backup", "keygen", "--to", text(&other)]);
    refused(
        &["backup", "verify", text(&file), "--identity", text(&other)],
        2,
        "wrong_key",
    );
}

#[test]
fn a_backup_killed_at_any_moment_leaves_nothing_that_is_taken_for_one() {
    let tour = Tour::started();
    let (key, data, dir) = (tour.path("key.txt"), tour.data(), tour.path("b"));
    let recipient = ok(&["backup", "keygen", "--to", text(&key)]);
    let (mut whole, mut killed) = (0, 0);
    for no in 0..12_u64 {
        let file = dir.join(format!("guanmo-20261123T0000{no:02}Z.age"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_guanmo"))
            .args(["backup", "--data", text(&data), "--to", text(&file)])
            .args(["--recipient", recipient.trim()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // As far as it comes in so many steps of the file system, and one is left alone.
        let until = Instant::now() + Duration::from_millis(no * 7);
        while no < 11 && Instant::now() < until && !file.exists() {
            std::thread::yield_now();
        }
        if no < 11 {
            child.kill().unwrap();
        }
        child.wait().unwrap();
        if file.exists() {
            ok(&["backup", "verify", text(&file), "--identity", text(&key)]);
            whole += 1;
        } else {
            killed += 1;
        }
    }
    assert!(whole > 0 && killed > 0, "{whole} whole, {killed} killed");
    let listed = ok(&["backup", "list", text(&dir), "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), whole);
}

#[test]
fn planned_backups_are_made_by_the_server_itself() {
    let tour = Tour::started();
    let (data, dir) = (tour.data(), tour.path("b"));
    let recipient = ok(&["backup", "keygen", "--to", text(&tour.path("key.txt"))]);
    let args = [
        "--data",
        text(&data),
        "--backup-dir",
        text(&dir),
        "--backup-recipient",
        recipient.trim(),
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let server = Logged::start(&tour.path("log"), &args, &[]);
    let until = Instant::now() + Duration::from_secs(60);
    while server::backup::list(&dir).unwrap().is_empty() {
        assert!(Instant::now() < until, "{}", server.log());
        std::thread::yield_now();
    }
    let metrics = get(server.said["metrics"].as_str().unwrap(), None);
    assert!(
        metrics.body.contains("guanmo_backup_age_seconds"),
        "{}",
        metrics.body
    );
    assert!(metrics.body.contains("guanmo_phones_unsynced 0"));
    assert!(metrics.body.contains("guanmo_database_bytes"));
    // The main address gives none.
    assert_eq!(get(&format!("{}/metrics", server.url()), None).status, 404);
    let ready = get(&format!("{}/readyz", server.url()), None);
    assert_eq!(ready.status, 200, "{}", ready.body);
    let toml = tour.path("guanmo.toml");
    let settings = format!(
        "data = {data:?}\n[backup]\ndir = {dir:?}\nrecipient = {:?}\n",
        recipient.trim()
    );
    std::fs::write(&toml, settings).unwrap();
    let told = ok(&["doctor", "--config", text(&toml), "--lang", "en"]);
    assert!(told.contains("✓ The last backup is 0 hours old"), "{told}");
    assert!(told.contains("Nothing is wrong"), "{told}");
}

#[test]
fn the_doctor_says_in_plain_words_what_is_wrong_and_what_to_do() {
    let tour = Tour::started();
    let data = tour.data();
    let run = guanmo(&[
        "doctor",
        "--data",
        text(&tour.path("nothing")),
        "--lang",
        "zh",
    ]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("✕") && run.stdout.contains("没有数据库"));
    assert_eq!(guanmo(&["doctor", "--data", text(&data)]).code, 0);
    // A page of the database is spoilt.
    let path = data.join("server.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let run = guanmo(&["doctor", "--data", text(&data), "--json"]);
    assert_eq!(run.code, 1);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    let codes: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["level"] == "wrong")
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(codes == ["integrity"] || codes == ["database"], "{codes:?}");
}

struct Got {
    status: u16,
    body: String,
    headers: reqwest::header::HeaderMap,
    peer: Option<Vec<u8>>,
}

/// Asks once, trusting `ca` alone if it is given.
fn try_get(url: &str, ca: Option<&Path>) -> reqwest::Result<Got> {
    let mut client = reqwest::Client::builder().no_proxy().tls_info(true);
    if let Some(ca) = ca {
        let pem = std::fs::read(ca).unwrap();
        let ca = reqwest::Certificate::from_pem(&pem).unwrap();
        client = client.tls_certs_only([ca]);
    }
    let client = client.timeout(Duration::from_secs(20)).build()?;
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let answer = client.get(url).send().await?;
        let info = answer.extensions().get::<reqwest::tls::TlsInfo>();
        let peer = info.and_then(|i| i.peer_certificate()).map(<[u8]>::to_vec);
        Ok(Got {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            peer,
            body: answer.text().await?,
        })
    })
}

fn get(url: &str, ca: Option<&Path>) -> Got {
    try_get(url, ca).unwrap()
}

#[test]
fn a_local_certificate_serves_https_and_is_renewed_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (certs, data) = (dir.path().join("c"), dir.path().join("data"));
    ok(&[
        "cert",
        "new",
        "--to",
        text(&certs),
        "127.0.0.1",
        "guanmo.lan",
    ]);
    let run = refused(
        &["cert", "new", "--to", text(&certs), "127.0.0.1"],
        2,
        "exists",
    );
    assert!(run.stderr.contains("renew"));
    let shown = ok(&["cert", "show", text(&certs.join("server.pem"))]);
    assert!(shown.contains("127.0.0.1") && shown.contains("guanmo.lan") && shown.contains("396"));
    let (cert, key) = (certs.join("server.pem"), certs.join("server-key.pem"));
    let args = [
        "--data",
        text(&data),
        "--tls-cert",
        text(&cert),
        "--tls-key",
        text(&key),
        "--head-timeout",
        "2s",
        "--max-connections",
        "4",
    ];
    let server = Logged::start(&dir.path().join("log"), &args, &[]);
    let (url, ca) = (format!("{}/healthz", server.url()), certs.join("ca.pem"));
    assert!(url.starts_with("https://127.0.0.1:"));
    let first = get(&url, Some(&ca));
    assert_eq!((first.status, first.body.as_str()), (200, "ok"));
    assert!(
        first.headers["strict-transport-security"]
            .to_str()
            .unwrap()
            .contains("max-age")
    );
    // Who does not trust the authority is not served; plain HTTP is not either.
    assert!(try_get(&url, None).is_err());
    assert!(try_get(&url.replace("https:", "http:"), None).is_err());
    // Three that never finish their handshake hold three of four places and delay nobody.
    let mut silent: Vec<TcpStream> = (0..3)
        .map(|_| TcpStream::connect(server.address()).unwrap())
        .collect();
    silent[0].write_all(&[22, 3, 1]).unwrap();
    assert_eq!(get(&url, Some(&ca)).status, 200);
    // They are closed after their time.
    for stream in &mut silent {
        stream
            .set_read_timeout(Some(Duration::from_secs(15)))
            .unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let reset = ended.is_err_and(|e| e.kind() != std::io::ErrorKind::WouldBlock);
        assert!(reset || rest.len() < 100);
    }
    ok(&["cert", "renew", text(&certs)]);
    server.signal("-HUP");
    let until = Instant::now() + Duration::from_secs(30);
    while get(&url, Some(&ca)).peer == first.peer {
        assert!(Instant::now() < until, "{}", server.log());
    }
    // A broken file leaves the certificate in use.
    std::fs::write(&cert, "nothing").unwrap();
    server.signal("-HUP");
    while !server.log().contains("the certificate in use stays") {
        assert!(Instant::now() < until, "{}", server.log());
        std::thread::yield_now();
    }
    assert_eq!(get(&url, Some(&ca)).status, 200);
    assert!(server.stop().success());
    refused(
        &[
            "serve",
            "--data",
            text(&data),
            "--tls-cert",
            text(&cert),
            "--tls-key",
            text(&key),
        ],
        1,
        "bad_certificate",
    );
}

#[test]
fn more_connections_than_places_are_closed_at_once_and_places_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let args = [
        "--data",
        text(&data),
        "--head-timeout",
        "8s",
        "--max-connections",
        "3",
    ];
    let server = Logged::start(&dir.path().join("log"), &args, &[]);
    let url = format!("{}/healthz", server.url());
    let begun = || {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        // A place that was refused may be closed already.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\n");
        stream
    };
    let mut slow: Vec<TcpStream> = (0..3).map(|_| begun()).collect();
    let until = Instant::now() + Duration::from_secs(60);
    // Whoever waited for the start may have held a place for a moment: one more takes it.
    while try_get(&url, None).is_ok() {
        assert!(Instant::now() < until, "a place too many");
        slow.push(begun());
    }
    // Slow heads are closed after their time, and the places are there again.
    while try_get(&url, None).is_err() {
        assert!(Instant::now() < until, "the places never came back");
    }
    drop(slow);
}

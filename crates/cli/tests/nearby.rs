//! `guanmo demo --phone`: what it prints is enough for a phone that trusts the printed authority, and for no other.
//!
//! Leaves out: a browser on that phone (`tests/browser/app`), the tour that is played before.

mod common;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Run, guanmo_with};

const HERE: &str = "127.0.0.1";

/// A demo that does not outlive its test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // Already gone where the test passed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A phone in `folder` that trusts the authorities in `ca`.
fn device(folder: &Path, ca: Option<&Path>, args: &[&str]) -> Run {
    let phone = folder.join("phone").display().to_string();
    let ca = ca.map(|ca| ca.display().to_string());
    let all = [&["device"], args, &["--phone", &phone]].concat();
    guanmo_with(&all, &[("SSL_CERT_FILE", ca.as_deref())])
}

#[test]
fn a_phone_enrols_over_https_by_the_printed_link_and_authority() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let port = TcpListener::bind((HERE, 0)).unwrap().local_addr().unwrap();
    let demo = Command::new(env!("CARGO_BIN_EXE_guanmo"))
        .args(["demo", "--photos", "4", "--phone", HERE])
        .args(["--listen", &port.to_string(), "--data"])
        .arg(&data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut demo = Demo(demo);
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let mut said = || lines.next().map(Result::unwrap);
    let (mut link, mut authority) = (None, None);
    while let Some(line) = said() {
        let word = |part: &str| line.split(' ').find(|w| w.contains(part)).map(String::from);
        link = link.or_else(|| word("/app/enrol#"));
        authority = authority.or_else(|| word("ca.pem"));
        // `guanmo serve` says where it listens.
        if link.is_some()
            && authority.is_some()
            && line.contains(&format!("{HERE}:{}", port.port()))
            && !line.contains("enrol#")
        {
            break;
        }
    }
    let link = link.expect("a link");
    let (server, code) = link.split_once("/app/enrol#").unwrap();
    assert_eq!(server, format!("https://{HERE}:{}", port.port()));
    let ca = authority.expect("the authority's file");
    let enrol = [
        "enrol",
        "--server",
        server,
        "--code",
        code,
        "--name",
        "测试机",
    ];

    let stranger = device(&folder.path().join("stranger"), None, &enrol);
    assert_ne!(stranger.code, 0, "control: nobody else vouches for it");

    let home = folder.path().join("mine");
    let ca = Some(Path::new(&ca));
    let run = device(&home, ca, &enrol);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = device(&home, ca, &["sync", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = device(&home, ca, &["sites", "--json"]);
    let sites: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(!sites.as_array().unwrap().is_empty(), "{}", run.stdout);

    let id = demo.0.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(sent.success());
    while said().is_some() {}
    assert!(demo.0.wait().unwrap().success());
}

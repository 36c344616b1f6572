//! Folders and networks that are not ours to use: a newer database, one in use, a captive portal on a real socket.

use std::io::{Read, Write};
use std::path::Path;

use mobile_core::{FixedClock, HttpTransport, OsEntropy, Ports, Replica};
use rusqlite::Connection;
use server::Config;

use crate::county::{County, MORNING, Phone};
use crate::raw_phone::rows;

fn phone_error(dir: &Path) -> mobile_core::Error {
    let ports = Ports {
        clock: std::sync::Arc::new(FixedClock::at(MORNING)),
        entropy: std::sync::Arc::new(OsEntropy),
    };
    match Replica::open(dir, ports) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

async fn server_error(dir: &Path) -> server::Error {
    match server::open(Config::new(dir)).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn version(file: &Path) -> i64 {
    crate::county::count(file, "SELECT user_version FROM pragma_user_version")
}

fn set_version(file: &Path, version: i64) {
    let conn = Connection::open(file).unwrap();
    conn.pragma_update(None, "user_version", version).unwrap();
}

#[tokio::test]
async fn a_database_newer_than_the_app_is_refused_on_both_sides_and_left_as_it_is() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, true);
    let Phone { replica, dir, .. } = phone;
    drop(replica);
    county.close().await;
    let files = [
        dir.join("phone.db"),
        county.dir.path().join("server/server.db"),
    ];
    let ours = files.each_ref().map(|f| version(f));
    for file in &files {
        set_version(file, 1_000);
    }
    let before = files.each_ref().map(|f| std::fs::read(f).unwrap());
    let error = phone_error(&dir);
    assert_eq!(error.code(), "database_newer");
    assert!(!error.zh().is_empty() && !error.en().is_empty());
    let error = server_error(&county.dir.path().join("server")).await;
    assert_eq!(error.code(), "database_newer");
    assert!(error.message_zh().contains("新版本") && error.message_en().contains("newer"));
    for (file, before) in files.iter().zip(before) {
        assert!(
            std::fs::read(file).unwrap() == before,
            "{file:?} was written to"
        );
    }
    // With the right version everything is there and goes on.
    for (file, version) in files.iter().zip(ours) {
        set_version(file, version);
    }
    county.open().await;
    let mut phone = Phone::open(&dir);
    assert!(county.sync(&mut phone).await.agreed.agreed);
    assert!(phone.replica.sheet(sheet).unwrap().score.is_complete());
}

#[tokio::test]
async fn a_folder_in_use_is_refused_on_both_sides_and_the_owner_goes_on() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let server = county.dir.path().join("server");
    let before = [
        rows(&phone.database(), &[]),
        rows(&server.join("server.db"), &[]),
    ];
    assert_eq!(phone_error(&phone.dir).code(), "database_locked");
    let error = server_error(&server).await;
    assert_eq!(error.code(), "database_locked");
    assert!(!error.message_zh().is_empty() && error.message_en().contains("in use"));
    let after = [
        rows(&phone.database(), &[]),
        rows(&server.join("server.db"), &[]),
    ];
    assert!(before == after);
    let site = phone.sites().remove(0);
    phone.fill(&site, 0, true);
    assert!(county.sync(&mut phone).await.agreed.agreed);
}

/// Answers every request on a real socket with a page and status 200.
fn portal() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let page = "<html>请先登录无线网</html>";
            let length = page.len();
            // The whole request first, else the answer is lost in a reset.
            stream
                .set_read_timeout(Some(std::time::Duration::from_millis(200)))
                .unwrap();
            let mut asked = [0; 65_536];
            while matches!(stream.read(&mut asked), Ok(n) if n > 0) {}
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
            );
        }
    });
    url
}

#[tokio::test]
async fn html_with_status_200_from_a_captive_portal_changes_nothing_on_the_phone() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    phone.fill(&site, 0, true);
    let portal = HttpTransport::new(&portal()).unwrap();
    // The first attempt seals what is to be sent, before anything is sent; from then on nothing moves at all.
    let mut tables: Vec<_> = ["meta", "segments", "tail", "logs", "scopes", "epochs"].to_vec();
    let before = rows(&phone.database(), &tables);
    for attempt in 0..3 {
        let error = phone.replica.sync(&portal, &mut |_| {}).await.unwrap_err();
        assert_eq!(error.code(), "not_our_server");
        assert!(error.zh().contains("浏览器") && error.en().contains("browser"));
        let status = phone.replica.status().unwrap();
        assert_eq!((status.sheets.only_here, status.sheets.held), (1, 0));
        assert!(
            rows(&phone.database(), &tables) == before,
            "attempt {attempt}"
        );
    }
    tables.truncate(1);
    let sealed = rows(&phone.database(), &tables);
    phone.replica.sync(&portal, &mut |_| {}).await.unwrap_err();
    assert!(rows(&phone.database(), &tables) == sealed);
    assert!(county.sync(&mut phone).await.agreed.agreed);
    assert_eq!(phone.replica.status().unwrap().sheets.held, 1);
}

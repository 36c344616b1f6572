//! T17: bodies that grow when they are read, and how long a page takes meanwhile.
//!
//! Leaves out: how they are refused and what memory does (`tests/bombs.rs`).

use std::io::{Cursor, Read, Write};
use std::sync::Arc;

use anyhow::Result;
use reqwest::Client;

use super::Stage;
use super::flood::Attack;
use super::waits::Waits;

/// Attackers at once.
const WIDTH: u64 = 4;
const PAGE: &str = "/console";

struct Bomb {
    path: &'static str,
    kind: &'static str,
    encoding: Option<&'static str>,
    body: Vec<u8>,
}

/// A workbook whose one sheet unpacks to 400 MB.
fn workbook() -> Result<Vec<u8>> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, body) in [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", "<workbook/>"),
    ] {
        out.start_file(name, options)?;
        out.write_all(body.as_bytes())?;
    }
    out.start_file("xl/worksheets/sheet1.xml", options)?;
    std::io::copy(&mut std::io::repeat(b' ').take(400 << 20), &mut out)?;
    Ok(out.finish()?.into_inner())
}

/// So many zeros in a gzip stream, a thousandth of that.
fn gzip(zeros: u64) -> Result<Vec<u8>> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(zeros), &mut out)?;
    Ok(out.finish()?)
}

fn bombs() -> Result<Vec<Bomb>> {
    Ok(vec![
        Bomb {
            path: "/api/v1/session",
            kind: "application/json",
            encoding: Some("gzip"),
            body: gzip(1 << 30)?,
        },
        Bomb {
            path: "/api/v1/setup",
            kind: "application/json",
            encoding: None,
            body: b"[".repeat(100_000),
        },
        Bomb {
            path: "/api/v1/imports/roster",
            kind: "application/octet-stream",
            encoding: None,
            body: workbook()?,
        },
    ])
}

/// A page beside bombs, and while the server's own threads unpack one: the control.
pub async fn measure(stage: &Stage) -> Result<(Waits, Waits)> {
    let (http, url) = (Client::builder().no_proxy().build()?, &stage.server.url);
    let bombs = Arc::new(bombs()?);
    let (target, token) = (url.clone(), stage.office.token().to_owned());
    let attack = Attack::new(WIDTH, move |no| {
        let (http, bombs) = (http.clone(), Arc::clone(&bombs));
        let (url, token) = (target.clone(), token.clone());
        async move {
            let bomb = &bombs[no as usize % bombs.len()];
            let mut request = http
                .post(format!("{url}{}", bomb.path))
                .bearer_auth(token)
                .header("content-type", bomb.kind);
            if let Some(encoding) = bomb.encoding {
                request = request.header("content-encoding", encoding);
            }
            // A body that is refused is cut off.
            let _ = request.body(bomb.body.clone()).send().await;
        }
    });
    let page = async || Ok(Some(stage.office.timed(PAGE).await?.1));
    let beside_bombs = Waits::take(&attack, page).await?;
    let (server, packed) = (stage.server.handle(), Arc::new(gzip(64 << 20)?));
    let unpacking = Attack::new(WIDTH, move |_| {
        let packed = Arc::clone(&packed);
        let unpacked = server.spawn(async move {
            let mut bytes = flate2::read::GzDecoder::new(packed.as_slice());
            std::io::copy(&mut bytes, &mut std::io::sink())
        });
        async move {
            let _ = unpacked.await;
        }
    });
    Ok((beside_bombs, Waits::take(&unpacking, page).await?))
}

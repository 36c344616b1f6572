//! The inspector's app below `/app/`: what `cargo xtask app` built, from inside the binary.
//!
//! Invariant: a file whose name holds its hash is kept by browsers for good, everything else is asked for each time; the
//! app runs nothing that is not of this server. Nobody needs to sign in: without an enrolled phone's key it shows nothing.
//! A path without a file is a screen of the app. Leaves out: what the app does; a binary compiled without it says so.

use std::borrow::Cow;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/app/"]
struct Built;

const PLACE: &str = "/app/";
const START: &str = "index.html";
/// The folder's own, no part of the app.
const OURS: [&str; 2] = ["README.md", ".gitignore"];
/// Folder of the files whose names hold their hash.
const FOREVER: &str = "assets/";
/// What is packed how, the best first: suffix of the packed file, its word.
const PACKED: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// `wasm-unsafe-eval` allows compiling WebAssembly and no script made of text. Pictures come out of the phone's storage.
const CSP: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(self), geolocation=(self)"),
    // No other origin's page can reach into a window of the app.
    ("cross-origin-opener-policy", "same-origin"),
];

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>观摩通</title></head><body>\
     <h1>这个程序没有带上检查员应用</h1>\
     <p>请管理员执行 <code>cargo xtask app</code>，再重新编译程序；已登记的手机和数据不受影响。</p>\
     <h1 lang=\"en\">This program was compiled without the inspector's app</h1>\
     <p lang=\"en\">Run <code>cargo xtask app</code>, then compile the program again; enrolled phones and data are not \
     affected.</p></body></html>";

/// A file of the app.
struct Found {
    bytes: Cow<'static, [u8]>,
    hash: [u8; 32],
}

fn built(path: &str) -> Option<Found> {
    let file = Built::get(path).filter(|_| !OURS.contains(&path))?;
    Some(Found {
        hash: file.metadata.sha256_hash(),
        bytes: file.data,
    })
}

/// True if this program was compiled with the app.
pub fn has_inspector_app() -> bool {
    built(START).is_some()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Whether the browser takes this packing.
fn takes(headers: &HeaderMap, packing: &str) -> bool {
    let said = headers.get(header::ACCEPT_ENCODING);
    let said = said.and_then(|v| v.to_str().ok()).unwrap_or_default();
    said.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next() == Some(packing);
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}

/// The answer to a path below `/app/`.
fn answer(files: impl Fn(&str) -> Option<Found>, path: &str, headers: &HeaderMap) -> Response {
    let is_file = path.rsplit('/').next().is_some_and(|n| n.contains('.'));
    let path = if is_file { path } else { START };
    let packed = PACKED
        .iter()
        .filter(|(_, word)| takes(headers, word))
        .find_map(|(suffix, word)| Some((files(&format!("{path}{suffix}"))?, Some(*word))));
    let Some((found, packing)) = packed.or_else(|| Some((files(path)?, None))) else {
        if path == START {
            return (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response();
        }
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", hex::encode(&found.hash[..16]));
    let kept = match path.starts_with(FOREVER) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let cached = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, kept.to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, cached).into_response();
    }
    let content = [(header::CONTENT_TYPE, media_type(path))];
    let mut response = (cached, content, found.bytes).into_response();
    if let Some(word) = packing {
        let word = HeaderValue::from_static(word);
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, word);
    }
    response
}

async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(PLACE).unwrap_or_default();
    answer(built, path, request.headers())
}

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        response.headers_mut().insert(name, value);
    }
    response
}

/// The routes.
pub fn inspector() -> Router {
    Router::new()
        .route("/app", get(|| async { Redirect::permanent(PLACE) }))
        .route(PLACE, get(serve))
        .route("/app/{*path}", get(serve))
        // Codes that were printed before the app had its own place.
        .route("/enrol", get(|| async { Redirect::to("/app/enrol") }))
        .layer(from_fn(secure))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn made_up(path: &str) -> Option<Found> {
        let bytes: &'static [u8] = match path {
            "index.html" => b"<start>",
            "index.html.gz" => b"packed start",
            "assets/a-1.wasm" => b"module",
            "assets/a-1.wasm.gz" => b"packed module",
            "assets/a-1.wasm.br" => b"best module",
            "sw.js" => b"worker",
            _ => return None,
        };
        let hash = [bytes.len() as u8; 32];
        let bytes = Cow::Borrowed(bytes);
        Some(Found { bytes, hash })
    }

    fn ask(path: &str, takes: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(takes));
        answer(made_up, path, &headers)
    }

    fn header_of(response: &Response, name: HeaderName) -> &str {
        let value = response.headers().get(name);
        value.map_or("", |v| v.to_str().unwrap())
    }

    #[tokio::test]
    async fn a_module_comes_packed_as_the_browser_takes_it_and_is_kept_for_good() {
        for (takes, packing, body) in [
            ("gzip, deflate, br, zstd", "br", "best module"),
            ("gzip, deflate", "gzip", "packed module"),
            ("br;q=0, gzip;q=0.5", "gzip", "packed module"),
            ("identity", "", "module"),
        ] {
            let response = ask("assets/a-1.wasm", takes);
            assert_eq!(header_of(&response, header::CONTENT_ENCODING), packing);
            assert_eq!(
                header_of(&response, header::CONTENT_TYPE),
                "application/wasm"
            );
            assert!(header_of(&response, header::CACHE_CONTROL).contains("immutable"));
            let bytes = to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(bytes, body.as_bytes());
        }
    }

    #[test]
    fn the_page_and_the_service_worker_are_asked_for_each_time() {
        for path in ["", "sw.js"] {
            let response = ask(path, "identity");
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(header_of(&response, header::CACHE_CONTROL), "no-cache");
            let mut headers = HeaderMap::new();
            let tag = response.headers()[header::ETAG].clone();
            headers.insert(header::IF_NONE_MATCH, tag);
            let again = answer(made_up, path, &headers);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
    }

    #[tokio::test]
    async fn a_screen_is_the_start_page_and_a_file_that_is_not_there_is_none() {
        for screen in ["enrol", "sites/7/sheet"] {
            let response = ask(screen, "identity");
            assert_eq!(
                header_of(&response, header::CONTENT_TYPE),
                "text/html; charset=utf-8"
            );
            let bytes = to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(bytes, "<start>");
        }
        assert_eq!(ask("assets/gone.js", "br").status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_binary_without_the_app_says_so_in_both_languages() {
        let response = answer(|_| None, "enrol", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let bytes = to_bytes(response.into_body(), 2_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains("没有带上") && text.contains("without the inspector"));
    }
}

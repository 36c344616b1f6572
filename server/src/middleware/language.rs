//! The language of a request: `?lang=`, then the cookie `lang`, then `Accept-Language`, then Chinese.
//!
//! Invariant: every handler behind this finds a `Lang` extension.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::i18n::Lang;

const YEAR_S: u32 = 365 * 24 * 3600;

fn asked(uri: &Uri) -> Option<Lang> {
    let pairs = uri.query()?.split('&');
    pairs
        .filter_map(|pair| pair.strip_prefix("lang="))
        .find_map(Lang::parse)
}

fn remembered(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|c| c.to_str().ok())
        .flat_map(|c| c.split(';'))
        .filter_map(|c| c.trim().strip_prefix("lang="))
        .find_map(Lang::parse)
}

fn accepted(headers: &HeaderMap) -> Lang {
    let header = headers.get(header::ACCEPT_LANGUAGE);
    Lang::from_header(header.and_then(|h| h.to_str().ok()).unwrap_or_default())
}

/// Finds the language, and remembers one that was asked for.
pub async fn choose(mut request: Request, next: Next) -> Response {
    let asked = asked(request.uri());
    let lang = asked
        .or_else(|| remembered(request.headers()))
        .unwrap_or_else(|| accepted(request.headers()));
    request.extensions_mut().insert(lang);
    let mut response = next.run(request).await;
    if let Some(lang) = asked {
        let cookie = format!(
            "lang={}; Path=/; Max-Age={YEAR_S}; SameSite=Lax",
            lang.word()
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let uri: Uri = "/console?sort=lack&lang=en".parse().unwrap();
        assert_eq!(asked(&uri), Some(Lang::En));
        let uri: Uri = "/console?lang=xx".parse().unwrap();
        assert_eq!(asked(&uri), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; lang=en".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "zh-CN".parse().unwrap());
        assert_eq!(remembered(&headers), Some(Lang::En));
        assert_eq!(accepted(&headers), Lang::Zh);
    }
}

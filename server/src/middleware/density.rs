//! How dense tables are: `?density=`, then the cookie `density`, then the normal one.
//!
//! Invariant: every page behind this finds a `Density` extension. Leaves out: what dense means (`console.css`).

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

const YEAR_S: u32 = 365 * 24 * 3600;

/// Air around the rows of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// Room to read.
    #[default]
    Normal,
    /// More rows on a screen.
    Compact,
}

impl Density {
    /// The word in address and cookie.
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Compact => "compact",
        }
    }

    /// The one that is not this.
    pub fn other(self) -> Self {
        match self {
            Self::Normal => Self::Compact,
            Self::Compact => Self::Normal,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Normal, Self::Compact]
            .into_iter()
            .find(|d| d.word() == word)
    }
}

fn asked(uri: &Uri) -> Option<Density> {
    let mut pairs = uri.query()?.split('&');
    pairs.find_map(|pair| pair.strip_prefix("density=").and_then(Density::parse))
}

fn remembered(headers: &HeaderMap) -> Option<Density> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|c| c.to_str().ok())
        .flat_map(|c| c.split(';'))
        .find_map(|c| c.trim().strip_prefix("density=").and_then(Density::parse))
}

/// Finds the density, and remembers one that was asked for.
pub async fn choose(mut request: Request, next: Next) -> Response {
    let asked = asked(request.uri());
    let density = asked.or_else(|| remembered(request.headers()));
    request.extensions_mut().insert(density.unwrap_or_default());
    let mut response = next.run(request).await;
    if let Some(density) = asked {
        let word = density.word();
        let cookie = format!("density={word}; Path=/; Max-Age={YEAR_S}; SameSite=Lax; HttpOnly");
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
    fn only_known_words_choose_a_density() {
        let of = |uri: &str| asked(&uri.parse().unwrap());
        assert_eq!(
            of("/console?sort=lack&density=compact"),
            Some(Density::Compact)
        );
        assert_eq!(of("/console?density=%22%3E%3Cscript%3E"), None);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "lang=en; density=compact".parse().unwrap());
        assert_eq!(remembered(&headers), Some(Density::Compact));
        headers.insert(header::COOKIE, "density=huge".parse().unwrap());
        assert_eq!(remembered(&headers), None);
    }
}

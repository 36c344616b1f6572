//! What holds for every answer of the interface: tags, preconditions, pages by cursor.
//!
//! Invariant: a tag is strong, the hash of the answer it stands for; whoever changes something that has a tag says which
//! one was read, and that is checked inside the transaction that writes. Leaves out: the topics.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// A tag for what JSON says, without quotes.
///
/// # Errors
/// None that plain data could cause.
pub fn tag(value: &impl Serialize) -> Result<String> {
    let bytes = serde_json::to_vec(value).map_err(Error::storage)?;
    Ok(hex::encode(&Sha256::digest(bytes)[..16]))
}

fn quoted(tag: &str) -> HeaderValue {
    let text = format!("\"{tag}\"");
    // invariant: tags are hex.
    HeaderValue::from_str(&text).expect("a tag is plain text")
}

/// The tags of a header, without quotes; a weak one keeps its `W/` and so equals no strong one.
fn tags(headers: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    let texts = values.filter_map(|v| v.to_str().ok());
    texts
        .flat_map(|t| t.split(','))
        .map(|t| t.trim().trim_matches('"').to_owned())
        .filter(|t| !t.is_empty())
        .collect()
}

/// The bytes of a file, for the description; the type says which.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct FileBytes(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// The tags the caller has already.
#[derive(Clone, Debug, Default)]
pub struct IfNoneMatch(Vec<String>);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self(tags(&parts.headers, header::IF_NONE_MATCH)))
    }
}

/// The tags that what is changed may have; `None` for `*`.
#[derive(Clone, Debug)]
pub struct IfMatch(pub Option<Vec<String>>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let found = tags(&parts.headers, header::IF_MATCH);
        if found.is_empty() {
            return Err(Code::PreconditionRequired.into());
        }
        let any = found.iter().any(|t| t == "*");
        Ok(Self((!any).then_some(found)))
    }
}

/// An answer with its tag; `304` if the caller has it already.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The status if it is sent.
    pub status: StatusCode,
    /// What it says.
    pub body: T,
    /// Its tag.
    pub tag: String,
    /// What the caller has.
    pub has: IfNoneMatch,
}

impl<T: Serialize> Tagged<T> {
    /// Something read; its tag is counted from it.
    ///
    /// # Errors
    /// As [`tag`].
    pub fn read(body: T, has: IfNoneMatch) -> Result<Self> {
        Ok(Self {
            status: StatusCode::OK,
            tag: tag(&body)?,
            body,
            has,
        })
    }

    /// Something written, with the tag it has now.
    pub fn written(status: StatusCode, body: T, tag: String) -> Self {
        Self {
            status,
            body,
            tag,
            has: IfNoneMatch::default(),
        }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = [(header::ETAG, quoted(&self.tag))];
        if self.has.0.iter().any(|t| *t == self.tag || t == "*") {
            return (StatusCode::NOT_MODIFIED, tag).into_response();
        }
        (self.status, tag, Json(self.body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_one_by_one_and_a_weak_one_equals_no_strong_one() {
        let mut headers = HeaderMap::new();
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"a\", W/\"b\""));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"c\""));
        assert_eq!(tags(&headers, header::IF_MATCH), ["a", "W/\"b", "c"]);
    }

    #[test]
    fn another_answer_has_another_tag() {
        assert_eq!(tag(&[1]).unwrap(), tag(&[1]).unwrap());
        assert_ne!(tag(&[1]).unwrap(), tag(&[2]).unwrap());
    }
}

//! Reading a request: bodies, queries and ids that answer in our own words when they cannot be read.
//!
//! Invariant: what cannot be read is `bad_request` (or `wrong_media_type`, `request_too_large`) with the place in the
//! detail, never axum's plain text.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use protocol::problem::Code;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{Error, Result};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// The query.
#[derive(Debug)]
pub struct Params<T>(pub T);

/// The id in the path.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub Uuid);

fn unreadable(rejection: &JsonRejection) -> Error {
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::WrongMediaType.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Code::RequestTooLarge.into(),
        _ => Error::because(Code::BadRequest, rejection.body_text()),
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(value)| Self(value))
            .map_err(|e| unreadable(&e))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(value)| Self(value))
            .map_err(|e| Error::because(Code::BadRequest, e.body_text()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let read = Path::<Uuid>::from_request_parts(parts, state).await;
        read.map(|Path(id)| Self(id))
            .map_err(|_| Code::NotFound.into())
    }
}

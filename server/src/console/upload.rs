//! A form with a file.
//!
//! Invariant: nothing of it is looked at before its token, which is the first field.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use protocol::problem::Code;

use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;

/// Longest text field, bytes.
const FIELD_BYTES: usize = 100_000;
/// Most fields.
const FIELDS: usize = 50;

/// The fields of a form with a file. Raise the route's `DefaultBodyLimit` to what a file may have.
#[derive(Debug, Default)]
pub struct Upload {
    /// Text fields.
    pub fields: HashMap<String, String>,
    /// Name as the browser sent it (never used as a path) and content of the file, if one was chosen.
    pub file: Option<(String, Bytes)>,
}

impl Upload {
    /// A text field, trimmed; empty if it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |v| v.trim())
    }
}

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Refusal {
    match error.status().as_u16() {
        413 => Refusal::new(Code::RequestTooLarge),
        _ => Refusal::new(Code::BadRequest),
    }
}

async fn text(field: Field<'_>) -> Result<String, Refusal> {
    let text = field.text().await.map_err(|e| unreadable(&e))?;
    if text.len() > FIELD_BYTES {
        return Err(Refusal::new(Code::RequestTooLarge));
    }
    Ok(text)
}

impl FromRequest<ConsoleState> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Refusal> {
        let user = request.extensions().get::<SignedIn>().cloned();
        let user = user.ok_or_else(|| Refusal::new(Code::Unauthorised))?;
        let parts = Multipart::from_request(request, state).await;
        let mut parts = parts.map_err(|_| Refusal::new(Code::BadRequest))?;
        let mut upload = Self::default();
        let mut checked = false;
        while let Some(field) = parts.next_field().await.map_err(|e| unreadable(&e))? {
            let name = field.name().unwrap_or_default().to_owned();
            if !checked {
                let token = if name == "csrf" {
                    text(field).await?
                } else {
                    String::new()
                };
                user.check_token(state, &token).await?;
                checked = true;
                continue;
            }
            if let Some(file_name) = field.file_name().map(str::to_owned) {
                let bytes = field.bytes().await.map_err(|e| unreadable(&e))?;
                if !file_name.is_empty() || !bytes.is_empty() {
                    upload.file = Some((file_name, bytes));
                }
            } else if upload.fields.len() < FIELDS {
                upload.fields.insert(name, text(field).await?);
            }
        }
        if !checked {
            user.check_token(state, "").await?;
        }
        Ok(upload)
    }
}

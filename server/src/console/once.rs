//! Forms that make something are done once, however often they are sent.
//!
//! Such a form carries a key of its page in the field `once`, which is kept as an `Idempotency-Key` is. Sent again, it leads
//! where the first one led; while the first still runs, the second waits for it. What was refused frees its key.
//! Invariant: of an answer that is a page (it may show a secret) only that there was one is kept, never the page.
//! Leaves out: forms that change something, which are refused as stale.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::chain::sha256;
use protocol::problem::Code;

use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::error::Result;
use crate::store::{KeptAnswer, KeyState};

/// How long a second sending waits for the first, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Digits of a key.
const DIGITS: usize = 32;

/// A form with its key.
pub struct Once {
    key: String,
    request: [u8; 32],
}

impl Once {
    /// Of a form's key and of all that was sent; none if it carries no key of ours.
    pub fn of(path: &str, key: &str, form: &[u8]) -> Option<Self> {
        let is_ours = key.len() == DIGITS && key.bytes().all(|b| b.is_ascii_hexdigit());
        is_ours.then(|| Self {
            // Every form of a page has its own: they share the page's key.
            key: format!("form {key} {}", &hex::encode(sha256(path.as_bytes()))[..16]),
            request: sha256(&[path.as_bytes(), b" ", form].concat()),
        })
    }

    /// The same of a form without a file; keys are hex and need no decoding.
    pub fn of_form(path: &str, form: &Bytes) -> Option<Self> {
        let pairs = form.split(|b| *b == b'&');
        let key = pairs.filter_map(|p| p.strip_prefix(b"once=")).next()?;
        Self::of(path, &String::from_utf8_lossy(key), form)
    }

    /// Runs the form, or answers as the first sending was answered.
    pub async fn run(
        self,
        state: &ConsoleState,
        user: &SignedIn,
        request: Request,
        next: Next,
    ) -> Response {
        match self.take(state, user).await {
            Ok(KeyState::Taken) => {}
            Ok(KeyState::Done(answer)) => return again(&answer),
            Ok(KeyState::Other) => return Refusal::new(Code::FormUsed).into_response(),
            Ok(KeyState::Running) => return Refusal::new(Code::FormBusy).into_response(),
            Err(error) => return Refusal::from(error).into_response(),
        }
        let response = next.run(request).await;
        let kept = match led_to(&response) {
            Some(answer) => {
                state
                    .app
                    .keep_answer(user.login.id, &self.key, answer)
                    .await
            }
            None => state.app.free_key(user.login.id, &self.key).await,
        };
        if let Err(error) = kept {
            tracing::error!(%error, "what a form led to could not be kept");
        }
        response
    }

    /// Takes the key, waiting while the same form is being done.
    async fn take(&self, state: &ConsoleState, user: &SignedIn) -> Result<KeyState> {
        let mut waited = Duration::ZERO;
        loop {
            let taken = state.app.take_key(user.login.id, &self.key, self.request);
            match taken.await? {
                KeyState::Running if waited < PATIENCE => {}
                other => return Ok(other),
            }
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
    }
}

/// What is kept of an answer: of a redirect where to, of a page nothing but that there was one; of a refusal nothing.
fn led_to(response: &Response) -> Option<KeptAnswer> {
    let status = response.status();
    let to = response.headers().get(header::LOCATION);
    (status.is_redirection() || status.is_success()).then(|| KeptAnswer {
        status: status.as_u16(),
        media: String::new(),
        tag: String::new(),
        body: to.map_or_else(Vec::new, |to| to.as_bytes().to_vec()),
    })
}

fn again(answer: &KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).ok();
    let to = HeaderValue::from_bytes(&answer.body).ok();
    match (status.filter(StatusCode::is_redirection), to) {
        (Some(status), Some(to)) => (status, [(header::LOCATION, to)]).into_response(),
        _ => Refusal::new(Code::FormUsed).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_of_ours_is_one_and_another_form_has_another_mark() {
        let key = "0123456789abcdef0123456789abcdef";
        let form =
            |text: &str| Once::of_form("/a", &Bytes::from(format!("csrf=1&once={text}&x=1")));
        assert!(form(key).is_some());
        for bad in ["", "00", "0123456789abcdef0123456789abcdeg"] {
            assert!(form(bad).is_none(), "{bad}");
        }
        assert!(Once::of_form("/a", &Bytes::from_static(b"csrf=1")).is_none());
        let mark = |path, text: &str| Once::of(path, key, text.as_bytes()).unwrap().request;
        assert_ne!(mark("/a", "x=1"), mark("/a", "x=2"));
        assert_ne!(mark("/a", "x=1"), mark("/b", "x=1"));
    }
}

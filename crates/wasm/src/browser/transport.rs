//! `Transport` over `fetch`.
//!
//! Invariant: no redirect is followed, no cookie is sent, nothing comes from a cache, no answer beyond the protocol's
//! limit is read. As with the phone's own transport a link that moves is not given up; one that is silent is. Leaves
//! out: retries.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use mobile_core::{
    Counters, Failure, Transport, TransportFuture, TransportRequest, TransportResponse, WaitFuture,
};
use protocol::limits;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestCache,
    RequestCredentials, RequestInit, RequestRedirect, Response, ResponseType,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(request: &Request) -> Promise;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, ms: f64) -> f64;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: f64);
}

/// For a connection and the next bytes of an answer, ms: what the phone's own transport waits.
const CONNECT_MS: f64 = 15_000.0;
const SILENCE_MS: f64 = 60_000.0;
/// A body may take as long as at this rate beside that, bytes a millisecond.
const SLOWEST: f64 = 2.0;
/// Stands for a redirect, whose own status the browser hides.
const REDIRECTED: u16 = 302;

/// The way to the server the app came from.
pub struct FetchTransport {
    base: String,
    requests: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
}

impl FetchTransport {
    /// To `base`, an origin without a slash at its end.
    pub fn new(base: String) -> Self {
        Self {
            base,
            requests: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
        }
    }

    async fn exchange(&self, request: TransportRequest) -> Result<TransportResponse, Failure> {
        let size = request.body.len();
        let patience = Patience::new().map_err(unreachable)?;
        let asked = self
            .request(request, &patience.abort)
            .map_err(unreachable)?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.sent_bytes.fetch_add(size as u64, Ordering::Relaxed);
        patience.wait(CONNECT_MS + SILENCE_MS + size as f64 / SLOWEST);
        let answer = JsFuture::from(fetch(&asked)).await;
        let answer: Response = answer
            .and_then(JsCast::dyn_into)
            .map_err(|e| patience.failure(e, Failure::Unreachable))?;
        if answer.type_() == ResponseType::Opaqueredirect {
            return Ok(TransportResponse {
                status: REDIRECTED,
                ..TransportResponse::default()
            });
        }
        let body = self.read(&answer, &patience).await?;
        Ok(TransportResponse {
            status: answer.status(),
            headers: pairs(&answer.headers()),
            body,
        })
    }

    fn request(&self, from: TransportRequest, abort: &AbortController) -> Result<Request, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in &from.headers {
            headers.set(name, value)?;
        }
        let init = RequestInit::new();
        init.set_method(from.method);
        init.set_headers(&headers);
        init.set_redirect(RequestRedirect::Manual);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(Some(&abort.signal()));
        if !from.body.is_empty() {
            init.set_body(&Uint8Array::from(from.body.as_slice()));
        }
        Request::new_with_str_and_init(&format!("{}{}", self.base, from.path), &init)
    }

    async fn read(&self, answer: &Response, patience: &Patience) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        let Some(stream) = answer.body() else {
            return Ok(body);
        };
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        loop {
            patience.wait(SILENCE_MS);
            let piece = JsFuture::from(reader.read()).await;
            let piece = piece.map_err(|e| patience.failure(e, Failure::Cut))?;
            let part = |name: &str| Reflect::get(&piece, &name.into()).unwrap_or_default();
            if part("done").is_truthy() {
                break;
            }
            let bytes = Uint8Array::new(&part("value")).to_vec();
            if body.len() + bytes.len() > limits::RESPONSE_BYTES {
                patience.abort.abort();
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&bytes);
        }
        self.received_bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        Ok(body)
    }
}

/// Gives a request up when it has been silent for too long.
struct Patience {
    abort: AbortController,
    /// Calls `abort`; kept as long as a timer may call it.
    then: Closure<dyn FnMut()>,
    timer: Cell<Option<f64>>,
    over: Rc<Cell<bool>>,
}

impl Patience {
    fn new() -> Result<Self, JsValue> {
        let (abort, over) = (AbortController::new()?, Rc::new(Cell::new(false)));
        let (its, told) = (abort.clone(), over.clone());
        let then = Closure::new(move || {
            told.set(true);
            its.abort();
        });
        let timer = Cell::new(None);
        Ok(Self {
            abort,
            then,
            timer,
            over,
        })
    }

    /// From now on so long.
    fn wait(&self, ms: f64) {
        let timer = set_timeout(self.then.as_ref().unchecked_ref(), ms);
        if let Some(before) = self.timer.replace(Some(timer)) {
            clear_timeout(before);
        }
    }

    fn failure(&self, error: JsValue, otherwise: fn(String) -> Failure) -> Failure {
        if self.over.get() {
            return Failure::Cut("nothing came for too long".into());
        }
        otherwise(words(&error))
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(timer);
        }
    }
}

fn pairs(headers: &Headers) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for pair in headers.entries().into_iter().flatten() {
        let pair = Array::from(&pair);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
            out.push((name, value));
        }
    }
    out
}

fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    let message = message.and_then(|m| m.as_string());
    message.unwrap_or_else(|| format!("{error:?}"))
}

fn unreachable(error: JsValue) -> Failure {
    Failure::Unreachable(words(&error))
}

impl Transport for FetchTransport {
    fn send(&self, request: TransportRequest) -> TransportFuture<'_> {
        Box::pin(self.exchange(request))
    }

    fn wait(&self, ms: u64) -> WaitFuture<'_> {
        let over = Promise::new(&mut |resolve, _| {
            set_timeout(&resolve, ms as f64);
        });
        Box::pin(async move {
            // A timer does not fail.
            let _ = JsFuture::from(over).await;
        })
    }

    fn counters(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
        }
    }
}

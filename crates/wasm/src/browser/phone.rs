//! The object that the worker calls.
//!
//! Invariant: the phone is borrowed only while a command or one step of a sync runs, never while something is waited
//! for, so that filling goes on during a sync. Leaves out: commands that wait for nothing (`commands`).

use std::cell::{Cell, RefCell};

use js_sys::{Array, Function};
use mobile_core::sync::{Engine, drive};
use mobile_core::{Error, PauseHandle, Progress, Refusal, Replica, SyncOptions, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::{Deserializer, Serializer};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

use super::ports::report_panics;
use super::storage::Storage;
use super::transport::FetchTransport;
use crate::commands::call;
use crate::face::{Face, Fault};
use crate::table::snake;

/// The owner of this worker's lease on syncing: it runs one at a time, and no other process has the phone.
const OWNER: i64 = 2;

/// The phone in its worker.
#[wasm_bindgen]
pub struct Phone {
    /// None once it was wiped and cannot be opened again.
    face: RefCell<Option<Face>>,
    storage: Storage,
    transport: FetchTransport,
    pause: RefCell<PauseHandle>,
    syncing: Cell<bool>,
}

#[wasm_bindgen]
impl Phone {
    /// Opens the phone in OPFS, or a new one. `origin`: the server's. `install_id`: 16 bytes kept beside the database.
    ///
    /// # Errors
    /// A `Fault`: `storage`, `database_newer`, `database_corrupt` …
    pub async fn open(origin: String, install_id: &[u8]) -> Result<Phone, JsValue> {
        report_panics();
        let id = <[u8; 16]>::try_from(install_id);
        let id = id.map_err(|e| js(Fault::bad_argument("open", e)))?;
        let storage = Storage::take(id).await.map_err(js)?;
        let phone = storage.open().map_err(js)?;
        Ok(Phone {
            pause: RefCell::new(phone.pause_handle()),
            face: RefCell::new(Some(Face { phone, plan: None })),
            storage,
            transport: FetchTransport::new(origin),
            syncing: Cell::new(false),
        })
    }

    /// Does a command that waits for nothing. `id` is a UUID; `args` a list.
    ///
    /// # Errors
    /// A `Fault`.
    pub fn call(&self, id: &str, name: &str, args: &Array) -> Result<JsValue, JsValue> {
        let id = command_id(id).map_err(js)?;
        let args: JsValue = match args.length() {
            0 => JsValue::NULL,
            _ => args.into(),
        };
        let mut face = self.face.borrow_mut();
        let face = face.as_mut().ok_or_else(|| js(Fault::closed()))?;
        call(face, id, &snake(name), Deserializer::from(args), &answers()).map_err(js)
    }

    /// Redeems a one-time code.
    ///
    /// # Errors
    /// A `Fault`.
    pub async fn enrol(&self, id: String, code: String, name: String) -> Result<JsValue, JsValue> {
        let id = command_id(&id).map_err(js)?;
        if let Some(before) = self
            .with(|p| p.done::<mobile_core::Identity>(id))
            .map_err(js)?
        {
            return out(&before);
        }
        let request = self.with(|p| p.enrol_request(&code, &name)).map_err(js)?;
        let answer = self.transport.send(request).await;
        let answer = answer.map_err(|e| js(Error::from(e).into()))?;
        let identity = self.with(|p| p.once(id, |p| p.enrol_answer(&answer, &name)));
        out(&identity.map_err(js)?)
    }

    /// Syncs; `progress` is called with each `Progress`.
    ///
    /// # Errors
    /// A `Fault`; `sync_running` while one runs.
    pub async fn sync(&self, options: JsValue, progress: Function) -> Result<JsValue, JsValue> {
        let options: SyncOptions = input("sync", options).map_err(js)?;
        if self.syncing.replace(true) {
            return Err(js(Error::from(Refusal::SyncRunning).into()));
        }
        let mut engine = Engine::new(options, OWNER);
        let step = |input| match self.face.borrow_mut().as_mut() {
            Some(face) => engine.step(&mut face.phone, input),
            // Wiped meanwhile: the driver ends at a step that wants nothing.
            None => Vec::new(),
        };
        let mut tell = |how_far: Progress| {
            if let Ok(said) = out(&how_far) {
                // Whoever watches must not stop the sync.
                let _ = progress.call1(&JsValue::NULL, &said);
            }
        };
        let done = drive(step, &self.transport, &mut tell).await;
        self.syncing.set(false);
        out(&done.map_err(|e| js(e.into()))?)
    }

    /// Asks a running sync to stop.
    #[wasm_bindgen(js_name = pauseSync)]
    pub fn pause_sync(&self) {
        self.pause.borrow().pause();
    }

    /// Removes everything of this phone; afterwards it is a new one.
    ///
    /// # Errors
    /// A `Fault`; then nothing was removed.
    pub fn wipe(&self) -> Result<(), JsValue> {
        let face = self.face.borrow_mut().take();
        let face = face.ok_or_else(|| js(Fault::closed()))?;
        let wiped = face.phone.wipe().map_err(|e| js(e.into()));
        if wiped.is_ok() {
            self.storage.clear().map_err(js)?;
        }
        let phone = self.storage.open().map_err(js)?;
        *self.pause.borrow_mut() = phone.pause_handle();
        *self.face.borrow_mut() = Some(Face { phone, plan: None });
        wiped
    }
}

impl Phone {
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Replica) -> mobile_core::Result<T>,
    ) -> Result<T, Fault> {
        match self.face.borrow_mut().as_mut() {
            Some(face) => Ok(work(&mut face.phone)?),
            None => Err(Fault::closed()),
        }
    }
}

fn command_id(text: &str) -> Result<Uuid, Fault> {
    Uuid::try_parse(text).map_err(|e| Fault::bad_argument("id", e))
}

fn input<T: DeserializeOwned>(name: &str, value: JsValue) -> Result<T, Fault> {
    serde_wasm_bindgen::from_value(value).map_err(|e| Fault::bad_argument(name, e))
}

/// Maps as plain objects, nothing as `null`, bytes as `Uint8Array`.
fn answers() -> Serializer {
    Serializer::json_compatible().serialize_bytes_as_arrays(false)
}

fn out<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let value = value.serialize(&answers());
    value.map_err(|e| js(Fault::bad_answer("answer", e)))
}

fn js(fault: Fault) -> JsValue {
    // A fault is text and lists of text, which always cross.
    fault.serialize(&answers()).unwrap_or(JsValue::NULL)
}

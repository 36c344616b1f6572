//! Keys of requests that are done once (`routes::idempotency`).

use uuid::Uuid;

use super::App;
use crate::error::Result;
use crate::store::{KeptAnswer, KeyState};

impl App {
    pub(crate) async fn take_key(
        &self,
        login: Uuid,
        key: &str,
        request: [u8; 32],
    ) -> Result<KeyState> {
        let key = key.to_owned();
        self.write(move |tx, ctx| tx.take_key(login, &key, request, ctx.now_ms))
            .await
    }

    pub(crate) async fn keep_answer(
        &self,
        login: Uuid,
        key: &str,
        answer: KeptAnswer,
    ) -> Result<()> {
        let key = key.to_owned();
        self.write(move |tx, _| tx.keep_answer(login, &key, &answer))
            .await
    }

    pub(crate) async fn free_key(&self, login: Uuid, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.write(move |tx, _| tx.free_key(login, &key)).await
    }
}

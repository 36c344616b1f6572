//! A supervisor at the office, over HTTP: set-up, sign-in, settling, locking.
//!
//! Invariant: what is decided names exactly what the server showed. Leaves out: the pages (`/console`).

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

/// A signed-in person.
pub struct Desk {
    client: Client,
    base: String,
    token: String,
}

impl Desk {
    /// Makes a login from a one-time secret and signs it in.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn set_up(base: &str, secret: &str, user: &str, password: &str) -> Result<Self> {
        let client = Client::builder()
            .timeout(Duration::from_secs(120))
            .no_proxy()
            .build()?;
        let desk = Self {
            client,
            base: base.to_owned(),
            token: String::new(),
        };
        let login = json!({"secret": secret, "user_name": user, "password": password});
        desk.ask(Method::POST, "/api/v1/setup", Some(login)).await?;
        desk.signed_in(user, password).await
    }

    /// Signs in again, e.g. after the server was started anew.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn sign_in(base: &str, user: &str, password: &str) -> Result<Self> {
        let client = Client::builder()
            .timeout(Duration::from_secs(120))
            .no_proxy()
            .build()?;
        let desk = Self {
            client,
            base: base.to_owned(),
            token: String::new(),
        };
        desk.signed_in(user, password).await
    }

    async fn signed_in(mut self, user: &str, password: &str) -> Result<Self> {
        let login = json!({"user_name": user, "password": password});
        let answer = self
            .ask(Method::POST, "/api/v1/session", Some(login))
            .await?;
        self.token = answer["token"].as_str().context("no token")?.to_owned();
        Ok(self)
    }

    /// Invites somebody of a role; the one-time secret.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn invite(&self, role: &str) -> Result<String> {
        let answer = self
            .ask(Method::POST, "/api/v1/logins", Some(json!({"role": role})))
            .await?;
        Ok(answer["secret"].as_str().context("no secret")?.to_owned())
    }

    /// Fields with competing values.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn conflicts(&self) -> Result<Vec<Value>> {
        self.whole("/api/v1/conflicts").await
    }

    /// Settles a field by taking the first of the values shown.
    ///
    /// # Errors
    /// If the server refuses, e.g. because another value arrived meanwhile.
    pub async fn settle(&self, conflict: &Value, reason: &str) -> Result<()> {
        let record = conflict["record"]
            .as_str()
            .context("a conflict without record")?;
        let values = conflict["values"]
            .as_array()
            .context("a conflict without values")?;
        let shown: Vec<&str> = values.iter().filter_map(|v| v["dot"].as_str()).collect();
        let take = shown.first().context("nothing to choose from")?;
        let field = &conflict["field"];
        let order = json!({"field": field, "shown": shown, "take": take, "reason": reason});
        let path = format!("/api/v1/records/{record}/settle");
        self.ask(Method::POST, &path, Some(order)).await?;
        Ok(())
    }

    /// Locks a group, having seen what is missing; what the server says of the lock.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn lock(&self, group: Uuid, reason: &str) -> Result<Value> {
        let path = format!("/api/v1/groups/{group}/lock");
        let check = self.ask(Method::GET, &path, None).await?;
        let order = json!({"shown": check["shown"], "reason": reason});
        self.ask(Method::POST, &path, Some(order)).await
    }

    /// What waits for a decision.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn held(&self) -> Result<Vec<Value>> {
        self.whole("/api/v1/held").await
    }

    /// Every page of a list.
    async fn whole(&self, path: &str) -> Result<Vec<Value>> {
        let (mut rows, mut from) = (Vec::new(), String::new());
        loop {
            let page = format!("{path}?limit=200{from}");
            let page = self.ask(Method::GET, &page, None).await?;
            let items = page["items"].as_array().context("no list")?;
            rows.extend(items.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => from = format!("&cursor={next}"),
                None => return Ok(rows),
            }
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| path.to_owned())?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("{path}: no JSON"))
    }
}

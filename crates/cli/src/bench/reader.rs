//! A login of the supervision office that reads over HTTP: interface by token, pages by session.
//!
//! Invariant: rights are asked and the audit written as for anybody. Leaves out: what is read and how long it took.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::{Client, Response, StatusCode, header, redirect};
use serde_json::{Value, json};

use super::local::Local;

/// Everybody's password.
pub const PASSWORD: &str = "Bench-2026-export";
const NAME: &str = "office";

/// Somebody of the supervision office, over HTTP.
#[derive(Clone)]
pub struct Reader {
    client: Client,
    url: String,
    /// The administrator's token.
    admin: String,
    token: String,
    /// All cookies of the last sign-in.
    cookie: String,
}

impl Reader {
    /// Makes the first login and one of the supervision office, and signs in as that.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn sign_in(server: &Local) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()?;
        let mut reader = Self {
            client,
            url: server.url.clone(),
            admin: String::new(),
            token: String::new(),
            cookie: String::new(),
        };
        let secret = server.app.setup_secret().context("no set-up secret")?;
        reader.set_up(&secret, "admin").await?;
        reader.admin = reader.session("admin").await?;
        reader.add(NAME).await?;
        reader.token = reader.session(NAME).await?;
        let answer = reader.sign_in_by_form("").await?;
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.filter_map(|c| c.to_str().ok()?.split(';').next());
        reader.cookie = cookies.collect::<Vec<_>>().join("; ");
        Ok(reader)
    }

    async fn sign_in_by_form(&self, cookie: &str) -> Result<Response> {
        let request = self
            .client
            .post(format!("{}/sign-in", self.url))
            .header(header::ORIGIN, &self.url)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("user_name={NAME}&password={PASSWORD}"));
        Ok(request.send().await?)
    }

    /// Signs in once more, from the own browser or from one that nobody knows; none if it is refused.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn sign_in_again(&self, known: bool) -> Result<Option<Duration>> {
        let began = Instant::now();
        let cookie = if known { self.cookie.as_str() } else { "" };
        let answer = self.sign_in_by_form(cookie).await?;
        let done = answer.status() == StatusCode::SEE_OTHER;
        answer.bytes().await?;
        Ok(done.then(|| began.elapsed()))
    }

    /// Makes a login of the supervision office with [`PASSWORD`].
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn add(&self, user: &str) -> Result<()> {
        let role = json!({"role": "supervisor"});
        let invited = self.post("/api/v1/logins", role).await?;
        let secret = invited["secret"].as_str().context("no secret")?;
        self.set_up(secret, user).await
    }

    async fn set_up(&self, secret: &str, user: &str) -> Result<()> {
        let login = json!({"secret": secret, "user_name": user, "password": PASSWORD});
        self.post("/api/v1/setup", login).await.map(drop)
    }

    async fn session(&self, user: &str) -> Result<String> {
        let login = json!({"user_name": user, "password": PASSWORD});
        let session = self.post("/api/v1/session", login).await?;
        Ok(session["token"].as_str().context("no token")?.to_owned())
    }

    /// The token of somebody of the supervision office.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// As the administrator.
    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.admin)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// The body of an answer of success.
    ///
    /// # Errors
    /// Any other answer.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>> {
        Ok(self.timed(path).await?.0)
    }

    /// The body of an answer of success, and how long it took. Who asks too often waits as told, and asks again.
    ///
    /// # Errors
    /// Any other answer.
    pub async fn timed(&self, path: &str) -> Result<(Vec<u8>, Duration)> {
        loop {
            let request = self
                .client
                .get(format!("{}{path}", self.url))
                .bearer_auth(&self.token)
                .header(header::COOKIE, &self.cookie);
            let began = Instant::now();
            let answer = request.send().await?;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                let wait = answer.headers().get(header::RETRY_AFTER);
                let wait = wait.and_then(|w| w.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1))).await;
                continue;
            }
            let body = answer.error_for_status()?.bytes().await?;
            return Ok((body.to_vec(), began.elapsed()));
        }
    }
}

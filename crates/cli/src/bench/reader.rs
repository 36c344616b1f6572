//! A login of the supervision office that reads over HTTP: interface by token, pages by session.
//!
//! Invariant: rights are asked and the audit written as for anybody. Leaves out: what is read and how long it took.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::{Client, StatusCode, header, redirect};
use serde_json::{Value, json};

use super::local::Local;

const PASSWORD: &str = "Bench-2026-export";

/// Somebody of the supervision office, over HTTP.
pub struct Reader {
    client: Client,
    url: String,
    token: String,
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
            token: String::new(),
            cookie: String::new(),
        };
        let secret = server.app.setup_secret().context("no set-up secret")?;
        reader.login(&secret, "admin").await?;
        let invited = reader
            .post("/api/v1/logins", json!({"role": "supervisor"}))
            .await?;
        let secret = invited["secret"].as_str().context("no secret")?.to_owned();
        reader.login(&secret, "office").await?;
        let form = format!("user_name=office&password={PASSWORD}");
        let request = reader
            .client
            .post(format!("{}/sign-in", reader.url))
            .header(header::ORIGIN, &reader.url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await?;
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        let mut cookies = cookies.filter_map(|c| c.to_str().ok());
        let cookie = cookies.find(|c| c.starts_with("guanmo_session="));
        let cookie = cookie.context("no session")?;
        reader.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(reader)
    }

    async fn login(&mut self, secret: &str, user: &str) -> Result<()> {
        let login = json!({"secret": secret, "user_name": user, "password": PASSWORD});
        self.post("/api/v1/setup", login).await?;
        let login = json!({"user_name": user, "password": PASSWORD});
        let session = self.post("/api/v1/session", login).await?;
        self.token = session["token"].as_str().context("no token")?.to_owned();
        Ok(())
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
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

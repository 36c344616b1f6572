//! Threat T21: ten thousand tries to sign in from a hundred addresses, over real connections, with the hashes that ship.
//!
//! Left out: how long an honest sign-in takes meanwhile (`guanmo bench attack`).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;

use server::auth::types::{Grant, Login, SetUp};
use server::auth::{Auth, Role};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use crate::county::County;

const PASSWORD: &str = "Observe-2026";
const SOURCES: u8 = 100;
/// In each of four bursts, a quarter of an hour apart.
const TRIES: usize = 25;
const QUARTER_MS: i64 = 15 * 60_000;

/// One connection from an address of its own.
struct Source {
    stream: BufReader<TcpStream>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Source {
    async fn from(last: u8, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Other systems have but one address of their own that needs no set-up.
        if cfg!(target_os = "linux") {
            let own = Ipv4Addr::new(127, 0, 1, last);
            socket.bind((own, 0).into()).unwrap();
        }
        let stream = BufReader::new(socket.connect(to).await.unwrap());
        Self { stream }
    }

    async fn post(&mut self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: guanmo\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                self.stream.read_line(&mut head).await.unwrap() > 0,
                "{head}"
            );
        }
        let head = head.to_lowercase();
        let of = |name: &str| head.split(&format!("\r\n{name}: ")).nth(1);
        let length = of("content-length").and_then(|rest| rest.split('\r').next());
        let mut body = vec![0; length.map_or(0, |n| n.parse().unwrap())];
        self.stream.read_exact(&mut body).await.unwrap();
        Answer {
            status: head[9..12].parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        }
    }

    async fn token(&mut self, name: &str, password: &str) -> Answer {
        let body = format!(r#"{{"user_name":"{name}","password":"{password}"}}"#);
        let kind = "content-type: application/json\r\n";
        self.post("/api/v1/session", kind, &body).await
    }

    /// By the page, from a browser with this cookie.
    async fn page(&mut self, name: &str, cookie: &str) -> Answer {
        let headers = format!(
            "origin: http://guanmo\r\ncookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        );
        let body = format!("user_name={name}&password={PASSWORD}");
        self.post("/sign-in", &headers, &body).await
    }
}

async fn login(auth: &Auth, by: &Login, name: &str) {
    let (secret, _) = auth
        .invite(by, Grant::of(Role::Supervisor), None)
        .await
        .unwrap();
    let made = auth.set_up(&secret, name, PASSWORD.to_owned()).await;
    assert!(matches!(made, Ok(SetUp::Done(_))), "{made:?}");
}

/// A burst from every source at once; the statuses of the answers.
async fn burst(sources: Vec<Source>, name: &'static str) -> (Vec<Source>, Vec<u16>) {
    let tasks: Vec<_> = sources
        .into_iter()
        .map(|mut source| {
            tokio::spawn(async move {
                let mut seen = Vec::new();
                for no in 0..TRIES {
                    let answer = source.token(name, &format!("Wrong-2026-{no}")).await;
                    let must_wait = answer.head.contains("\r\nretry-after: ");
                    assert_eq!(answer.status != 401, must_wait, "{}", answer.head);
                    seen.push(answer.status);
                }
                (source, seen)
            })
        })
        .collect();
    let (mut back, mut all) = (Vec::new(), Vec::new());
    for task in tasks {
        let (source, seen) = task.await.unwrap();
        back.push(source);
        all.extend(seen);
    }
    (back, all)
}

#[tokio::test]
async fn ten_thousand_tries_from_a_hundred_addresses_check_twenty_passwords_an_hour() {
    let county = County::start(1).await;
    let (app, to) = (county.app().clone(), county.app().config().listen);
    let auth = app.auth();
    let secret = app.setup_secret().unwrap();
    let Ok(SetUp::Done(admin)) = auth.set_up(&secret, "admin", PASSWORD.to_owned()).await else {
        panic!("no administrator");
    };
    login(auth, &admin, "victim").await;
    login(auth, &admin, "neighbour").await;
    // The victim's own browser, and a colleague's that is new behind the same address as an attacker.
    let mut own = Source::from(200, to).await;
    let first = own.page("victim", "").await;
    assert_eq!(first.status, 303, "{}", first.body);
    let known = first.head.split("guanmo_known=").nth(1).unwrap();
    let known = format!("guanmo_known={}", known.split(';').next().unwrap());
    let mut sources = Vec::new();
    for last in 1..=SOURCES {
        sources.push(Source::from(last, to).await);
    }
    let began = county.clock.load(Ordering::Relaxed);
    let (before, mut answers, mut honest) = (auth.password_checks(), Vec::new(), 0);
    for quarter in 0..4 {
        if quarter > 0 {
            county.clock.fetch_add(QUARTER_MS, Ordering::Relaxed);
        }
        let attack = burst(std::mem::take(&mut sources), "victim");
        let people = async {
            let mine = own.page("victim", &known).await;
            assert_eq!(mine.status, 303, "{}", mine.body);
        };
        let ((back, seen), ()) = tokio::join!(attack, people);
        sources = back;
        answers.extend(seen);
        // While the name is locked, whoever stands behind an attacker's address signs in under another one.
        let theirs = sources[0].token("neighbour", PASSWORD).await;
        assert_eq!(theirs.status, 200, "{}", theirs.body);
        honest += 2;
        // The victim's password from elsewhere opens nothing now.
        let locked = sources[1].token("victim", PASSWORD).await;
        assert_eq!(locked.status, 429, "{}", locked.body);
    }
    let took_ms = county.clock.load(Ordering::Relaxed) - began;
    assert!(took_ms < 4 * QUARTER_MS, "within one hour: {took_ms} ms");
    assert_eq!(answers.len(), 10_000);
    let checked = answers.iter().filter(|s| **s == 401).count() as u64;
    assert_eq!(auth.password_checks() - before, checked + honest);
    assert_eq!(checked, 20);
    assert!(answers.iter().all(|s| matches!(s, 401 | 429 | 503)));
}

//! Threat T5 on a real server with TLS: the cookies of a computer that several people use.
//!
//! Leaves out: how long a session lasts (the server's tests), what the browser keeps (`tests/browser`).

mod common;

use std::path::Path;
use std::time::Duration;

use common::guanmo;
use common::serving::Logged;
use reqwest::header::{HeaderMap, SET_COOKIE};

const PASSWORD: &str = "Observe-2026";

/// Sets up the first login and signs in; the headers of the answer, and of a page looked at with its cookie.
fn sign_in(server: &Logged, ca: Option<&Path>) -> (HeaderMap, HeaderMap) {
    let mut client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30));
    if let Some(ca) = ca {
        let pem = std::fs::read(ca).unwrap();
        client = client.tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()]);
    }
    let (client, url) = (client.build().unwrap(), server.url());
    let secret = server.said["setup_secret"].as_str().unwrap();
    let post = async |path: &str, form: String| {
        let request = client.post(format!("{url}{path}")).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.header("origin", &url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303);
        answer.headers().clone()
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let form = format!("secret={secret}&user_name=guanli&password={PASSWORD}&again={PASSWORD}");
        post("/setup", form).await;
        let signed_in = post("/sign-in", format!("user_name=guanli&password={PASSWORD}")).await;
        let cookie = cookies(&signed_in)[0].split(';').next().unwrap().to_owned();
        let page = client.get(format!("{url}/console/system"));
        let page = page.header("cookie", cookie).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200);
        (signed_in, page.headers().clone())
    })
}

/// The session's cookie first.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(SET_COOKIE).iter();
    let mut all: Vec<String> = all.map(|v| v.to_str().unwrap().to_owned()).collect();
    all.sort_by_key(|c| !c.contains("guanmo_session="));
    all
}

fn has(cookie: &str, attribute: &str) -> bool {
    cookie.split("; ").any(|a| a == attribute)
}

#[test]
fn over_tls_the_cookies_stay_with_this_host_and_with_tls() {
    let dir = tempfile::tempdir().unwrap();
    let (certs, data) = (dir.path().join("c"), dir.path().join("data"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let made = guanmo(&["cert", "new", "--to", &text(&certs), "127.0.0.1"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let (data, cert) = (text(&data), text(&certs.join("server.pem")));
    let key = text(&certs.join("server-key.pem"));
    let args = ["--data", &data, "--tls-cert", &cert, "--tls-key", &key];
    let server = Logged::start(&dir.path().join("log"), &args, &[]);
    let (signed_in, page) = sign_in(&server, Some(&certs.join("ca.pem")));
    let cookies = cookies(&signed_in);
    assert_eq!(cookies.len(), 2);
    // What the browser demands of the name: Secure, the whole host, no domain.
    assert!(
        cookies[0].starts_with("__Host-guanmo_session="),
        "{cookies:?}"
    );
    assert!(
        has(&cookies[0], "Path=/") && !cookies[0].contains("Domain"),
        "{cookies:?}"
    );
    for cookie in &cookies {
        assert!(
            has(cookie, "Secure") && has(cookie, "HttpOnly"),
            "{cookies:?}"
        );
        assert!(cookie.contains("SameSite="), "{cookies:?}");
    }
    assert_eq!(page["cache-control"], "no-store");
    assert!(page.contains_key("strict-transport-security"));
}

/// The control: without TLS a browser would throw such a cookie away, so it has another name.
#[test]
fn without_tls_the_cookie_does_not_claim_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let args = ["--data", data.to_str().unwrap()];
    let server = Logged::start(&dir.path().join("log"), &args, &[]);
    let (signed_in, page) = sign_in(&server, None);
    let cookies = cookies(&signed_in);
    assert!(cookies[0].starts_with("guanmo_session="), "{cookies:?}");
    assert!(has(&cookies[0], "HttpOnly") && !has(&cookies[0], "Secure"));
    assert_eq!(page["cache-control"], "no-store");
}

//! What must never be in a log: passwords, tokens, codes, names of people, what was written about a household.
//!
//! Leaves out: what else is logged.

mod common;

use std::path::Path;
use std::time::Duration;

use common::serving::Logged;
use common::tour::Tour;
use common::{guanmo, logs};

const PASSWORD: &str = "Kanarie-Passwort-7731";
const PERSON: &str = "金丝雀人员7732";
const NOTE: &str = "户主金丝雀7733的院子";
const USER: &str = "kanarie_user_7734";
const SEARCHED: &str = "kanarie-suche-7735";

/// Sets up a login, signs in rightly and wrongly, reads with the token; the token.
async fn office(url: &str, secret: &str) -> String {
    let jar = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let form = |fields: &[(&str, &str)]| {
        let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join("&")
    };
    let post = async |path: &str, body: String, kind: &str| {
        let request = jar.post(format!("{url}{path}")).body(body);
        let request = request.header("content-type", kind).header("origin", url);
        request.send().await.unwrap()
    };
    let kind = "application/x-www-form-urlencoded";
    let fields = [
        ("secret", secret),
        ("user_name", USER),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    let made = post("/setup", form(&fields), kind).await;
    assert!(made.status().is_redirection(), "{}", made.status());
    let body = |password: &str| serde_json::json!({"user_name": USER, "password": password});
    let wrong = body(&format!("{PASSWORD}x")).to_string();
    let refused = post("/api/v1/session", wrong, "application/json").await;
    assert_eq!(refused.status().as_u16(), 401);
    let signed_in = post(
        "/api/v1/session",
        body(PASSWORD).to_string(),
        "application/json",
    )
    .await;
    assert!(signed_in.status().is_success());
    let answer: serde_json::Value = signed_in.json().await.unwrap();
    let token = answer["token"].as_str().unwrap().to_owned();
    for path in [
        "/api/v1/system".to_owned(),
        format!("/api/v1/records?q={SEARCHED}"),
        format!("/console/records?q={SEARCHED}"),
        format!("/no/such/{SEARCHED}"),
    ] {
        let asked = jar.get(format!("{url}{path}")).bearer_auth(&token);
        asked.send().await.unwrap();
    }
    token
}

/// A phone that enrols with the code, writes a note and syncs.
fn phone(dir: &Path, url: &str, code: &str) {
    let run = |args: &[&str]| {
        let run = guanmo(&[&["device", "--phone", dir.to_str().unwrap()], args].concat());
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.stdout
    };
    run(&["enrol", "--server", url, "--code", code, "--name", PERSON]);
    run(&["sync"]);
    let sites: serde_json::Value = serde_json::from_str(&run(&["sites", "--json"])).unwrap();
    let site = sites.to_string();
    assert!(site.contains("沙岗村"));
    run(&["open", "沙岗村"]);
    run(&[
        "issue",
        "--category",
        "exposed_garbage",
        "--description",
        NOTE,
        "--site",
        "沙岗村",
    ]);
    run(&["sync"]);
}

const LOG: (&str, &str) = ("GUANMO_LOG", logs::EVERYTHING);

fn hits<'a>(told: &str, canaries: &[&'a str]) -> Vec<&'a str> {
    let found = canaries.iter().filter(|c| told.contains(**c));
    found.copied().collect()
}

/// The control of what every server's log is looked over for.
#[test]
fn what_must_not_be_logged_is_seen_where_it_is() {
    assert_eq!(logs::found("INFO request route=/x 6f1e"), [""; 0]);
    logs::never("CODE-7736");
    for bad in ["观摩员07", "Bearer abc", "CODE-7736", &"0a".repeat(32)] {
        assert_eq!(logs::found(&format!("INFO {bad} x")).len(), 1, "{bad}");
    }
}

#[test]
fn nothing_of_a_sign_in_is_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let args = ["--data", data.to_str().unwrap()];
    let server = Logged::start(&dir.path().join("log"), &args, &[LOG]);
    let secret = server.said["setup_secret"].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let token = runtime.block_on(office(&server.url(), &secret));
    let told = server.log();
    let canaries = [PASSWORD, USER, SEARCHED, &secret, &token];
    assert_eq!(hits(&told, &canaries), [""; 0]);
    // The control: the requests are there, by the pattern of their route.
    for route in ["/setup", "/api/v1/session", "/api/v1/records"] {
        assert!(told.contains(route), "{route}: {told}");
    }
}

#[test]
fn nothing_of_a_person_or_a_household_is_in_the_log() {
    let people =
        format!("姓名,角色,组别,所在单位代码\r\n{PERSON},观摩员,1,\r\n观摩员03,观摩员,2,\r\n");
    let tour = Tour::started_with(&people);
    let (data, code) = (tour.data(), tour.code(PERSON));
    let args = ["--data", data.to_str().unwrap(), "--log-format", "json"];
    let server = Logged::start(&tour.path("log"), &args, &[LOG]);
    phone(&tour.path("phone"), &server.url(), &code);
    let told = server.log();
    assert_eq!(hits(&told, &[PERSON, NOTE, &code]), [""; 0]);
    // The control: its requests are there, each a line of JSON with what may be told.
    let lines: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["message"] == "request")
        .collect();
    let of = |route: &str| lines.iter().filter(|l| l["route"] == route).count();
    assert!(
        of("/api/v1/enrol") == 1 && of("/api/v1/sync") >= 2,
        "{told}"
    );
    for line in lines {
        assert!(line["ms"].as_f64().unwrap() > 0.0);
        assert_eq!(line["request_id"].as_str().unwrap().len(), 36);
    }
}

//! A forgotten PIN: the office resets it over its interface, and what the phone holds is still there and syncs.

use mobile_core::PinState;
use serde_json::{Value as Json, json};

use crate::county::{County, Phone};

const PIN: &str = "293847";
const PASSWORD: &str = "Observe-2026";

/// Somebody at the office, by the interface of the running server.
struct Desk {
    client: reqwest::Client,
    url: String,
    bearer: String,
}

impl Desk {
    /// The first administrator, made from the secret of the first start.
    async fn open(county: &County) -> Self {
        let mut desk = Self {
            client: reqwest::Client::new(),
            url: county.url().to_owned(),
            bearer: String::new(),
        };
        let secret = county.app().setup_secret().unwrap();
        let login = json!({"secret": secret, "user_name": "guanli", "password": PASSWORD});
        desk.post("/api/v1/setup", login).await;
        let login = json!({"user_name": "guanli", "password": PASSWORD});
        let session = desk.post("/api/v1/session", login).await;
        desk.bearer = session["token"].as_str().unwrap().to_owned();
        desk
    }

    async fn post(&self, path: &str, body: Json) -> Json {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.bearer);
        let request = request.header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn try_pin(phone: &mut Phone, pin: &str) -> String {
    match phone.replica.unlock(pin) {
        Ok(()) => "open".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[tokio::test]
async fn a_forgotten_pin_is_reset_by_the_office_and_nothing_on_the_phone_is_lost() {
    let mut county = County::start(2).await;
    let desk = Desk::open(&county).await;
    let mut phone = county.phone(0).await;
    let mut other = county.phone(1).await;
    let sites = phone.sites();
    let sheets = [
        phone.fill(&sites[0], 0, true),
        phone.fill(&sites[1], 5_000, true),
        phone.fill(&sites[2], 0, false),
    ];
    let held: Vec<_> = sheets.map(|id| phone.replica.sheet(id).unwrap()).into();
    let unsent = phone.replica.status().unwrap().unsent_changes;
    assert!(unsent > 20, "{unsent}");
    phone.replica.set_pin(PIN).unwrap();
    let mut phone = phone.reopen();
    let tries: Vec<_> = (0..6).map(|_| try_pin(&mut phone, "293848")).collect();
    assert_eq!(tries[..5], ["pin_wrong"; 5]);
    // Now even the right one has to wait: this phone is locked.
    assert_eq!(try_pin(&mut phone, PIN), "pin_wait");
    let sheets_at_office = "SELECT count(*) FROM entries WHERE kind = 'sheet'";
    assert_eq!(county.count(sheets_at_office), 0);

    // What it holds goes on syncing meanwhile, but nothing shows.
    let device = phone.replica.identity().unwrap().device;
    let path = format!("/api/v1/devices/{device}/reset-pin");
    desk.post(&path, json!({"reason": "忘记 PIN"})).await;
    let refused = phone.replica.set_pin("558013").unwrap_err();
    assert_eq!(
        refused.code(),
        "pin_locked",
        "before its next contact nothing changes"
    );
    let report = county.sync(&mut phone).await;
    assert!(report.agreed.agreed && report.pushed_changes >= unsent);
    assert_eq!(phone.replica.pin_state().unwrap(), PinState::MustSet);
    let sealed = phone.replica.sheet(sheets[0]).unwrap_err();
    assert_eq!(sealed.code(), "pin_locked", "a reset alone opens nothing");
    phone.replica.set_pin("558013").unwrap();

    for before in &held {
        assert_eq!(phone.replica.sheet(before.id).unwrap(), *before);
    }
    assert_eq!(phone.replica.status().unwrap().unsent_changes, 0);
    assert_eq!(county.count(sheets_at_office), 3);
    let submitted = "SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'";
    assert_eq!(county.count(submitted), 2);
    phone.replica.submit(sheets[2]).unwrap();
    county.sync(&mut phone).await;
    assert_eq!(county.count(submitted), 3);

    // The old PIN is gone, the new one holds, and another phone was not touched.
    let mut phone = phone.reopen();
    assert_eq!(try_pin(&mut phone, PIN), "pin_wrong");
    assert_eq!(try_pin(&mut phone, "558013"), "open");
    county.sync(&mut other).await;
    assert_eq!(other.replica.pin_state().unwrap(), PinState::None);
    let audited = "SELECT count(*) FROM audit_entries WHERE action = 'reset_pin' AND ok = 1";
    assert_eq!(county.count(audited), 1);
}

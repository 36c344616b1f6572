//! The console over HTTP requests: real database, real sessions, a tour with something of everything.

mod accounts;
mod bundles;
mod desk;
mod forms;
mod households;
mod imports;
mod once;
mod pages;
mod prepare;
mod second_factor;
mod settings;

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use merge::Value;
use tower::ServiceExt;
use uuid::Uuid;

use crate::auth::Role;
use crate::auth::types::Grant;
use crate::routes::router;
use crate::testing::{Office, PASSWORD, supervisor};

/// A console on a server of its own.
struct Console {
    office: Office,
    router: Router,
}

/// What a request was answered.
struct Answer {
    status: StatusCode,
    location: String,
    cookies: Vec<String>,
    response_headers: axum::http::HeaderMap,
    body: String,
}

impl Console {
    fn of(office: Office) -> Self {
        let router = router(&office.app);
        Self { office, router }
    }

    /// Not even a campaign.
    async fn bare() -> Self {
        Self::of(Office::bare().await)
    }

    /// A campaign with nothing in it.
    async fn empty() -> Self {
        let office = Office::bare().await;
        office.empty_campaign().await;
        Self::of(office)
    }

    /// A running campaign that nobody has written to.
    async fn started() -> Self {
        Self::of(Office::start().await)
    }

    /// Group 1: a contested field, a sheet, not locked. Group 2: locked, and a sheet that came late.
    async fn toured(tail: &'static str) -> Self {
        let office = Office::named(false, tail).await;
        let c = office.campaign().await;
        let facts = protocol::ids::site_facts(office.campaign, office.sites[1], office.groups[0]);
        for (who, text) in [(0, "甲户"), (1, "乙户")] {
            let mut phone = office.phone(who).await;
            let value = Value::text(format!("{text}{tail}"));
            let change = [("site_facts", facts, "name", value, vec![])];
            let segment = phone.write(phone.group_scope(), &change);
            phone.sync(&office.app, vec![segment]).await.unwrap();
            if who == 0 {
                let sheet = phone.filled(&c, office.sites[0], 1);
                let segment = phone.write(phone.sealed(), &sheet);
                phone.sync(&office.app, vec![segment]).await.unwrap();
            }
        }
        let mut early = office.phone(4).await;
        let sheet = early.filled(&c, office.sites[2], 1);
        let segment = early.write(early.sealed(), &sheet);
        early.sync(&office.app, vec![segment]).await.unwrap();
        let (id, group) = (office.campaign, office.groups[1]);
        let by = supervisor();
        let locked = office.app.lock_group(&by, id, group, Some("时间到")).await;
        locked.unwrap();
        let mut late = office.phone(5).await;
        let sheet = late.filled(&c, office.sites[2], 2);
        let segment = late.write(late.sealed(), &sheet);
        late.sync(&office.app, vec![segment]).await.unwrap();
        Self::of(office)
    }

    /// The record with the contested field.
    fn contested(&self) -> Uuid {
        let o = &self.office;
        protocol::ids::site_facts(o.campaign, o.sites[1], o.groups[0])
    }

    /// The sealed sheet of group 1.
    fn sheet(&self) -> Uuid {
        let o = &self.office;
        protocol::ids::sheet(o.campaign, o.sites[0], o.accounts[0])
    }

    /// Pages that a tour fills, with a role that may open each.
    fn pages(&self) -> Vec<(String, Role)> {
        let o = &self.office;
        let code = |n: usize| format!("/console/groups/{}/lock", o.groups[n]);
        let list = [
            ("/console".to_owned(), Role::Supervisor),
            ("/console?sort=lack".to_owned(), Role::Supervisor),
            ("/console/board".to_owned(), Role::Supervisor),
            ("/console/records".to_owned(), Role::Supervisor),
            (
                format!("/console/records/{}", self.contested()),
                Role::Supervisor,
            ),
            (
                format!("/console/records/{}", self.sheet()),
                Role::Supervisor,
            ),
            ("/console/photos".to_owned(), Role::Supervisor),
            ("/console/conflicts".to_owned(), Role::Supervisor),
            ("/console/groups".to_owned(), Role::Supervisor),
            (code(0), Role::Supervisor),
            (code(1), Role::Supervisor),
            ("/console/ranking".to_owned(), Role::Supervisor),
            ("/console/held".to_owned(), Role::Supervisor),
            ("/console/bundles".to_owned(), Role::Supervisor),
            ("/console/people".to_owned(), Role::Supervisor),
            ("/console/logins".to_owned(), Role::Sysadmin),
            ("/console/audit".to_owned(), Role::Auditor),
            ("/console/account".to_owned(), Role::Auditor),
            ("/console/account/second-factor".to_owned(), Role::Auditor),
            ("/console/settings".to_owned(), Role::Sysadmin),
        ];
        list.to_vec()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
        let text = |name| {
            parts
                .headers
                .get(name)
                .map(|v| v.to_str().unwrap().to_owned())
        };
        let cookies = parts.headers.get_all(header::SET_COOKIE).iter();
        Answer {
            status: parts.status,
            location: text(header::LOCATION).unwrap_or_default(),
            cookies: cookies.map(|v| v.to_str().unwrap().to_owned()).collect(),
            response_headers: parts.headers.clone(),
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path)
            .header(header::HOST, "guanmo.test")
            .header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.post_from("http://guanmo.test", path, cookie, form)
            .await
    }

    async fn post_from(&self, origin: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::HOST, "guanmo.test")
            .header(header::ORIGIN, origin)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap())
            .await
    }

    async fn try_sign_in(&self, name: &str, password: &str) -> Answer {
        let form = format!("user_name={name}&password={password}");
        self.post("/sign-in", "", &form).await
    }

    /// Signs a role in; the cookie and the token of its forms.
    async fn sign_in(&self, role: Role) -> (String, String) {
        self.office.login(Grant::of(role)).await;
        let answer = self.try_sign_in(role.word(), PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = session_cookie(&answer);
        let page = self.get(&answer.location, &cookie).await;
        (cookie, form_token(&page))
    }

    /// Signs in somebody whose login is there already, by the role's word.
    async fn sign_in_again(&self, role: Role) -> (String, String) {
        let answer = self.try_sign_in(role.word(), PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = session_cookie(&answer);
        let page = self.get(&answer.location, &cookie).await;
        (cookie, form_token(&page))
    }

    /// A request of the interface: status and what it says.
    async fn json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &serde_json::Value,
    ) -> (StatusCode, serde_json::Value, axum::http::HeaderMap) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(body.to_string());
        let answer = self.send(request.body(body).unwrap()).await;
        let said = serde_json::from_str(&answer.body).unwrap_or_default();
        (answer.status, said, answer.response_headers)
    }

    /// The head with a token of the interface for a role that has a login.
    async fn bearer(&self, role: Role) -> String {
        let body = serde_json::json!({"user_name": role.word(), "password": PASSWORD});
        let (_, said, _) = self.json("POST", "/api/v1/session", &[], &body).await;
        format!("Bearer {}", said["token"].as_str().unwrap())
    }

    /// Actions and outcomes of the audit, newest first.
    async fn audited(&self) -> Vec<(String, bool)> {
        let auth = self.office.app.auth();
        assert_eq!(auth.audit_broken_at(false).await.unwrap(), None);
        let page = auth.find_audit(Default::default(), None, 100).await;
        let page = page.unwrap();
        let entries = page.entries.into_iter();
        entries.map(|(_, e)| (e.action, e.ok)).collect()
    }

    fn wait(&self, ms: i64) {
        self.office.now.fetch_add(ms, Ordering::SeqCst);
    }
}

/// The token in a page's forms.
fn form_token(page: &Answer) -> String {
    let token = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}

fn session_cookie(answer: &Answer) -> String {
    let set = answer
        .cookies
        .iter()
        .find(|c| c.starts_with("guanmo_session="));
    set.unwrap().split(';').next().unwrap().to_owned()
}

/// The record with nothing in it: no id of ours begins with zeros.
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000194";

#[tokio::test]
async fn a_campaign_chosen_in_a_session_is_looked_at_there_only() {
    let console = Console::started().await;
    let (mine, token) = console.sign_in(Role::Supervisor).await;
    let (other, _) = console.sign_in(Role::CountyLead).await;
    let rehearsal = console.office.empty_campaign().await;
    let first = format!("csrf={token}&campaign={}", console.office.campaign);
    let chosen = console.post("/console/campaign", &mine, &first).await;
    assert_eq!(chosen.location, "/console");
    assert!(console.get("/console", &mine).await.body.contains("观摩"));
    let now = console.office.app.current_campaign().await.unwrap();
    assert_eq!(now.map(|c| c.id), Some(rehearsal));
    assert!(console.get("/console", &other).await.body.contains("空的"));
    let unknown = format!("csrf={token}&campaign={UNKNOWN}");
    let refused = console.post("/console/campaign", &mine, &unknown).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

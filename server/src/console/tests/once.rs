//! Every form that makes something, sent twice as a double click sends it: one comes to be.

use std::collections::BTreeSet;
use std::sync::Mutex;

use axum::http::StatusCode;
use uuid::Uuid;

use super::prepare::{encoded, hidden};
use super::{Answer, Console};
use crate::auth::Role;
use crate::auth::types::Grant;
use crate::testing::Office;

/// Somebody at the desk.
struct Desk<'a> {
    console: &'a Console,
    cookie: String,
    token: String,
    /// Where the forms that were sent lead, ids as `*`.
    walked: Mutex<BTreeSet<String>>,
}

/// Where a form leads, ids as `*`.
fn without_ids(to: &str) -> String {
    let part = |part: &str| match Uuid::try_parse(part) {
        Ok(_) => "*".to_owned(),
        Err(_) => part.to_owned(),
    };
    to.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Where every form with a key leads, as the templates say it.
fn offered_anywhere() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    let mut all = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let forms = text.split("<form ").skip(1);
        let forms = forms.map(|f| f.split("</form>").next().unwrap());
        for form in forms.filter(|f| f.contains("name=\"once\"")) {
            let action = form.split("action=\"").nth(1).unwrap();
            let action = action.split('"').next().unwrap();
            let mut parts = action.split("{{").map(|p| p.split("}}").last().unwrap());
            let begin = parts.next().unwrap().to_owned();
            all.insert(parts.fold(begin, |path, rest| path + "*" + rest));
        }
    }
    all
}

impl Desk<'_> {
    async fn of(console: &Console, role: Role) -> Desk<'_> {
        let (cookie, token) = console.sign_in(role).await;
        Desk {
            console,
            cookie,
            token,
            walked: Mutex::default(),
        }
    }

    /// How much was ever done: every act leaves an entry in its own transaction.
    async fn done(&self) -> i64 {
        let database = self.console.office.dir.path().join("server.db");
        let database = rusqlite::Connection::open(database).unwrap();
        let count =
            "SELECT count(*) FROM audit_entries WHERE ok AND action NOT IN ('sign_in', 'sign_out')";
        database.query_row(count, [], |row| row.get(0)).unwrap()
    }

    /// What the form on `page` that leads to `to` is sent with.
    async fn form(&self, page: &str, to: &str, pairs: &[(&str, &str)]) -> String {
        let form = self.offered(page, to, pairs).await;
        form.unwrap_or_else(|| panic!("no key in a form for {to}"))
    }

    /// The same, if the page still offers it.
    async fn offered(&self, page: &str, to: &str, pairs: &[(&str, &str)]) -> Option<String> {
        let body = self.console.get(page, &self.cookie).await.body;
        let at = format!("action=\"{to}\"");
        let mut forms = body.split("<form").filter(|f| f.contains(&at));
        let form = forms.find(|f| f.contains("name=\"once\""));
        let form = format!("<form{}", form?);
        let once = hidden(&form, to, "once");
        assert_eq!(once.len(), 32, "{page}");
        let of_page = ["seen", "shown"].into_iter();
        let of_page = of_page.filter(|name| form.contains(&format!("name=\"{name}\"")));
        let of_page: Vec<_> = of_page.map(|n| (n, hidden(&form, to, n))).collect();
        let mut all = vec![("csrf", self.token.as_str()), ("once", once.as_str())];
        all.extend(of_page.iter().map(|(n, value)| (*n, value.as_str())));
        all.extend(pairs);
        Some(encoded(&all))
    }

    async fn send(&self, to: &str, form: &str) -> Answer {
        self.console.post(to, &self.cookie, form).await
    }

    /// Sends a form twice at once, and a third time later; says what the first answer was.
    async fn thrice(&self, page: &str, to: &str, pairs: &[(&str, &str)]) -> Answer {
        self.walked.lock().unwrap().insert(without_ids(to));
        let form = self.form(page, to, pairs).await;
        let before = self.done().await;
        let (one, two) = tokio::join!(self.send(to, &form), self.send(to, &form));
        // Whichever came first: of two pages the other is the one that is told so.
        let (one, two) = match one.status {
            StatusCode::CONFLICT => (two, one),
            _ => (one, two),
        };
        let made = self.done().await;
        assert!(made > before, "{to}: {} {}", one.status, one.body);
        let three = self.send(to, &form).await;
        assert_eq!(self.done().await, made, "{to}: done again");
        for again in [&two, &three] {
            if one.status == StatusCode::SEE_OTHER {
                assert_eq!(
                    (again.status, &again.location),
                    (one.status, &one.location),
                    "{to}"
                );
            } else {
                assert_eq!(again.status, StatusCode::CONFLICT, "{to}");
                assert!(again.body.contains("已经提交过"), "{to}: {}", again.body);
            }
        }
        let of_first = made - before;
        // The same form opened anew is another form: if nothing else forbids it, it is done.
        if let Some(form) = self.offered(page, to, pairs).await {
            self.send(to, &form).await;
        }
        let then = self.done().await - made;
        assert!(
            then == 0 || then == of_first,
            "{to}: {then} after {of_first}"
        );
        one
    }
}

#[tokio::test]
async fn every_form_that_makes_something_makes_one_however_often_it_is_sent() {
    let console = Console::started().await;
    let desk = Desk::of(&console, Role::Supervisor).await;
    let real = console.office.campaign;
    let days = |form: &'static str, name: &'static str| {
        [
            ("form", form),
            ("name", name),
            ("tour_kind", "tour"),
            ("first_day", "2099-06-01"),
            ("last_day", "2099-06-02"),
        ]
    };
    let issue = [
        ("category", "sewage"),
        ("severity", "minor"),
        ("description", "污水"),
    ];
    let issues = "/console/issues/new";
    assert_eq!(
        desk.thrice(issues, issues, &issue).await.status,
        StatusCode::SEE_OTHER
    );
    let person = format!("/console/prepare/roster/{}", console.office.accounts[1]);
    let recuse = [
        ("form", "recuse"),
        ("township", "640422101"),
        ("reason", "亲属"),
    ];
    desk.thrice(&person, &format!("{person}/recuse"), &recuse)
        .await;
    let code = format!("/console/people/{}/code", console.office.accounts[1]);
    let codes = [("valid_hours", "24"), ("who", "without")];
    assert_eq!(
        desk.thrice("/console/people", &code, &[]).await.status,
        StatusCode::OK
    );
    assert_eq!(
        desk.thrice("/console/people", "/console/people/codes", &codes)
            .await
            .status,
        StatusCode::OK
    );
    let list = "/console/campaigns";
    let copy = format!("{list}/{real}/clone");
    desk.thrice(list, &copy, &days("clone", "六月")).await;
    desk.thrice(list, list, &days("new", "七月")).await;
    let all = console.office.app.campaigns().await.unwrap();
    assert_eq!(all.len(), 3, "copied once, made once");
    let june = all.iter().find(|c| c.name == "六月").unwrap().clone();
    let chosen = format!("csrf={}&campaign={}", desk.token, june.id);
    console
        .post("/console/campaign", &desk.cookie, &chosen)
        .await;
    let at = |page: &str| format!("/console/prepare/{page}");
    let group = [
        ("form", "new"),
        ("number", "3"),
        ("name", "第三组"),
        ("lead", ""),
    ];
    desk.thrice(&at("groups"), &at("groups"), &group).await;
    let site = [
        ("form", "add"),
        ("name", "沿途"),
        ("kind", "route_segment"),
        ("township", "640422100"),
        ("order", "1"),
    ];
    desk.thrice(&at("sites"), &at("sites"), &site).await;
    let slots = [("form", "slots"), ("township", "640422100"), ("slots", "2")];
    desk.thrice(&at("sites"), &at("slots"), &slots).await;
    let person = [
        ("form", "add"),
        ("name", "替补01"),
        ("role", "observer"),
        ("sheet_form", "quick"),
    ];
    desk.thrice(&at("roster"), &at("roster"), &person).await;
    let deadline = [
        ("form", "deadline"),
        ("until", "2099-01-01T18:00"),
        ("per_township", "9"),
    ];
    let deadline = encoded(&[&[("csrf", desk.token.as_str())], &deadline[..]].concat());
    desk.send(&at("deadline"), &deadline).await;
    let nominate = [
        ("form", "nominate"),
        ("village", "640422100201"),
        ("remark", ""),
    ];
    desk.thrice(&at("nominations"), &at("nominations"), &nominate)
        .await;
    let page = console.get(&at("nominations"), &desk.cookie).await.body;
    let ruling = page.split("action=\"/console/prepare/nominations/").nth(1);
    let ruling = ruling.unwrap().split('"').next().unwrap();
    let ruling = format!("{}/{ruling}", at("nominations"));
    let accept = [("form", "decide"), ("reason", ""), ("accept", "1")];
    desk.thrice(&at("nominations"), &ruling, &accept).await;
    // A new campaign has no checklists yet, unlike a copied one.
    let july = all.iter().find(|c| c.name == "七月").unwrap();
    let chosen = format!("csrf={}&campaign={}", desk.token, july.id);
    console
        .post("/console/campaign", &desk.cookie, &chosen)
        .await;
    let builtin = [("form", "builtin")];
    desk.thrice(&at("checklists"), &at("checklists"), &builtin)
        .await;
    let draw = [
        ("form", "draw"),
        ("purpose", "households"),
        ("title", "某村农户"),
        ("n", "2"),
        ("candidates", "1-20"),
        ("seed", ""),
    ];
    let made = desk.thrice(&at("draws"), &at("draws"), &draw).await;
    let again = [("form", "again"), ("reason", "名单漏了一户"), ("seed", "")];
    desk.thrice(&made.location, &format!("{}/again", made.location), &again)
        .await;
    let chosen = format!("csrf={}&campaign={real}", desk.token);
    console
        .post("/console/campaign", &desk.cookie, &chosen)
        .await;
    let group = format!("/console/groups/{}", console.office.groups[0]);
    let (page, unlock) = (format!("{group}/lock"), format!("{group}/unlock"));
    let missing = [("reason", "手机损坏"), ("sure", "1")];
    desk.thrice(&page, &page, &missing).await;
    desk.thrice(&page, &unlock, &[("reason", "补录")]).await;

    let other = Console::of(Office::backing_up().await);
    let admin = Desk::of(&other, Role::Sysadmin).await;
    let backup = "/console/system/backup";
    admin.thrice("/console/system", backup, &[]).await;
    let login = other.office.login(Grant::of(Role::Auditor)).await;
    let reset = format!("/console/logins/{}/reset-password", login.id);
    let hours = [("valid_hours", "24")];
    let shown = admin.thrice("/console/logins", &reset, &hours).await;
    assert_eq!(shown.status, StatusCode::OK);
    let invite = [("role", "supervisor"), ("valid_hours", "24")];
    admin
        .thrice("/console/logins", "/console/logins", &invite)
        .await;

    let mut walked = desk.walked.into_inner().unwrap();
    walked.extend(admin.walked.into_inner().unwrap());
    // The key of an import is that of the page that showed what was found in the file: `imports.rs`.
    walked.insert("/console/prepare/import/*/apply".to_owned());
    assert_eq!(walked, offered_anywhere());
}

#[tokio::test]
async fn an_invitation_is_made_once_and_its_secret_is_shown_once() {
    let console = Console::started().await;
    let desk = Desk::of(&console, Role::Sysadmin).await;
    let invite = [("role", "supervisor"), ("valid_hours", "24")];
    let first = desk
        .thrice("/console/logins", "/console/logins", &invite)
        .await;
    assert_eq!(first.status, StatusCode::OK);
    let database = rusqlite::Connection::open(console.office.dir.path().join("server.db")).unwrap();
    let kept = "SELECT count(*) FROM idempotency_keys WHERE length(body) > 100 OR status = 200 AND length(body) > 0";
    let kept: i64 = database.query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0, "no page with a secret is kept");
}

#[tokio::test]
async fn a_refused_form_may_be_sent_again_and_another_one_has_no_use_for_its_key() {
    let console = Console::started().await;
    let desk = Desk::of(&console, Role::Supervisor).await;
    let to = "/console/prepare/roster";
    let person = |name: &'static str| {
        [
            ("form", "add"),
            ("name", name),
            ("role", "observer"),
            ("sheet_form", "quick"),
        ]
    };
    let taken = desk.form(to, to, &person("观摩员01")).await;
    for _ in 0..2 {
        assert_eq!(
            desk.send(to, &taken).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    // The corrected form carries the key of the page that said what is wrong; the old one is free as well.
    let corrected = taken.replace("%E8%A7%82%E6%91%A9%E5%91%9801", "%E6%9B%BF%E8%A1%A501");
    assert_ne!(corrected, taken);
    assert_eq!(
        desk.send(to, &corrected).await.status,
        StatusCode::SEE_OTHER
    );
    let other = corrected.replace("%E6%9B%BF%E8%A1%A501", "%E6%9B%BF%E8%A1%A502");
    let refused = desk.send(to, &other).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("form_used"), "{}", refused.body);
}

//! The console over HTTP requests: real database, real sessions; what the pages show is made up (`sample`).

mod forms;
mod pages;
mod sample;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

use self::sample::Sample;
use super::data::ConsoleData;
use super::{ConsoleConfig, ConsoleState, console_router};
use crate::auth::password::Passwords;
use crate::auth::{Auth, Role};
use crate::store::sqlite::auth_store::{AuthDatabase, AuthStore};
use crate::store::sqlite::{SqliteStore, auth};

const START: i64 = 1_637_200_000_000;
const PASSWORD: &str = "Observe-2026";

/// A console on a database of its own.
struct Console {
    sample: Arc<Sample>,
    router: Router,
    store: AuthStore,
    db: Arc<SqliteStore>,
    now: Arc<AtomicI64>,
    _dir: TempDir,
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
    fn new(sample: Sample) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let clock_now = Arc::clone(&now);
        let clock: crate::config::Clock = Arc::new(move || clock_now.load(Ordering::SeqCst));
        let db = Arc::new(SqliteStore::open(dir.path(), Arc::clone(&clock)).unwrap());
        let store = AuthStore::new(Arc::clone(&db) as Arc<dyn AuthDatabase>);
        let sample = Arc::new(sample);
        let state = ConsoleState {
            data: Arc::clone(&sample) as Arc<dyn ConsoleData>,
            auth: Auth::new(store.clone(), clock),
            config: ConsoleConfig::default(),
        };
        Self {
            sample,
            router: console_router(state, Router::new()),
            store,
            db,
            now,
            _dir: dir,
        }
    }

    /// Runs a function of the store.
    async fn with_db<T: Send + 'static>(
        &self,
        job: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> T {
        let slot = Arc::new(std::sync::Mutex::new(None));
        let answer = Arc::clone(&slot);
        let job = Box::new(move |conn: &rusqlite::Connection| {
            *answer.lock().unwrap() = Some(job(conn)?);
            Ok(())
        });
        self.db.run(true, job).await.unwrap();
        slot.lock().unwrap().take().unwrap()
    }

    /// Makes a login; its name is its role's word.
    async fn login(&self, role: Role) {
        let phc = Passwords::default()
            .hash(PASSWORD.to_owned())
            .await
            .unwrap();
        let id = Uuid::from_u128(role as u128 + 1);
        self.with_db(move |c| {
            auth::create_login(
                c,
                id,
                role.word(),
                &phc,
                &crate::auth::types::Grant::of(role),
                START,
            )
        })
        .await
        .unwrap();
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
        self.login(role).await;
        let answer = self.try_sign_in(role.word(), PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = session_cookie(&answer);
        let page = self.get(&answer.location, &cookie).await;
        let token = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
        (cookie, token.split('"').next().unwrap().to_owned())
    }

    /// Actions and outcomes of the audit, newest first.
    async fn audited(&self) -> Vec<(String, bool)> {
        let (page, broken) = self.store.audit_page(None, 100).await.unwrap();
        assert_eq!(broken, None);
        let entries = page.entries.into_iter();
        entries.map(|(_, e)| (e.action, e.ok)).collect()
    }
}

fn session_cookie(answer: &Answer) -> String {
    let set = answer
        .cookies
        .iter()
        .find(|c| c.starts_with("guanmo_session="));
    set.unwrap().split(';').next().unwrap().to_owned()
}

//! The office's side: a campaign with groups, sites, checklists and accounts, written to the server's own log.

use std::collections::{BTreeMap, HashMap};

use ed25519_dalek::SigningKey;
use ledger::{Edit, Ledger, Seen};
use merge::Value;
use protocol::{Scope, ids};
use rusqlite::Connection;
use uuid::Uuid;

use super::{Inner, Net, START_MS};

pub const CAMPAIGN: Uuid = Uuid::from_u128(0xca);
pub const GROUP: Uuid = Uuid::from_u128(0x91);
pub const OTHER_GROUP: Uuid = Uuid::from_u128(0x92);
pub const VILLAGE: Uuid = Uuid::from_u128(0x51);
pub const HOUSEHOLD: Uuid = Uuid::from_u128(0x52);
pub const HOME_VILLAGE: Uuid = Uuid::from_u128(0x53);
pub const MARKET: Uuid = Uuid::from_u128(0x54);
pub const FAR_VILLAGE: Uuid = Uuid::from_u128(0x55);
pub const BENCH_SITE: Uuid = Uuid::from_u128(0x56);

pub fn account(n: u128) -> Uuid {
    Uuid::from_u128(0xacc0 + n)
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

impl Inner {
    /// Writes fields into the server's log and publishes them.
    pub fn office(&mut self, scope: Scope, changes: &[(&str, Uuid, &str, Value)]) {
        self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        let log = self.own_log(scope);
        for (kind, record, field, value) in changes {
            self.now_ms += 1;
            let edit = Edit::new(kind, *record, field, value.clone());
            self.ledger
                .append(&self.conn, scope, log, self.now_ms, &edit)
                .unwrap();
        }
        let seen = Seen::default();
        self.ledger
            .seal(&self.conn, log, &self.key, &seen, self.now_ms, 3)
            .unwrap();
        let row = self.ledger.find_log(&self.conn, log).unwrap().unwrap();
        self.ledger.publish(&self.conn, row.no, row.scope).unwrap();
        self.conn.execute_batch("COMMIT").unwrap();
    }

    pub fn campaign_scope(&self) -> Scope {
        Scope::Campaign { campaign: CAMPAIGN }
    }

    pub fn enrolled(&mut self, device: Uuid, account: Uuid, key: &[u8; 32]) {
        let enrolment = list([
            account.into(),
            Value::Bytes(key.to_vec()),
            "手机".into(),
            self.now_ms.into(),
        ]);
        let scope = self.campaign_scope();
        self.office(scope, &[("device", device, "enrolment", enrolment)]);
    }

    pub fn lock(&mut self, group: Uuid, state: &str) {
        let lock = list([1.into(), state.into(), self.now_ms.into(), Value::Null]);
        let scope = self.campaign_scope();
        self.office(scope, &[("tour_group", group, "lock", lock)]);
    }

    fn site(&mut self, id: Uuid, spec: [Value; 7], name: &str, group: Option<Uuid>, stop: i64) {
        let scope = self.campaign_scope();
        let route = list([group.into(), stop.into()]);
        self.office(
            scope,
            &[
                ("site", id, "name", name.into()),
                ("site", id, "spec", list(spec)),
                ("site", id, "route", route),
            ],
        );
    }

    fn account(&mut self, n: u128, group: Uuid, home: Option<&str>) {
        let scope = self.campaign_scope();
        let (id, name) = (account(n), format!("观摩员{n:02}"));
        self.office(
            scope,
            &[
                ("account", id, "name", name.into()),
                ("account", id, "role", "observer".into()),
                ("account", id, "group", group.into()),
                ("account", id, "form", "detailed".into()),
                ("account", id, "active", true.into()),
                ("account", id, "home_unit", home.map(str::to_owned).into()),
            ],
        );
    }

    fn set_up(&mut self, sheets_open: bool) {
        let scope = self.campaign_scope();
        let body = |name: &str| -> Value {
            let files = domain::builtin::CHECKLIST_FILES;
            files.iter().find(|(n, _)| *n == name).unwrap().1.into()
        };
        let sheet = |code: &str| ids::checklist(CAMPAIGN, code, 1);
        self.office(
            scope,
            &[
                ("campaign", CAMPAIGN, "name", "观摩评比".into()),
                ("campaign", CAMPAIGN, "state", "running".into()),
                ("campaign", CAMPAIGN, "sheets_open", sheets_open.into()),
                ("tour_group", GROUP, "number", 1.into()),
                ("tour_group", GROUP, "name", "第一组".into()),
                ("tour_group", OTHER_GROUP, "number", 2.into()),
                ("tour_group", OTHER_GROUP, "name", "第二组".into()),
                ("checklist", sheet("village"), "body", body("village_demo")),
                ("checklist", sheet("household"), "body", body("household")),
                ("checklist", sheet("town"), "body", body("town_site")),
                (
                    "checklist",
                    sheet("bench"),
                    "body",
                    domain::builtin::BENCH_FILE.into(),
                ),
            ],
        );
        let township = ids::division(CAMPAIGN, "640422200");
        let village = ids::division(CAMPAIGN, "640422200201");
        let unit = |code: &str, parent: Option<&str>| {
            let parent: Value = parent.map(str::to_owned).into();
            list([code.into(), code.into(), Value::Null, parent, "x".into()])
        };
        self.office(
            scope,
            &[
                ("division", township, "unit", unit("640422200", None)),
                (
                    "division",
                    village,
                    "unit",
                    unit("640422200201", Some("640422200")),
                ),
            ],
        );
        let spec = |kind: &str, town: Option<&str>, township: Option<&str>| -> [Value; 7] {
            let opt = |t: Option<&str>| -> Value { t.map(str::to_owned).into() };
            [
                kind.into(),
                opt(town),
                opt(township),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
            ]
        };
        let village = |t| spec("demonstration_village", None, Some(t));
        self.site(VILLAGE, village("640422100"), "示范村甲", Some(GROUP), 1);
        let household = spec("household", None, Some("640422100"));
        self.site(HOUSEHOLD, household, "农户1", Some(GROUP), 2);
        self.site(HOME_VILLAGE, village("640422200"), "本乡村", Some(GROUP), 3);
        let market = spec("town_site", Some("market"), None);
        self.site(MARKET, market, "文垚市场", None, 4);
        self.site(
            FAR_VILLAGE,
            village("640422300"),
            "别组村",
            Some(OTHER_GROUP),
            5,
        );
        let street = spec("street", None, Some("640422100"));
        self.site(BENCH_SITE, street, "街道", Some(GROUP), 6);
        for n in 1..=3 {
            // The home unit is a village: its township is found through the divisions.
            self.account(n, GROUP, (n == 1).then_some("640422200201"));
        }
        self.account(4, OTHER_GROUP, None);
    }
}

/// A server with a campaign; codes `1`…`4` enrol accounts 1…4, also more than once as `1b`, `1c`.
pub fn server(sheets_open: bool) -> Net {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(ledger::SCHEMA).unwrap();
    conn.execute_batch(ledger::FEED_SCHEMA).unwrap();
    let mut codes = HashMap::new();
    for n in 1..=4u128 {
        let group = if n == 4 { OTHER_GROUP } else { GROUP };
        for suffix in ["", "b", "c"] {
            codes.insert(format!("{n}{suffix}"), (account(n), group));
        }
    }
    let mut inner = Inner {
        conn,
        ledger: Ledger::new(),
        id: Uuid::from_u128(0x5e),
        key: SigningKey::from_bytes(&[9; 32]),
        campaign: CAMPAIGN,
        generation: 77,
        now_ms: START_MS,
        devices: BTreeMap::new(),
        codes,
        blobs: HashMap::new(),
        partial: HashMap::new(),
        piece_cut: None,
        refuses: false,
        started: None,
    };
    inner.set_up(sheets_open);
    Net::new(inner)
}

//! The ledger against its specification: random histories on several databases, delivered in any order.

use std::collections::HashMap;

use ed25519_dalek::SigningKey;
use ledger::{Edit, Inspected, Ledger, Seen, Supersede, Verdict};
use merge::{Dot, LogId, Value};
use proptest::prelude::*;
use protocol::Scope;
use protocol::chain::SignedSegment;
use protocol::digest::Buckets;
use rusqlite::Connection;
use uuid::Uuid;

const CAMPAIGN: Uuid = Uuid::from_u128(0xC0);
const SERVER: u8 = 99;

fn scope() -> Scope {
    Scope::Group {
        campaign: CAMPAIGN,
        group: Uuid::from_u128(0x61),
    }
}

fn key(device: u8) -> SigningKey {
    SigningKey::from_bytes(&[device; 32])
}

fn log_of(device: u8) -> LogId {
    LogId::new(
        Uuid::from_u128(u128::from(device)),
        scope().id(),
        u64::from(device),
    )
}

fn record(n: u8) -> Uuid {
    Uuid::from_u128(0xA000 + u128::from(n))
}

/// Live values by record and field.
type State = HashMap<(u8, String), Vec<(Dot, i64, Value)>>;

/// One database with its ledger.
struct Node {
    device: u8,
    conn: Connection,
    ledger: Ledger,
    clock: i64,
}

impl Node {
    fn new(device: u8) -> Self {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(ledger::SCHEMA).unwrap();
        let mut ledger = Ledger::new();
        ledger.scope(&conn, scope()).unwrap();
        Self {
            device,
            conn,
            ledger,
            clock: 1000 * i64::from(device),
        }
    }

    fn edit(&mut self, record_no: u8, field: &str, value: i64, supersedes: Supersede) {
        self.clock += 7;
        let edit = Edit {
            supersedes,
            ..Edit::new("site_facts", record(record_no), field, value)
        };
        self.ledger
            .append(&self.conn, scope(), log_of(self.device), self.clock, &edit)
            .unwrap();
    }

    fn seal(&mut self) {
        self.ledger
            .seal(
                &self.conn,
                log_of(self.device),
                &key(self.device),
                &Seen::default(),
                0,
                3,
            )
            .unwrap();
    }

    fn sealed(&mut self) -> Vec<SignedSegment> {
        let Some(log) = self
            .ledger
            .find_log(&self.conn, log_of(self.device))
            .unwrap()
        else {
            return Vec::new();
        };
        let rows = self.ledger.segments(&self.conn, log.no).unwrap();
        rows.iter()
            .map(|r| self.ledger.segment(&self.conn, r.no).unwrap())
            .collect()
    }

    fn inspect(&mut self, s: &SignedSegment) -> Inspected {
        let header = s.header().unwrap();
        let device = header.device[15];
        self.ledger
            .inspect(
                &self.conn,
                s,
                &header,
                scope(),
                &key(device).verifying_key(),
            )
            .unwrap()
    }

    fn take(&mut self, s: &SignedSegment) {
        match self.inspect(s) {
            Inspected::Next(next) => {
                drop(self.ledger.admit(&self.conn, &next, 0, 0, true).unwrap())
            }
            Inspected::Repeat(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn state(&mut self) -> State {
        let mut out = HashMap::new();
        for n in 0..4 {
            let Some(view) = self.ledger.view(&self.conn, record(n)).unwrap() else {
                continue;
            };
            for (f, v) in view.fields {
                out.insert(
                    (n, f.to_string()),
                    v.into_iter().map(|l| (l.dot, l.at_ms, l.value)).collect(),
                );
            }
        }
        out
    }

    fn digest(&mut self) -> Buckets {
        let no = self
            .ledger
            .find_scope(&self.conn, scope().id())
            .unwrap()
            .unwrap();
        self.ledger.digest(&self.conn, no).unwrap()
    }
}

/// (device, record, field, value, replace all, exchange with)
type Step = (u8, u8, u8, i64, bool, Option<u8>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(
        (
            0u8..3,
            0u8..3,
            0u8..2,
            0i64..6,
            any::<bool>(),
            proptest::option::of(0u8..3),
        ),
        1..40,
    )
}

fn play(steps: &[Step]) -> Vec<Node> {
    let mut nodes: Vec<Node> = (0..3).map(|d| Node::new(d + 1)).collect();
    for (device, rec, field, value, all, meet) in steps {
        let d = *device as usize;
        let how = if *all {
            Supersede::All
        } else {
            Supersede::Displayed
        };
        nodes[d].edit(*rec, ["name", "code"][*field as usize], *value, how);
        if let Some(other) = meet
            && *other as usize != d
        {
            nodes[d].seal();
            for s in nodes[d].sealed() {
                nodes[*other as usize].take(&s);
            }
        }
    }
    nodes.iter_mut().for_each(Node::seal);
    nodes
}

/// Orders that keep each log in sequence: what a feed may look like.
fn interleave(mut logs: Vec<Vec<SignedSegment>>, mut choice: u64) -> Vec<SignedSegment> {
    logs.iter_mut().for_each(|l| l.reverse());
    let mut out = Vec::new();
    while logs.iter().any(|l| !l.is_empty()) {
        logs.retain(|l| !l.is_empty());
        let i = (choice % logs.len() as u64) as usize;
        choice = choice.rotate_right(7).wrapping_mul(0x9E37_79B9) ^ 0x55;
        out.extend(logs[i].pop());
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn all_orders_of_arrival_end_in_the_same_registers(steps in steps(), a in any::<u64>(), b in any::<u64>()) {
        let mut nodes = play(&steps);
        let logs: Vec<_> = nodes.iter_mut().map(Node::sealed).collect();
        let mut readers = [Node::new(50), Node::new(51)];
        for (reader, choice) in readers.iter_mut().zip([a, b]) {
            for s in interleave(logs.clone(), choice) {
                reader.take(&s);
            }
        }
        for node in &mut nodes {
            for s in interleave(logs.clone(), a) {
                node.take(&s);
            }
        }
        let expected = readers[0].state();
        prop_assert_eq!(&readers[1].state(), &expected);
        let digest = readers[0].digest();
        for node in nodes.iter_mut().chain(&mut readers) {
            prop_assert_eq!(&node.state(), &expected);
            prop_assert_eq!(node.digest(), digest);
            // The specification itself agrees.
            prop_assert_eq!(node.ledger.compare(&node.conn).unwrap(), Vec::<Uuid>::new());
        }
        let differing = expected.values().filter(|v| v.iter().any(|x| x.2 != v[0].2)).count();
        prop_assert_eq!(readers[0].ledger.conflicts(&readers[0].conn).unwrap().len(), differing);
    }

    #[test]
    fn a_verdict_before_or_after_its_change_ends_in_the_same_registers(
        steps in steps(), a in any::<u64>(), first in 1u64..12, len in 0u64..6, who in 0usize..3, reversed in any::<bool>()
    ) {
        let mut nodes = play(&steps);
        let logs: Vec<_> = nodes.iter_mut().map(Node::sealed).collect();
        let judged = log_of(nodes[who].device);
        let mut server = Node::new(SERVER);
        let scope_no = server.ledger.scope(&server.conn, scope()).unwrap();
        let id = Uuid::from_u128(0xFEED);
        let mut v = Verdict { id, log: judged, first, last: first + len, record: None, code: "invalid".into(), in_force: true };
        let write = |server: &mut Node, field: &str, value: Value| {
            server.clock += 1;
            let edit = Edit::new("verdict", id, field, value);
            server.ledger.append(&server.conn, scope(), log_of(SERVER), server.clock, &edit).unwrap();
        };
        write(&mut server, "target", v.target_value());
        write(&mut server, "ruling", v.ruling_value(None, None));
        if reversed {
            server.seal();
            v.in_force = false;
            write(&mut server, "ruling", v.ruling_value(Some("复核"), Some(1)));
        }
        server.seal();
        server.ledger.take_verdict(&server.conn, scope_no, id).unwrap();
        let verdicts = server.sealed();
        let mut before = Node::new(50);
        verdicts.iter().for_each(|s| before.take(s));
        interleave(logs.clone(), a).iter().for_each(|s| before.take(s));
        let mut after = Node::new(51);
        interleave(logs, !a).iter().for_each(|s| after.take(s));
        verdicts.iter().for_each(|s| after.take(s));
        prop_assert_eq!(before.state(), after.state());
        prop_assert_eq!(before.digest(), after.digest());
        prop_assert_eq!(before.ledger.compare(&before.conn).unwrap(), Vec::<Uuid>::new());
        prop_assert_eq!(after.ledger.compare(&after.conn).unwrap(), Vec::<Uuid>::new());
    }
}

#[test]
fn a_planted_difference_is_found_by_compare_and_by_the_digest() {
    let mut node = Node::new(1);
    node.edit(0, "name", 5, Supersede::Displayed);
    node.seal();
    let mut other = Node::new(2);
    node.sealed().iter().for_each(|s| other.take(s));
    assert_eq!(node.digest(), other.digest());
    other
        .conn
        .execute("UPDATE cells SET value = x'06'", [])
        .unwrap();
    assert_eq!(other.ledger.compare(&other.conn).unwrap(), vec![record(0)]);
    node.edit(0, "name", 6, Supersede::Displayed);
    assert_ne!(node.digest(), other.digest());
}

#[test]
fn repeats_gaps_and_forks_are_told_apart_and_store_nothing() {
    let mut phone = Node::new(1);
    for v in 0..3 {
        phone.edit(0, "name", v, Supersede::Displayed);
        phone.seal();
    }
    let segments = phone.sealed();
    assert_eq!(segments.len(), 3);
    let mut server = Node::new(50);
    assert!(matches!(server.inspect(&segments[1]), Inspected::Gap(_, 0)));
    server.take(&segments[0]);
    assert!(matches!(server.inspect(&segments[0]), Inspected::Repeat(_)));
    assert!(matches!(server.inspect(&segments[2]), Inspected::Gap(_, 1)));
    // A copy of the phone taken after the first segment writes on by itself.
    let mut copy = Node::new(1);
    copy.edit(0, "name", 0, Supersede::Displayed);
    copy.seal();
    assert_eq!(copy.sealed(), segments[..1]);
    copy.edit(0, "name", 40, Supersede::Displayed);
    copy.edit(1, "name", 41, Supersede::Displayed);
    copy.seal();
    server.take(&segments[1]);
    let fork = server.inspect(&copy.sealed()[1]);
    let Inspected::Fork(_, 1, common) = fork else {
        panic!("{fork:?}")
    };
    assert_eq!(common, segments[0].chain());
    assert_eq!(
        server.ledger.compare(&server.conn).unwrap(),
        Vec::<Uuid>::new()
    );
    // The copy re-issues its branch in a new epoch; both branches' values end up on the server.
    assert_eq!(
        copy.ledger
            .reissue(&copy.conn, log_of(1), 1, &common, 777)
            .unwrap(),
        2
    );
    for s in &segments[1..] {
        copy.take(s);
        server.take(s);
    }
    let fresh = LogId {
        epoch: 777,
        ..log_of(1)
    };
    copy.ledger
        .seal(&copy.conn, fresh, &key(1), &Seen::default(), 0, 3)
        .unwrap();
    let log = copy.ledger.find_log(&copy.conn, fresh).unwrap().unwrap();
    for row in copy.ledger.segments(&copy.conn, log.no).unwrap() {
        let s = copy.ledger.segment(&copy.conn, row.no).unwrap();
        server.take(&s);
    }
    assert_eq!(server.state(), copy.state());
    assert_eq!(server.digest(), copy.digest());
    let names: Vec<Value> = server.state()[&(0, "name".to_owned())]
        .iter()
        .map(|v| v.2.clone())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&Value::Int(40)) && names.contains(&Value::Int(2)));
    assert_eq!(copy.ledger.compare(&copy.conn).unwrap(), Vec::<Uuid>::new());
}

#[test]
fn a_segment_of_another_key_or_with_a_flipped_bit_is_refused_and_stores_nothing() {
    let mut phone = Node::new(1);
    phone.edit(0, "name", 1, Supersede::Displayed);
    phone.seal();
    let good = phone.sealed().remove(0);
    let mut server = Node::new(50);
    let header = good.header().unwrap();
    assert!(
        server
            .ledger
            .inspect(
                &server.conn,
                &good,
                &header,
                scope(),
                &key(2).verifying_key()
            )
            .is_err()
    );
    for i in 0..good.payload.len() {
        let mut bad = good.clone();
        bad.payload[i] ^= 1;
        assert!(
            server
                .ledger
                .inspect(
                    &server.conn,
                    &bad,
                    &header,
                    scope(),
                    &key(1).verifying_key()
                )
                .is_err()
        );
    }
    let n: i64 = server
        .conn
        .query_row("SELECT count(*) FROM segments", [], |r| r.get(0))
        .unwrap();
    assert_eq!(n, 0);
}

#[test]
fn history_shows_every_value_that_was_ever_there() {
    let mut phone = Node::new(1);
    for v in 0..5 {
        phone.edit(0, "name", v, Supersede::Displayed);
    }
    phone.seal();
    phone.edit(0, "name", 9, Supersede::Displayed);
    let history = phone.ledger.history(&phone.conn, record(0)).unwrap();
    assert_eq!(
        history.iter().map(|h| h.value.clone()).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 9].map(Value::Int)
    );
    assert_eq!(history.iter().filter(|h| h.arrived_ms.is_none()).count(), 1);
    assert_eq!(phone.state()[&(0, "name".to_owned())].len(), 1);
}

#[test]
fn the_digest_survives_a_restart_in_the_middle_of_a_tail() {
    let mut phone = Node::new(1);
    phone.edit(0, "name", 1, Supersede::Displayed);
    phone.seal();
    phone.edit(0, "name", 2, Supersede::Displayed);
    phone.edit(1, "code", 3, Supersede::Displayed);
    phone.edit(1, "code", 4, Supersede::Displayed);
    let before = phone.digest();
    phone.ledger = Ledger::new();
    assert_eq!(phone.digest(), before);
    phone.seal();
    phone.ledger = Ledger::new();
    assert_eq!(phone.digest(), before);
    let mut other = Node::new(2);
    phone.sealed().iter().for_each(|s| other.take(s));
    assert_eq!(other.digest(), before);
}

#[test]
fn what_a_newer_app_wrote_counts_once_this_one_can_read_it() {
    let mut phone = Node::new(1);
    phone.edit(0, "name", 1, Supersede::Displayed);
    phone.seal();
    phone.edit(0, "name", 2, Supersede::Displayed);
    phone.edit(1, "code", 3, Supersede::Displayed);
    phone.seal();
    let segments = phone.sealed();
    let mut reader = Node::new(50);
    // The first segment cannot be read yet; the second replaces a value of it.
    let Inspected::Next(next) = reader.inspect(&segments[0]) else {
        panic!()
    };
    reader
        .ledger
        .admit(&reader.conn, &next, 0, 0, false)
        .unwrap();
    reader.take(&segments[1]);
    assert_eq!(reader.ledger.read_kept(&reader.conn).unwrap(), 1);
    assert_eq!(reader.ledger.read_kept(&reader.conn).unwrap(), 0);
    assert_eq!(reader.state(), phone.state());
    assert_eq!(reader.digest(), phone.digest());
    assert_eq!(
        reader.ledger.compare(&reader.conn).unwrap(),
        Vec::<Uuid>::new()
    );
}

#[test]
fn where_a_change_of_a_later_layout_stands_is_not_known() {
    let mut phone = Node::new(1);
    phone.edit(0, "name", 1, Supersede::Displayed);
    phone.seal();
    let history = phone.ledger.history(&phone.conn, record(0)).unwrap();
    let dot = history[0].dot;
    let place = |phone: &mut Node| phone.ledger.change_place(&phone.conn, &dot).unwrap();
    assert_eq!(place(&mut phone), Some((record(0), "name".to_owned())));
    let later = "UPDATE segments SET payload = CAST(x'02' || substr(payload, 2) AS BLOB)";
    phone.conn.execute(later, []).unwrap();
    phone.ledger = Ledger::new();
    assert_eq!(place(&mut phone), None);
}

/// A device that replaces nothing leaves many values alive. Settled, they are named by as many changes as it takes, and
/// every reader takes the segment.
#[test]
fn more_values_than_one_change_may_name_are_replaced_by_several() {
    let limit = protocol::limits::SUPERSEDES as u64;
    for (alive, changes) in [(limit, 1), (limit + 1, 2), (2 * limit, 3)] {
        let mut crowd = Node::new(1);
        for value in 0..alive {
            crowd.edit(1, "name", value as i64, Supersede::These(Vec::new()));
        }
        crowd.seal();
        let crowded = crowd.sealed();
        let mut office = Node::new(SERVER);
        let mut reader = Node::new(50);
        for segment in &crowded {
            office.take(segment);
            reader.take(segment);
        }
        let shown = |node: &mut Node| node.state().remove(&(1, "name".to_owned())).unwrap();
        assert_eq!(shown(&mut reader).len() as u64, alive);

        office.edit(1, "name", -1, Supersede::All);
        office.seal();
        let sealed = office.sealed();
        let written: u32 = sealed.iter().map(|s| s.header().unwrap().count).sum();
        assert_eq!(written, changes);
        for segment in &sealed {
            reader.take(segment);
        }
        let left = shown(&mut reader);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].2, Value::Int(-1));
        assert_eq!(left, shown(&mut office));
        assert_eq!(reader.digest(), office.digest());
    }
}

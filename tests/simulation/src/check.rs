//! After quiet: is everything there, is it the same everywhere, and did nothing vanish that nobody replaced?
//!
//! Invariant: judges by the witness's list and by the books of both sides, never by what the program says of itself;
//! what registers should show is computed here anew from the sealed changes and verdicts.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::books::{Books, Change, Dot, Log, Registers, Said};
use crate::office::Office;
use crate::phone::Phone;
use crate::witness::{Witness, stored};

/// Everything that is wrong, in words; nothing if all is well.
pub fn everything(office: &Office, phones: &mut [Phone], witness: &mut Witness) -> Vec<String> {
    let mut wrong = std::mem::take(&mut witness.wrong);
    let books = Books::open(&office.database());
    if !books.is_sound() {
        wrong.push("the server's database is damaged".into());
    }
    nothing_is_lost(office, &books, phones, witness, &mut wrong);
    let shown = books.registers();
    as_the_model_says(&books, &shown, &mut wrong);
    all_held_back_is_listed(&books, &shown, office.app().server_id(), &mut wrong);
    for phone in phones.iter_mut().filter(|p| !p.gone) {
        equal(&books, &shown, phone, &mut wrong);
        told_the_truth(phone, &mut wrong);
    }
    let mut findings = office.verify();
    // What only the office knew since the backup is lost, audit and results of locks included: verify says so rightly.
    let after_restore = [
        "audit_anchor_differs",
        "lock_missing",
        "locked_twice",
        // A decision whose audit entry went with the folder.
        "table_differs held",
    ];
    let starts = |f: &String, codes: &[&str]| codes.iter().any(|code| f.starts_with(code));
    // Acts of the office that phones give back after a later version was locked are in no closing set and no result; that
    // versions are missing or locked twice shows that it came so.
    let acts_came_back = findings
        .iter()
        .any(|f| starts(f, &["lock_missing", "locked_twice"]));
    // What only a phone knew that was lost before it could give back the rules it had seen.
    let lost: Vec<String> = phones
        .iter()
        .filter(|p| p.gone)
        .map(|p| format!("seen_differs {}", p.me.device))
        .collect();
    let by_restore = |f: &String| {
        let by_acts = ["input_differs", "verdict_changed"];
        starts(f, &after_restore)
            || (acts_came_back && starts(f, &by_acts))
            || lost.iter().any(|seen| f.starts_with(seen))
    };
    findings.retain(|f| office.incarnation == 0 || !by_restore(f));
    wrong.extend(findings.into_iter().map(|f| format!("verify: {f}")));
    wrong
}

/// What a surviving phone was told to be saved, and what the server was said to hold, is on the server; photos byte for
/// byte.
fn nothing_is_lost(
    office: &Office,
    books: &Books,
    phones: &mut [Phone],
    witness: &Witness,
    wrong: &mut Vec<String>,
) {
    let there = books.everything_said();
    let mut owed: BTreeSet<usize> = witness.server.changes.clone();
    let mut pictures: BTreeSet<Uuid> = witness.server.photos.clone();
    for phone in phones.iter_mut().filter(|p| !p.gone) {
        owed.extend(&phone.holds);
        // Photos of a revoked phone stay on it: a bundle made before can save them.
        if phone.is_revoked() {
            continue;
        }
        pictures.extend(&phone.photos);
    }
    for no in owed {
        let said = &witness.said[no];
        if !there.contains(said) {
            wrong.push(format!("lost: {} {} {}", said.0, said.1, text(&said.2)));
        }
    }
    for photo in pictures {
        let Some((hash, bytes)) = witness.pictures.get(&photo) else {
            continue;
        };
        match stored(office, hash) {
            None => wrong.push(format!("lost: photo {photo}")),
            Some(found) if found != *bytes => wrong.push(format!("photo {photo} is another")),
            Some(_) => {}
        }
    }
}

/// The part of a value that people typed, for messages.
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

/// The server's registers are what its sealed changes and verdicts make them: a value is live unless a change in force
/// replaces it, itself or through changes that are not.
fn as_the_model_says(books: &Books, shown: &BTreeMap<Uuid, Registers>, wrong: &mut Vec<String>) {
    let (records, verdicts) = (books.records(), books.verdicts());
    let mut fields: BTreeMap<(Uuid, String), Vec<Change>> = BTreeMap::new();
    for change in books.sealed() {
        let home = records.get(&change.said.0);
        let at_home = home.is_some_and(|(scope, kind)| {
            *scope == change.dot.0.1 && *kind == change.kind && change.applied
        });
        if at_home {
            let place = (change.said.0, change.said.1.clone());
            fields.entry(place).or_default().push(change);
        }
    }
    let refused = |c: &Change| {
        verdicts.iter().any(|(log, first, last, target)| {
            let named = *log == c.dot.0 && (*first..=*last).contains(&c.dot.1);
            named && target.is_none_or(|t| t == c.said.0)
        })
    };
    let mut expected: BTreeMap<Dot, Said> = BTreeMap::new();
    for changes in fields.values() {
        let by_dot: BTreeMap<Dot, &Change> = changes.iter().map(|c| (c.dot, c)).collect();
        let mut dead: BTreeSet<Dot> = BTreeSet::new();
        for change in changes.iter().filter(|c| !refused(c)) {
            let mut todo = change.supersedes.clone();
            while let Some(dot) = todo.pop() {
                let through = by_dot.get(&dot).filter(|c| refused(c));
                if dead.insert(dot)
                    && let Some(through) = through
                {
                    todo.extend(&through.supersedes);
                }
            }
        }
        let live = changes
            .iter()
            .filter(|c| !refused(c) && !dead.contains(&c.dot));
        expected.extend(live.map(|c| (c.dot, c.said.clone())));
    }
    let found: BTreeMap<Dot, Said> = shown
        .values()
        .flatten()
        .map(|(d, s)| (*d, s.clone()))
        .collect();
    for (dot, said) in &expected {
        if found.get(dot) != Some(said) {
            wrong.push(format!("not live: {} {} {}", said.0, said.1, text(&said.2)));
        }
    }
    for (dot, said) in &found {
        if !expected.contains_key(dot) {
            wrong.push(format!(
                "alive: {} {} {} {dot:?}",
                said.0,
                said.1,
                text(&said.2)
            ));
        }
    }
}

/// Whatever a phone sent and the registers leave out stands in the office's list: refused by a verdict, of a device that is
/// kept apart, or of a lost branch, unless the same is in force by another way.
fn all_held_back_is_listed(
    books: &Books,
    shown: &BTreeMap<Uuid, Registers>,
    server: Uuid,
    wrong: &mut Vec<String>,
) {
    let (verdicts, held) = (books.verdicts(), books.held());
    let sealed = books.sealed();
    let named = |list: &[(Log, u64, u64, Option<Uuid>)], c: &Change| {
        list.iter().any(|(log, first, last, record)| {
            let seq = (*first..=*last).contains(&c.dot.1);
            *log == c.dot.0 && seq && record.is_none_or(|r| r == c.said.0)
        })
    };
    let in_force: BTreeSet<&Said> = sealed
        .iter()
        .filter(|c| c.applied && !named(&verdicts, c))
        .map(|c| &c.said)
        .chain(shown.values().flatten().map(|(_, said)| said))
        .collect();
    for change in sealed.iter().filter(|c| c.dot.0.0 != server) {
        let left_out = !change.applied || named(&verdicts, change);
        if left_out && !named(&held, change) && !in_force.contains(&change.said) {
            let said = &change.said;
            wrong.push(format!(
                "held back, not listed: {} {} {:?}",
                said.0, said.1, change.dot
            ));
        }
    }
}

/// A phone shows what the server shows, in every scope it may read.
fn equal(
    books: &Books,
    shown: &BTreeMap<Uuid, Registers>,
    phone: &mut Phone,
    wrong: &mut Vec<String>,
) {
    let status = phone.core().status().unwrap();
    if status.revoked_at_ms.is_some() {
        return;
    }
    let own = phone.books();
    if !own.is_sound() {
        wrong.push(format!("{}: its database is damaged", phone.name));
    }
    let here = own.registers();
    let none = Registers::new();
    for (scope, (letter, owner)) in books.scopes() {
        let may_read = match letter {
            'c' => true,
            'g' => phone.me.group == Some(owner),
            's' | 'h' => phone.me.account == owner,
            _ => false,
        };
        let there = shown.get(&scope).unwrap_or(&none);
        let mine = here.get(&scope).unwrap_or(&none);
        if !may_read {
            if !mine.is_empty() {
                wrong.push(format!(
                    "{} holds scope {letter} {owner} of others",
                    phone.name
                ));
            }
        } else if there != mine && !books.keeps_apart(scope) {
            let only_there = first_without(there, mine);
            let only_here = first_without(mine, there);
            wrong.push(format!(
                "{} differs in scope {letter}: only there {only_there}, only here {only_here}",
                phone.name
            ));
            let (there, mine) = (books.heads(), own.heads());
            for (log, head) in there.iter().filter(|(log, _)| log.1 == scope) {
                if mine.get(log) != Some(head) {
                    wrong.push(format!("  {log:?}: {head} there, {:?} here", mine.get(log)));
                }
            }
        }
    }
}

/// The first value of one that another has not, and how many there are.
fn first_without(one: &Registers, other: &Registers) -> String {
    let mut missing = one.iter().filter(|(dot, _)| !other.contains_key(dot));
    match missing.next() {
        None => "nothing".into(),
        Some((dot, said)) => {
            let more = missing.count();
            format!(
                "{} {} {} {dot:?} and {more} more",
                said.0,
                said.1,
                text(&said.2)
            )
        }
    }
}

/// After quiet nothing waits, and the phone says so.
fn told_the_truth(phone: &mut Phone, wrong: &mut Vec<String>) {
    let status = phone.core().status().unwrap();
    let waiting = phone.books().tail().len();
    if waiting > 0 || status.unsent_changes > 0 {
        let said = status.unsent_changes;
        wrong.push(format!(
            "{}: {waiting} unsealed, {said} said to be unsent",
            phone.name
        ));
    }
    let only_here = [status.sheets, status.issues, status.others, status.photos]
        .iter()
        .map(|c| c.only_here)
        .sum::<u64>();
    if only_here > 0 && status.revoked_at_ms.is_none() {
        wrong.push(format!("{}: {only_here} said to be only here", phone.name));
    }
}

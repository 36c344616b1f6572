//! Which changes of a segment are not applied, and why.
//!
//! Whole sheets: `recused`, `late`, `invalid`. Single changes: `invalid` (wrong type, an answer that does not fit its
//! item, a second value of a write-once field, `supersedes` of another field or of the future) and `unauthorised` (a
//! field only the office writes). What this version does not know is kept.
//! Invariant: reads only; one ruling per (segment, record) for whole records, one per run of changes otherwise.
//! Leaves out: storing the verdicts (`intake`).

use std::collections::HashMap;
use std::sync::Arc;

use domain::SiteChecklist;
use domain::schema::{FieldSpec, KindSpec, ScopeClass, Writer};
use domain::sheet::{Form, SheetState};
use ledger::Next;
use merge::{Dot, Value};
use protocol::{Batch, Row, Scope, check, ids, value};
use uuid::Uuid;

use crate::error::Result;
use crate::services::campaign::{Campaign, Site};
use crate::services::sheets;
use crate::store::Tx;

/// A run of changes that is not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Code of the verdict.
    pub code: &'static str,
    /// First and last seq.
    pub seqs: (u64, u64),
    /// The record it is limited to; none: every change of the run.
    pub target: Option<Uuid>,
    /// The record it is about.
    pub record: Uuid,
    /// Kind of that record.
    pub kind: String,
    /// Site of a sheet.
    pub site: Option<Uuid>,
    /// Why, for people.
    pub why: String,
    /// Changes.
    pub changes: u32,
    /// Earliest time by the writer's clock.
    pub written_ms: i64,
}

/// Why something is refused.
struct Fault {
    code: &'static str,
    why: String,
}

fn invalid(why: impl Into<String>) -> Fault {
    Fault {
        code: "invalid",
        why: why.into(),
    }
}

/// What the batch says about a sheet.
struct Sheet {
    site: Option<Uuid>,
    form: Form,
    checklist: Option<Arc<SiteChecklist>>,
}

struct Judge<'a> {
    c: &'a Campaign,
    author: Uuid,
    next: &'a Next,
    batch: &'a Batch,
    /// Per record: changes, earliest time.
    tally: Vec<(u32, i64)>,
    /// The last `opened` of each sheet in this segment.
    opened: HashMap<u32, sheets::Opened>,
    /// Kind of each id; none if the segment names it with two.
    kinds: HashMap<Uuid, Option<u32>>,
    sheets: HashMap<u32, Sheet>,
    specs: HashMap<(u32, u32), Option<(&'static KindSpec, &'static FieldSpec)>>,
    once: HashMap<(u32, u32), Vec<u8>>,
    rulings: Vec<Ruling>,
}

/// Judges a segment written by a device of `author`.
pub fn judge(tx: &mut dyn Tx, c: &Campaign, author: Uuid, next: &Next) -> Result<Vec<Ruling>> {
    let Some(batch) = &next.batch else {
        return Ok(Vec::new());
    };
    let mut judge = Judge {
        c,
        author,
        next,
        batch,
        tally: vec![(0, i64::MAX); batch.records.len()],
        opened: HashMap::new(),
        kinds: HashMap::new(),
        sheets: HashMap::new(),
        specs: HashMap::new(),
        once: HashMap::new(),
        rulings: Vec::new(),
    };
    judge.survey();
    let mut refused = vec![false; batch.records.len()];
    for index in 0..batch.records.len() as u32 {
        if judge.tally[index as usize].0 == 0 {
            continue;
        }
        if let Some(fault) = judge.record(tx, index)? {
            // What waits for a decision is judged change by change too: an acceptance must not let a bad one in.
            refused[index as usize] = !["late", "recused"].contains(&fault.code);
            judge.refuse_record(index, fault);
        }
    }
    for (i, row) in batch.rows.iter().enumerate() {
        if refused[row.record as usize] {
            continue;
        }
        let seq = next.header.first_seq + i as u64;
        if let Some(fault) = judge.change(tx, seq, row)? {
            judge.refuse_change(seq, row, fault);
        }
    }
    Ok(judge.rulings)
}

impl Judge<'_> {
    /// One pass over the segment, so that no later question scans it again.
    fn survey(&mut self) {
        for (kind, id) in &self.batch.records {
            let known = self.kinds.entry(*id).or_insert(Some(*kind));
            if *known != Some(*kind) {
                *known = None;
            }
        }
        for row in &self.batch.rows {
            let tally = &mut self.tally[row.record as usize];
            *tally = (tally.0 + 1, tally.1.min(row.at_ms));
            if self.batch.fields[row.field as usize] == "opened"
                && let Ok(value) = value::decode(self.batch.value(row))
                && let Some(opened) = sheets::opened(&value)
            {
                self.opened.insert(row.record, opened);
            }
        }
    }

    fn refuse_record(&mut self, index: u32, fault: Fault) {
        let (first, last) = (self.next.header.first_seq, self.next.header.last_seq());
        let id = self.batch.records[index as usize].1;
        let ruling = Ruling {
            code: fault.code,
            seqs: (first, last),
            target: Some(id),
            record: id,
            kind: self.batch.kind(index).to_owned(),
            site: self.site_of(index),
            why: fault.why,
            changes: self.tally[index as usize].0,
            written_ms: self.tally[index as usize].1,
        };
        self.rulings.push(ruling);
    }

    fn refuse_change(&mut self, seq: u64, row: &Row, fault: Fault) {
        let record = self.batch.records[row.record as usize].1;
        if let Some(last) = self.rulings.last_mut()
            && last.target.is_none()
            && (last.code, last.record) == (fault.code, record)
            && last.seqs.1 + 1 == seq
        {
            last.seqs.1 = seq;
            last.changes += 1;
            return;
        }
        self.rulings.push(Ruling {
            code: fault.code,
            seqs: (seq, seq),
            target: None,
            record,
            kind: self.batch.kind(row.record).to_owned(),
            site: self.site_of(row.record),
            why: fault.why,
            changes: 1,
            written_ms: row.at_ms,
        });
    }

    /// What makes a whole record of the segment impossible.
    fn record(&mut self, tx: &mut dyn Tx, index: u32) -> Result<Option<Fault>> {
        let id = self.batch.records[index as usize].1;
        let kind = self.batch.kind(index);
        if let Some((scope, known)) = tx.place(id)?
            && (scope != self.next.scope || known != kind)
        {
            return Ok(Some(invalid("记录属于别处 / the record belongs elsewhere")));
        }
        if self.kinds.get(&id) == Some(&None) {
            return Ok(Some(invalid("一个编号两种记录 / one id, two kinds")));
        }
        let Some(spec) = domain::schema::kind(kind) else {
            return Ok(None);
        };
        if let Some(fault) = self.misplaced(spec) {
            return Ok(Some(fault));
        }
        if kind == "sheet" {
            return self.sheet(tx, index, id);
        }
        Ok(None)
    }

    fn misplaced(&self, spec: &KindSpec) -> Option<Fault> {
        let class = self.next.scope.class();
        let office_only = spec.fields.iter().all(|f| f.writer == Writer::Office);
        if office_only {
            return Some(Fault {
                code: "unauthorised",
                why: "只能由督查室填写 / only the office writes this".to_owned(),
            });
        }
        let right_place =
            spec.name != "sheet" || (class == ScopeClass::Group) == self.c.sheets_open;
        if right_place && spec.scopes.contains(&class) {
            return None;
        }
        Some(invalid(
            "此范围不收这类记录 / this kind does not belong in this scope",
        ))
    }

    /// A sheet's `opened`, from this segment or from before.
    fn opened(&self, tx: &mut dyn Tx, index: u32, id: Uuid) -> Result<Option<sheets::Opened>> {
        if let Some(opened) = self.opened.get(&index) {
            return Ok(Some(opened.clone()));
        }
        let live = tx.live(id, "opened")?;
        Ok(live.first().and_then(|l| sheets::opened(&l.value)))
    }

    fn sheet(&mut self, tx: &mut dyn Tx, index: u32, id: Uuid) -> Result<Option<Fault>> {
        let Some(opened) = self.opened(tx, index, id)? else {
            return Ok(Some(self.unopened(id)));
        };
        let site = self.c.sites.get(&opened.site);
        let checklist = site
            .and_then(|s| self.c.checklist(&opened.code, opened.version, s))
            .cloned();
        let known = checklist.is_some();
        self.sheets.insert(
            index,
            Sheet {
                site: Some(opened.site),
                form: opened.form,
                checklist,
            },
        );
        let Some(site) = site else {
            return Ok(Some(invalid("没有这个点位 / unknown site")));
        };
        if ids::sheet(self.c.id, opened.site, self.author) != id {
            return Ok(Some(invalid(
                "评分单编号不符 / the sheet's id does not fit",
            )));
        }
        if !known {
            return Ok(Some(invalid("没有这份评分表 / unknown checklist")));
        }
        Ok(self.recused(site).or_else(|| self.late()))
    }

    fn recused(&self, site: &Site) -> Option<Fault> {
        let recused = self.c.is_recused(self.author, site);
        recused.then(|| Fault {
            code: "recused",
            why: "应当回避 / recused".to_owned(),
        })
    }

    fn late(&self) -> Option<Fault> {
        let locked = self.c.group_of(self.author).is_some_and(|g| g.locked);
        locked.then(|| Fault {
            code: "late",
            why: "锁定后到达 / arrived after the lock".to_owned(),
        })
    }

    /// The site of a sheet of the author's: the id follows from it.
    fn own_site(&self, id: Uuid) -> Option<&Site> {
        let own = |site: &&Site| ids::sheet(self.c.id, site.id, self.author) == id;
        self.c.sites.values().find(own)
    }

    /// The site that a sheet of the segment is about, as far as it can be told.
    fn site_of(&self, index: u32) -> Option<Uuid> {
        if self.batch.kind(index) != "sheet" {
            return None;
        }
        let opened = self.sheets.get(&index).and_then(|s| s.site);
        let id = self.batch.records[index as usize].1;
        opened.or_else(|| self.own_site(id).map(|s| s.id))
    }

    /// A sheet whose `opened` waits under a verdict shares its lot; else it cannot be read.
    fn unopened(&self, id: Uuid) -> Fault {
        let site = self.own_site(id);
        site.and_then(|site| self.recused(site).or_else(|| self.late()))
            .unwrap_or_else(|| invalid("不知评的是哪个点位 / the sheet was not opened"))
    }

    fn change(&mut self, tx: &mut dyn Tx, seq: u64, row: &Row) -> Result<Option<Fault>> {
        let batch = self.batch;
        let kind_index = batch.records[row.record as usize].0;
        let field = batch.fields[row.field as usize].as_str();
        let spec = *self
            .specs
            .entry((kind_index, row.field))
            .or_insert_with(|| check::spec(&batch.kinds[kind_index as usize], field));
        if let Some(fault) = self.supersedes(tx, seq, row)? {
            return Ok(Some(fault));
        }
        let Some((kind, spec)) = spec else {
            return Ok(None);
        };
        if spec.writer == Writer::Office {
            return Ok(Some(Fault {
                code: "unauthorised",
                why: format!("{field}: 只能由督查室填写 / only the office writes this"),
            }));
        }
        if let Err(why) = check::matches(&spec.ty, batch.value(row)) {
            return Ok(Some(invalid(format!("{field}: {why}"))));
        }
        if kind.name == "sheet" && field == "state" && self.returns(row) {
            return Ok(Some(Fault {
                code: "unauthorised",
                why: "state: 只有督查室能退回 / only the office returns a sheet".to_owned(),
            }));
        }
        if spec.write_once
            && let Some(fault) = self.second_value(tx, row)?
        {
            return Ok(Some(fault));
        }
        if kind.name == "sheet"
            && let Some(item) = field.strip_prefix("answer/")
        {
            return Ok(self.answer(row, item));
        }
        Ok(None)
    }

    /// True if a change of a sheet's state writes a word of the office's.
    fn returns(&self, row: &Row) -> bool {
        let value = value::decode(self.batch.value(row)).unwrap_or(Value::Null);
        let state = value.at(0).as_text().and_then(SheetState::parse);
        state.is_some_and(SheetState::is_offices)
    }

    fn second_value(&mut self, tx: &mut dyn Tx, row: &Row) -> Result<Option<Fault>> {
        let (id, field) = (
            self.batch.records[row.record as usize].1,
            &self.batch.fields[row.field as usize],
        );
        let bytes = self.batch.value(row);
        let held = tx.live(id, field)?;
        let other = |bytes: &[u8]| {
            let mine = value::decode(bytes).ok();
            held.iter().any(|l| Some(&l.value) != mine.as_ref())
        };
        let first = self.once.entry((row.record, row.field));
        let first = first.or_insert_with(|| bytes.to_vec());
        if first.as_slice() != bytes || other(bytes) {
            return Ok(Some(invalid(format!(
                "{field}: 只能填写一次 / written once"
            ))));
        }
        Ok(None)
    }

    fn answer(&self, row: &Row, item: &str) -> Option<Fault> {
        let sheet = self.sheets.get(&row.record)?;
        let checklist = sheet.checklist.as_ref()?;
        let value = value::decode(self.batch.value(row)).unwrap_or(Value::Null);
        let refused = sheets::answer(checklist, sheet.form, item, &value).err()?;
        Some(invalid(format!("{} / {refused}", refused.message_zh())))
    }

    fn supersedes(&self, tx: &mut dyn Tx, seq: u64, row: &Row) -> Result<Option<Fault>> {
        let id = self.batch.records[row.record as usize].1;
        let field = &self.batch.fields[row.field as usize];
        let elsewhere = || {
            Some(invalid(format!(
                "{field}: 取代了别的字段 / supersedes another field"
            )))
        };
        for (index, dead) in self.batch.superseded(row) {
            let log = self.batch.log(self.next.log, *index);
            if log == self.next.log && *dead >= seq {
                let why = format!("{field}: 取代了未来的更改 / supersedes the future");
                return Ok(Some(invalid(why)));
            }
            if log == self.next.log && *dead >= self.next.header.first_seq {
                let other = &self.batch.rows[(*dead - self.next.header.first_seq) as usize];
                let (rec, f) = (
                    self.batch.records[other.record as usize].1,
                    &self.batch.fields[other.field as usize],
                );
                if (rec, f) != (id, field) {
                    return Ok(elsewhere());
                }
                continue;
            }
            let dot = Dot { log, seq: *dead };
            if tx.live(id, field)?.iter().any(|l| l.dot == dot) {
                continue;
            }
            if let Some(place) = tx.change_place(&dot)?
                && (place.0, &place.1) != (id, field)
            {
                return Ok(elsewhere());
            }
        }
        Ok(None)
    }
}

/// True if phones may write to a scope of this class at all.
pub fn for_phones(scope: &Scope) -> bool {
    !matches!(scope, Scope::Campaign { .. } | Scope::Office { .. })
}

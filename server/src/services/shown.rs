//! Records in the words of the console's pages.
//!
//! Invariant: the only place that turns a stored value into something shown; a sealed record's values never pass it.
//! Leaves out: which record (`records`, `conflicts`), wording (`i18n`).

use domain::SiteChecklist;
use domain::checklist::{Item, ItemType};
use domain::sheet::{Form, Mark};
use ledger::{LiveValue, RecordView};
use merge::{Dot, LogId, MAX_ADOPTED_LEAD_MS, Value};
use uuid::Uuid;

use super::campaign::Campaign;
use super::sheets;
use super::sync::Context;
use crate::error::Result;
use crate::model::{Bilingual, FieldInput, GroupHead, Origin, RecordRow, Shown};
use crate::services::photos;
use crate::store::{DeviceRow, Entry, Tx};

/// A group for the head of a page or a row.
pub fn group_head(g: &super::campaign::Group) -> GroupHead {
    GroupHead {
        id: g.id,
        number: g.number,
        name: g.name.clone(),
        locked: g.locked,
    }
}

/// True while a record's values are closed to the office. The first lock of a group breaks the seal of its sheets for
/// good: closing again what was seen and ranked would only look like a seal.
pub fn is_sealed(c: &Campaign, e: &Entry) -> bool {
    let group = e.group.and_then(|g| c.group(g));
    let opened = group.is_some_and(super::campaign::Group::was_opened);
    // A photo's entry is that of what it belongs to, and only a sheet has a form.
    let of_sheet = e.kind == "sheet" || (e.kind == "photo" && !e.form.is_empty());
    of_sheet && !c.sheets_open && !opened
}

/// Name of whoever wrote a record; the office if it was no phone.
pub fn author_name(c: &Campaign, author: Uuid) -> String {
    if author.is_nil() {
        return "督查室".to_owned();
    }
    c.account_name(author)
}

/// What people call a record.
pub fn title(c: &Campaign, e: &Entry) -> String {
    let site = e.site.and_then(|s| c.sites.get(&s)).map(|s| s.name.clone());
    match (e.kind.as_str(), site) {
        ("sheet" | "site_facts", Some(site)) => site,
        (_, Some(site)) if e.title.is_empty() => site,
        _ => e.title.clone(),
    }
}

/// A record as a row of a list.
///
/// # Errors
/// The database's.
pub fn row(tx: &mut dyn Tx, ctx: &Context, c: &Campaign, e: &Entry) -> Result<RecordRow> {
    let sealed = is_sealed(c, e);
    let all = tx.photos(c.id, Some(e.id))?;
    let (photos_arrived, photos_promised) = photos::counts(ctx, &all);
    let site = e.site.and_then(|s| c.sites.get(&s));
    let visit = ["refused", "absent"].contains(&e.visit.as_str());
    Ok(RecordRow {
        id: e.id,
        kind: e.kind.clone(),
        title: title(c, e),
        site_kind: site.map(|s| s.kind),
        township: e.township.as_deref().map(|code| c.township_name(code)),
        group_number: e.group.and_then(|g| c.group(g)).map(|g| g.number),
        author: author_name(c, e.author),
        state: (e.kind == "sheet").then(|| e.state.clone()),
        visit: visit.then(|| e.visit.clone()),
        answered: e.answered,
        items: e.items,
        photos_arrived,
        photos_promised,
        conflicts: e.conflicts,
        sealed,
        score_e4: e.score_e4.filter(|_| !sealed),
        written_ms: Some(e.written_ms).filter(|ms| *ms > 0),
        arrived_ms: Some(e.arrived_ms),
        clock_flagged: !tx.clock_flags(e.id)?.is_empty(),
    })
}

/// The form a sheet is filled by.
pub struct SheetForm<'a> {
    /// Checklist.
    pub checklist: &'a SiteChecklist,
    /// Form.
    pub form: Form,
}

impl<'a> SheetForm<'a> {
    /// Of a sheet's record.
    pub fn of(c: &'a Campaign, view: &RecordView) -> Option<Self> {
        let opened = sheets::opened(view.get("opened"))?;
        let site = c.sites.get(&opened.site)?;
        let checklist = c.checklist(&opened.code, opened.version, site)?;
        Some(Self {
            checklist,
            form: opened.form,
        })
    }

    /// The line an answer's field is about.
    pub fn line(&self, field: &str) -> Option<&'a Item> {
        self.checklist
            .line(self.form, field.strip_prefix("answer/")?)
    }
}

/// The question of an answer's field.
pub fn label(form: Option<&SheetForm>, field: &str) -> Option<Bilingual> {
    let line = form?.line(field)?;
    Some(Bilingual {
        zh: line.title_zh.clone(),
        en: line.title_en.clone(),
    })
}

/// What may be typed to settle a field.
pub fn input(form: Option<&SheetForm>, kind: &str, field: &str) -> FieldInput {
    if let Some(line) = form.and_then(|f| f.line(field)) {
        return match line.kind {
            ItemType::Score { .. } => FieldInput::Points {
                max_e4: line.max_e4,
            },
            ItemType::Deduct { .. } => FieldInput::Count,
            ItemType::YesNo => FieldInput::YesNo,
            ItemType::Ratio { .. } => FieldInput::Ratio,
        };
    }
    let text = matches!(
        protocol::check::spec(kind, field),
        Some((_, spec)) if matches!(spec.ty, domain::schema::FieldType::Text(_))
    );
    if text {
        FieldInput::Text
    } else {
        FieldInput::ChooseOnly
    }
}

fn mark(line: Option<&Item>, value: &Value) -> Shown {
    let raw = sheets::raw_mark(value);
    let typed = line
        .zip(raw)
        .and_then(|(line, raw)| Mark::typed(line, raw).ok());
    match typed {
        Some(Mark::NotApplicable) => Shown::NotApplicable,
        Some(Mark::Points(e4)) => Shown::Points(e4),
        Some(Mark::Count(n)) => Shown::Count(n),
        Some(Mark::YesNo(yes)) => Shown::Bool(yes),
        Some(Mark::Ratio { ok, sampled }) => Shown::Ratio(ok, sampled),
        None => plain(value),
    }
}

fn plain(value: &Value) -> Shown {
    match value {
        Value::Null => Shown::Empty,
        Value::Bool(b) => Shown::Bool(*b),
        Value::Int(n) => Shown::Count(*n),
        Value::Text(t) => Shown::Text(t.clone()),
        Value::Bytes(b) => Shown::Text(hex::encode(b)),
        Value::Id(id) => Shown::Text(id.to_string()),
        Value::List(items) => {
            let parts = items.iter().filter(|v| **v != Value::Null);
            let words: Vec<String> = parts.map(|v| as_words(&plain(v))).collect();
            Shown::Text(words.join(" · "))
        }
    }
}

fn as_words(shown: &Shown) -> String {
    match shown {
        Shown::Text(t) | Shown::Word(t) => t.clone(),
        Shown::Count(n) | Shown::Points(n) => n.to_string(),
        Shown::Bool(b) => if *b { "是" } else { "否" }.to_owned(),
        _ => String::new(),
    }
}

/// A value of a field of a kind.
pub fn value(c: &Campaign, form: Option<&SheetForm>, kind: &str, field: &str, v: &Value) -> Shown {
    if *v == Value::Null {
        return Shown::Empty;
    }
    let text = |v: &Value| v.as_text().unwrap_or_default().to_owned();
    let name = |v: &Value| {
        let site = v.as_id().and_then(|id| c.sites.get(&id));
        site.map_or_else(String::new, |s| s.name.clone())
    };
    if field.starts_with("answer/") {
        let line = form.and_then(|f| f.line(field));
        let reasons = v.at(2).items().iter();
        return Shown::Answer {
            mark: Box::new(mark(line, v.at(0))),
            note: v.at(1).as_text().map(str::to_owned),
            reasons: reasons
                .filter_map(|r| r.as_text().map(str::to_owned))
                .collect(),
        };
    }
    match (kind, field) {
        ("sheet", "state") => Shown::Word(text(v.at(0))),
        ("sheet", "visit") | ("issue", "severity") => Shown::Word(text(v)),
        ("sheet", "opened") => Shown::Text(name(v.at(0))),
        ("issue", "site") => Shown::Text(name(v)),
        ("issue", "category") => {
            let known = v.as_text().and_then(domain::builtin::issue_category);
            match known {
                Some(k) => Shown::Named(Bilingual {
                    zh: k.zh.clone(),
                    en: k.en.clone(),
                }),
                None => Shown::Text(text(v)),
            }
        }
        ("issue", "found") => v.at(0).as_int().map_or(Shown::Empty, Shown::Time),
        ("issue", "place") => {
            let unit = v.at(0).as_text().map(|code| c.township_name(code));
            let words = [unit.unwrap_or_default(), text(v.at(1))];
            Shown::Text(words.join(" ").trim().to_owned())
        }
        ("issue", "fixed_on_spot") => Shown::Answer {
            mark: Box::new(plain(v.at(0))),
            note: v.at(1).as_text().map(str::to_owned),
            reasons: Vec::new(),
        },
        ("issue_case", "progress") => Shown::Word(match v.at(0).as_text() {
            Some("closed") => "issue_closed".to_owned(),
            _ => text(v.at(0)),
        }),
        ("issue_case", "lead_unit") => Shown::Text(c.township_name(&text(v))),
        ("issue_case", "assisting_units") => {
            let codes = v.items().iter().filter_map(Value::as_text);
            let names: Vec<String> = codes.map(|code| c.township_name(code)).collect();
            Shown::Text(names.join(" · "))
        }
        ("opinion", "entry") => Shown::Text(text(v.at(2))),
        ("commendation", "entry") => Shown::Text(text(v.at(1))),
        _ => plain(v),
    }
}

/// Who wrote a change, and when it came.
///
/// # Errors
/// The database's.
pub fn origin(
    tx: &mut dyn Tx,
    c: &Campaign,
    dot: &Dot,
    written_ms: i64,
    arrived_ms: i64,
) -> Result<Origin> {
    let device: Option<DeviceRow> = tx.device(dot.log.device)?;
    let Some(device) = device else {
        let by = tx.act(dot)?.map(|(by, _)| by);
        return Ok(Origin {
            who: by.unwrap_or_else(|| "督查室".to_owned()),
            device: String::new(),
            office: true,
            written_ms,
            arrived_ms,
            skew_ms: None,
            back_ms: None,
        });
    };
    Ok(Origin {
        who: c.account_name(device.account),
        skew_ms: skew(&device),
        device: device.name,
        office: false,
        written_ms,
        arrived_ms,
        back_ms: None,
    })
}

/// How far a device's clock was off, if it is worth a word.
pub fn skew(device: &DeviceRow) -> Option<i64> {
    Some(device.skew_ms).filter(|ms| ms.abs() > MAX_ADOPTED_LEAD_MS)
}

/// A dot as text that pages send back.
pub fn dot_text(dot: &Dot) -> String {
    let l = dot.log;
    format!(
        "{}{}{:016x}{:016x}{:x}",
        l.device.simple(),
        l.scope.simple(),
        l.epoch,
        l.branch,
        dot.seq
    )
}

/// The dot of a text.
pub fn parse_dot(text: &str) -> Option<Dot> {
    let id = |from: usize| Uuid::try_parse(text.get(from..from + 32)?).ok();
    let number = |part: Option<&str>| u64::from_str_radix(part?, 16).ok();
    let log = LogId {
        device: id(0)?,
        scope: id(32)?,
        epoch: number(text.get(64..80))?,
        branch: number(text.get(80..96))?,
    };
    let seq = number(text.get(96..))?;
    Some(Dot { log, seq })
}

/// The dots of live values.
pub fn dots(live: &[LiveValue]) -> Vec<Dot> {
    let mut dots: Vec<Dot> = live.iter().map(|l| l.dot).collect();
    dots.sort();
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_survives_the_page_and_nothing_else_is_one() {
        let log = LogId {
            device: Uuid::from_u128(1),
            scope: Uuid::from_u128(2),
            epoch: u64::MAX,
            branch: 7,
        };
        let dot = Dot { log, seq: 300 };
        assert_eq!(parse_dot(&dot_text(&dot)), Some(dot));
        for bad in ["", "x", "äöü", &dot_text(&dot)[..96]] {
            assert_eq!(parse_dot(bad), None, "{bad}");
        }
    }
}

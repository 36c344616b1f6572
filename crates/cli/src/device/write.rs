//! What a command writes on the phone: open, answer, photo, issue, facts, submit.
//!
//! Invariant: when a command ends with 0, what it did is on disk. Leaves out: sending it (`net`).

use domain::sheet::{Answer, Form, Visit};
use mobile_core::{NewIssue, PhotoMeta, PhotoSource, PhotoStage, PhotoTarget, Replica, Severity};
use serde_json::json;

use super::args::*;
use super::{done, find, mark, show};
use crate::exit::{Exit, Failure, Outcome};
use crate::out;

/// Opens (or finds) the sheet of a site.
pub fn open(phone: &mut Replica, args: &OpenArgs) -> Outcome {
    let site = find::site(phone, &args.site)?;
    let form = if args.quick {
        Form::Quick
    } else {
        phone.campaign()?.form
    };
    let sheet = phone.open_sheet(site.id, form)?;
    if args.json {
        out::print_json(&json!({"sheet": sheet, "site": site.id, "form": form.word()}))?;
        return Ok(Exit::Ok);
    }
    done(
        &format!("{}：评分单 {sheet}", site.name),
        &format!("sheet {sheet}"),
    )
}

/// Answers one line, or takes the answer back.
pub fn answer(phone: &mut Replica, args: &AnswerArgs) -> Outcome {
    let sheet = find::sheet(phone, &args.sheet)?;
    if args.mark == "clear" {
        phone.clear_answer(sheet, &args.item)?;
        return saved(phone, sheet);
    }
    let view = phone.sheet(sheet)?;
    let line = view.lines.iter().find(|line| line.item.id == args.item);
    let line = line.ok_or_else(|| {
        let item = &args.item;
        Failure::new(
            "unknown_item",
            format!("评分表中没有“{item}”这一项"),
            format!("the checklist has no item `{item}`"),
        )
    })?;
    let answer = Answer {
        mark: mark::parse(&line.item, &args.mark)?,
        note: args.note.clone(),
        reasons: args.reasons.clone(),
    };
    phone.answer(sheet, &args.item, answer)?;
    saved(phone, sheet)
}

/// Says that it is saved, and where the sheet stands.
fn saved(phone: &mut Replica, sheet: uuid::Uuid) -> Outcome {
    let score = phone.sheet(sheet)?.score;
    let (points, missing) = (
        out::or_dash(score.score_e4.map(domain::points::show2)),
        score.missing.len(),
    );
    done(
        &format!("已保存到手机，现得 {points} 分，还差 {missing} 项"),
        &format!("saved on the phone; {points} points so far, {missing} lines missing"),
    )
}

/// Says whether a household was entered.
pub fn visit(phone: &mut Replica, args: &VisitArgs) -> Outcome {
    let sheet = find::sheet(phone, &args.sheet)?;
    let visit = match args.visit {
        VisitWord::Entered => Visit::Entered,
        VisitWord::Refused => Visit::Refused,
        VisitWord::Absent => Visit::Absent,
    };
    phone.set_visit(sheet, visit)?;
    done(
        &format!("已保存到手机：{}", visit.zh()),
        &format!("saved on the phone: {}", visit.en()),
    )
}

/// Attaches a photo.
pub fn photo(phone: &mut Replica, args: &PhotoArgs) -> Outcome {
    let sheet = find::sheet(phone, &args.sheet)?;
    let picture = out::read_file(&args.file)?;
    let meta = PhotoMeta {
        caption: args.caption.clone(),
        source: if args.album {
            PhotoSource::Album
        } else {
            PhotoSource::Camera
        },
        stage: args.stage.map(|stage| match stage {
            StageWord::Before => PhotoStage::Before,
            StageWord::After => PhotoStage::After,
        }),
        ..PhotoMeta::default()
    };
    let target = PhotoTarget::Sheet(sheet);
    let photo = phone.attach_photo(target, args.item.as_deref(), &picture, meta)?;
    let view = phone.photos(target)?.into_iter().find(|p| p.id == photo);
    if view.is_some_and(|p| p.no_font) {
        eprintln!(
            "无水印：未找到中文字体，可用 GUANMO_FONT 指定字体文件 · no strip: no font with Chinese characters was found; \
             GUANMO_FONT may name one"
        );
    }
    done(
        &format!("照片已保存到手机：{photo}"),
        &format!("photo saved on the phone: {photo}"),
    )
}

/// Logs an issue.
pub fn issue(phone: &mut Replica, args: &IssueArgs) -> Outcome {
    let site = match &args.site {
        Some(text) => Some(find::site(phone, text)?),
        None => None,
    };
    let severity = Severity::parse(&args.severity).ok_or_else(|| {
        let word = &args.severity;
        Failure::bad_input(
            "invalid",
            format!("轻重“{word}”未知，应为 minor、major 或 grave"),
            format!("unknown severity `{word}`: minor, major or grave"),
        )
    })?;
    let township = site.as_ref().and_then(|site| site.township_code.clone());
    let id = phone.log_issue(NewIssue {
        township_code: args.township.clone().or(township),
        site: site.map(|site| site.id),
        place: args.place.clone(),
        category: args.category.clone(),
        description: args.description.clone(),
        severity,
        position: None,
        fixed_on_spot: args.fixed.clone(),
    })?;
    done(
        &format!("问题已保存到手机：{id}"),
        &format!("issue saved on the phone: {id}"),
    )
}

/// Shows the facts of a site, or writes one.
pub fn facts(phone: &mut Replica, args: &FactsArgs) -> Outcome {
    let site = find::site(phone, &args.site)?;
    match (&args.field, &args.value) {
        (Some(field), Some(value)) => {
            phone.edit_site_facts(site.id, field, value)?;
            done("已保存到手机", "saved on the phone")
        }
        _ => show::facts(phone, &site, args.json),
    }
}

/// Takes one of a field's differing values: of the own sheet, or of the shared facts of a site.
pub fn settle(phone: &mut Replica, args: &SettleArgs) -> Outcome {
    let record = match find::site(phone, &args.sheet) {
        Ok(site)
            if site.conflicts.contains(&args.field)
                && site.fact_values.contains_key(&args.field) =>
        {
            site.facts
        }
        _ => None,
    };
    let record = match record {
        Some(facts) => facts,
        None => find::sheet(phone, &args.sheet)?,
    };
    let values = phone.live_values(record, &args.field)?;
    let chosen = args.take.checked_sub(1).and_then(|at| values.get(at));
    let (Some(chosen), 2..) = (chosen, values.len()) else {
        let field = &args.field;
        return Err(Failure::new(
            "not_found",
            format!("“{field}”没有第 {} 个不同的值", args.take),
            format!("`{field}` has no differing value number {}", args.take),
        ));
    };
    let shown: Vec<mobile_core::Dot> = values.iter().map(|v| v.dot).collect();
    phone.settle(record, &args.field, chosen.value.clone(), &shown)?;
    done("已确定", "settled")
}

/// Submits a sheet.
pub fn submit(phone: &mut Replica, text: &str) -> Outcome {
    let sheet = find::sheet(phone, text)?;
    phone.submit(sheet)?;
    done("已提交，待同步", "submitted, to be synced")
}

/// Takes a submitted sheet back to draft.
pub fn amend(phone: &mut Replica, args: &AmendArgs) -> Outcome {
    let sheet = find::sheet(phone, &args.sheet)?;
    phone.amend(sheet, &args.reason)?;
    done("已退回草稿，可以更改", "back to draft, may be changed")
}

//! The account in words: Chinese first, English beneath.
//!
//! Leaves out: tables (`show`).

use super::cast::Cast;
use super::faults::CLOCK_OFF_MS;
use super::office;
use super::plan::Tour;
use super::say::Say;
use super::show::{self, Faults, Story};

/// What is played.
pub fn introduction(tour: &Tour, say: &Say) {
    let (townships, sites) = (tour.townships.len(), tour.sites.len());
    let people = tour.observers.len();
    say.line("观摩通演示 · Guanmo demo");
    say.both(
        &format!(
            "西吉县 {townships} 个乡镇，{sites} 个点位，两组共 {people} 名观摩员；得分、位置、照片均为虚构"
        ),
        &format!(
            "Xiji County: {townships} townships, {sites} sites, {people} inspectors in two groups; scores, positions \
             and photos are invented"
        ),
    );
    if office::are_proposals() {
        say.both(
            "所用评分表为建议稿，须经县里确认后方可正式使用",
            "the checklists are proposals; the county must confirm them before real use",
        );
    }
}

/// What went wrong on tour.
pub fn faults(happened: &Faults, say: &Say) {
    let (after, code) = (happened.killed_after, &happened.recused_code);
    let days = CLOCK_OFF_MS / 86_400_000;
    say.both(
        &format!("一台手机写入中被强行终止(已确认 {after} 步),重新打开后继续"),
        &format!("one phone was killed while writing (after {after} acknowledged steps), opened again and went on"),
    );
    say.both(
        &format!("一名观摩员给本乡评分被拒(回避，{code})"),
        &format!("one inspector was refused a sheet for his own township ({code})"),
    );
    say.both(
        &format!("一台时钟快 {days} 天；一台中途被复制，之后原机与副本各写各的；一人用两台手机填同两份评分单"),
        &format!(
            "one clock is {days} days fast; one phone was copied, then both went on; one inspector filled two sheets on \
             two phones"
        ),
    );
}

/// What the sync did.
pub fn sync(cast: &Cast, happened: &Faults, say: &Say) {
    let active = cast.members.iter().filter(|m| !m.retired);
    let (all, agreed) = (
        active.clone().count(),
        active.filter(|m| m.traffic.agreed).count(),
    );
    let Faults {
        copies_noticed,
        reissued,
        clocks_flagged,
        ..
    } = happened;
    say.both(
        &format!(
            "{agreed}/{all} 台与服务器一致；副本 {copies_noticed} 台被发现，重发 {reissued} 处改动；时钟不准 {clocks_flagged} 台已标出"
        ),
        &format!(
            "{agreed}/{all} phones agree with the server; {copies_noticed} copy was noticed and issued {reissued} changes \
             again; {clocks_flagged} wrong clock is flagged"
        ),
    );
}

/// What was contested and settled.
pub fn conflicts(story: &Story, say: &Say) {
    let (fields, values, open) = (
        story.contested.cells,
        story.contested.values,
        story.open.cells,
    );
    let (office, author) = (story.settled_by_office, story.settled_by_author);
    say.both(
        &format!("有争议的字段 {fields} 个、值 {values} 个；督查室裁定 {office} 个，本人确认 {author} 个，留待 {open} 个"),
        &format!(
            "{fields} fields with {values} values; the office settled {office}, the author {author}, {open} are left open"
        ),
    );
}

/// What became of the late sheet.
pub fn late(happened: &Faults, say: &Say) {
    let held = happened.held;
    say.both(
        &format!("迟交的评分单已收下，未计入；待裁定 {held} 件"),
        &format!("the late sheet was taken in but not counted; {held} waiting for a decision"),
    );
}

/// The tables, and how long it took.
pub fn end(story: &Story, cast: &Cast, say: &Say) {
    say.line(&format!("\n{}", show::ranking(story, cast.tour)));
    say.line(&format!("\n{}", show::totals(story, cast)));
    let (seconds, minutes) = (story.seconds, story.seconds / 60.0);
    say.line(&format!(
        "\n全程 {seconds:.1} s({minutes:.1} 分钟)· in all {seconds:.1} s"
    ));
}

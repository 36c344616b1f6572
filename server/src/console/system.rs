//! The page about the server itself: disk, backups, certificate, queue, slow requests; and a backup now.
//!
//! Invariant: every warning is a word and a sign, never a colour alone. Leaves out: how it is measured (`app::system`).

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::page::{Page, html};
use super::pages::Pages;
use super::refusal::Refusal;
use super::session::SignedIn;
use super::state::ConsoleState;
use crate::auth::{Action, allows};
use crate::i18n::Lang;
use crate::model::SystemStatus;

/// Days before the certificate's end from which the page warns.
const WARN_DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// The pages of this topic.
pub fn pages(p: Pages) -> Pages {
    p.page(Action::ViewSystem, "/console/system", show).form(
        Action::RunBackup,
        "/console/system/backup",
        back_up,
    )
}

/// A line of the page.
struct Line {
    label: &'static str,
    value: String,
    /// What is wrong and what to do.
    warning: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    t: Lang,
    p: Page,
    s: SystemStatus,
    lines: Vec<Line>,
    may_back_up: bool,
}

/// `GET /console/system`
pub async fn show(State(state): State<ConsoleState>, user: SignedIn) -> Result<Response, Refusal> {
    let s = state.app.system().await?;
    html(&SystemPage {
        t: user.t,
        p: user.page(&state).await?,
        lines: lines(user.t, &s, state.app.now_ms()),
        may_back_up: s.backup_planned && allows(user.login.role, Action::RunBackup),
        s,
    })
}

/// `POST /console/system/backup`
pub async fn back_up(
    State(state): State<ConsoleState>,
    user: SignedIn,
) -> Result<Response, Refusal> {
    state.app.back_up(&user.viewer().actor()).await?;
    Ok(Redirect::to("/console/system?done=backup").into_response())
}

fn lines(t: Lang, s: &SystemStatus, now_ms: i64) -> Vec<Line> {
    let line = |label, value: String, warning: Option<&'static str>| Line {
        label,
        value,
        warning,
    };
    let low = s.disk_free_bytes < s.disk_reserve_bytes;
    let late = s.backup_planned
        && s.backup_age_s
            .is_none_or(|age| age > s.backup_every_s.unwrap_or_default().saturating_mul(2));
    let backup = match (s.backup_planned, s.backup_age_s) {
        (false, _) => t.backup_not_planned().to_owned(),
        (true, None) => t.backup_none_yet().to_owned(),
        (true, Some(age)) => t.ago(duration(t, age)),
    };
    let backup_warning = if s.backup_planned {
        late.then(|| t.backup_late())
    } else {
        Some(t.backup_set_up())
    };
    let tls = s
        .tls_expires_at_ms
        .map_or_else(|| t.tls_elsewhere().to_owned(), |at| t.full_time(at));
    let ending = s
        .tls_expires_at_ms
        .is_some_and(|at| at - now_ms < WARN_DAYS * DAY_MS);
    vec![
        line(t.version_head(), s.version.clone(), None),
        line(t.uptime_head(), duration(t, s.uptime_s), None),
        line(
            t.disk_free_head(),
            size(s.disk_free_bytes),
            low.then(|| t.disk_low()),
        ),
        line(t.database_head(), size(s.database_bytes), None),
        line(t.wal_head(), size(s.wal_bytes), None),
        line(t.backup_head(), backup, backup_warning),
        line(
            t.verified_head(),
            s.verified_at_ms
                .map_or_else(|| t.verified_not_yet().to_owned(), |at| t.full_time(at)),
            s.verify_findings
                .is_some_and(|n| n > 0)
                .then(|| t.verify_found()),
        ),
        line(t.tls_head(), tls, ending.then(|| t.tls_ending())),
        line(t.queue_head(), s.queue.to_string(), None),
        line(
            t.phones_unsynced_head(),
            t.n_of_m(s.phones_unsynced, s.phones),
            None,
        ),
        line(
            t.oldest_unsynced_head(),
            duration(t, s.oldest_unsynced_s),
            None,
        ),
        line(t.photos_waiting_head(), s.photos_waiting.to_string(), None),
        line(t.open_conflicts_head(), s.open_conflicts.to_string(), None),
        line(t.held_entries_head(), s.held_entries.to_string(), None),
    ]
}

/// Bytes in the largest unit that leaves a number from 1 on.
fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut at = 0;
    while value >= 1_000.0 && at + 1 < units.len() {
        value /= 1_000.0;
        at += 1;
    }
    if at == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", units[at])
    }
}

fn duration(t: Lang, seconds: u64) -> String {
    match seconds {
        0..60 => t.n_seconds(seconds),
        60..3_600 => t.n_minutes(seconds / 60),
        3_600..172_800 => t.n_hours(seconds / 3_600),
        _ => t.n_days(seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_shown_in_fitting_units() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_500_000), "1.5 MB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
        assert_eq!(duration(Lang::Zh, 59), "59 秒");
        assert_eq!(duration(Lang::En, 7_300), "2 h");
    }

    #[test]
    fn a_full_disk_a_late_backup_a_finding_and_an_ending_certificate_are_told_in_words() {
        let well = SystemStatus {
            disk_free_bytes: 10,
            disk_reserve_bytes: 5,
            backup_planned: true,
            backup_every_s: Some(3_600),
            backup_age_s: Some(600),
            tls_expires_at_ms: Some(90 * DAY_MS),
            verified_at_ms: Some(0),
            verify_findings: Some(0),
            ..SystemStatus::default()
        };
        let warnings = |s: &SystemStatus| {
            let lines = lines(Lang::En, s, 0);
            lines.iter().filter(|l| l.warning.is_some()).count()
        };
        assert_eq!(warnings(&well), 0);
        let bad = SystemStatus {
            disk_free_bytes: 1,
            backup_age_s: Some(90_000),
            tls_expires_at_ms: Some(DAY_MS),
            verify_findings: Some(1),
            ..well
        };
        assert_eq!(warnings(&bad), 4);
    }
}

//! The figures of a bench run against what they should reach: a table for people, an object for programs.
//!
//! Invariant: every row shows its control; a row whose control does not fail as it must is not reached.
//! Leaves out: how they were measured (`tour`, `autosave`, `raw`).

use serde::Serialize;

use super::autosave::Counted;
use super::cpu::median;
use super::raw::Bound;
use super::tour::Run;
use super::workload::{Contested, Counts};

/// All figures.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Where W comes from.
    pub workload: String,
    /// How much it is.
    pub inspections: usize,
    /// Answers.
    pub answers: usize,
    /// P1: median of an autosave over the median of a raw one-row commit.
    pub autosave_ratio: f64,
    /// Median of an autosave, µs.
    pub autosave_us: f64,
    /// Median of a raw one-row commit, µs.
    pub raw_commit_us: f64,
    /// P1: disk syncs of one autosave.
    pub disk_syncs_per_autosave: f64,
    /// How they were counted: `strace` or `vfs`.
    pub disk_syncs_counted_by: &'static str,
    /// Control: a raw commit with FULL, and with NORMAL.
    pub disk_syncs_control: [f64; 2],
    /// P2: processor time of both sides over raw fan-out.
    pub converge_cpu_ratio: f64,
    /// Processor time until all hold everything, s.
    pub converge_cpu_s: f64,
    /// Wall time of the same, s.
    pub converge_wall_s: f64,
    /// Processor time of raw fan-out, s.
    pub raw_cpu_s: f64,
    /// P3: mean bytes of request bodies a phone.
    pub push_bytes_per_phone: u64,
    /// P4: mean bytes of reply bodies a phone, whole group.
    pub pull_bytes_group: u64,
    /// P4: the same with sealed sheets.
    pub pull_bytes_inspector: u64,
    /// P5: requests of a sync with nothing new.
    pub noop_requests: f64,
    /// P5: the larger of its two bodies.
    pub noop_body_bytes: u64,
    /// P5: processor time of the server for it with everything stored, ms.
    pub noop_server_cpu_ms: f64,
    /// Control: the same with a tenth stored.
    pub noop_server_cpu_tenth_ms: f64,
    /// Control: the larger body with a tenth stored.
    pub noop_body_tenth_bytes: u64,
    /// P6: a phone's database over raw, whole group.
    pub client_db_ratio: f64,
    /// P6: the same with sealed sheets.
    pub client_db_ratio_inspector: f64,
    /// P6: the server's database over raw.
    pub server_db_ratio: f64,
    /// Contested fields on the server.
    pub conflict_cells: usize,
    /// Competing values in them.
    pub conflict_values: usize,
    /// Contested fields and values W must leave.
    pub conflict_expected: [usize; 2],
    /// Phones whose values differ from the server's.
    pub diverging_devices: usize,
    /// Control: the same with one phone left out of the last sync.
    pub diverging_control: usize,
}

/// What was measured.
pub struct Measured {
    /// Where W comes from.
    pub source: String,
    /// How much W is.
    pub counts: Counts,
    /// What its edits must leave.
    pub expected: Contested,
    /// Raw fan-out.
    pub bound: Bound,
    /// With open sheets.
    pub open: Run,
    /// With sealed sheets.
    pub sealed: Run,
    /// Disk syncs.
    pub syncs: Counted,
}

fn ratio(of: f64, to: f64) -> f64 {
    if to > 0.0 { of / to } else { f64::NAN }
}

impl Figures {
    /// Works them out.
    pub fn new(m: &Measured) -> Self {
        let us = |times: &[std::time::Duration]| median(times.to_vec()).as_secs_f64() * 1e6;
        let (ours, raw) = (us(&m.open.times.ours), us(&m.open.times.raw));
        let each = |syncs: u64| ratio(syncs as f64, f64::from(m.syncs.autosaves));
        let [tenth, all] = m.open.noop;
        let body = |n: super::tour::Noop| n.sent_bytes.max(n.received_bytes);
        Self {
            workload: m.source.clone(),
            inspections: m.counts.inspections,
            answers: m.counts.answers,
            autosave_ratio: ratio(ours, raw),
            autosave_us: ours,
            raw_commit_us: raw,
            disk_syncs_per_autosave: each(m.syncs.traced.unwrap_or(m.syncs.syncs)),
            disk_syncs_counted_by: if m.syncs.traced.is_some() {
                "strace"
            } else {
                "vfs"
            },
            disk_syncs_control: [each(m.syncs.raw_full), each(m.syncs.raw_normal)],
            converge_cpu_ratio: ratio(m.open.cpu.as_secs_f64(), m.bound.cpu.as_secs_f64()),
            converge_cpu_s: m.open.cpu.as_secs_f64(),
            converge_wall_s: m.open.wall.as_secs_f64(),
            raw_cpu_s: m.bound.cpu.as_secs_f64(),
            push_bytes_per_phone: m.open.push_bytes,
            pull_bytes_group: m.open.pull_bytes,
            pull_bytes_inspector: m.sealed.pull_bytes,
            noop_requests: tenth.requests.max(all.requests),
            noop_body_bytes: body(all),
            noop_server_cpu_ms: all.server_cpu.as_secs_f64() * 1e3,
            noop_server_cpu_tenth_ms: tenth.server_cpu.as_secs_f64() * 1e3,
            noop_body_tenth_bytes: body(tenth),
            client_db_ratio: ratio(m.open.client_bytes as f64, m.bound.group_bytes as f64),
            client_db_ratio_inspector: ratio(
                m.sealed.client_bytes as f64,
                m.bound.inspector_bytes as f64,
            ),
            server_db_ratio: ratio(m.open.server_bytes as f64, m.bound.server_bytes as f64),
            conflict_cells: m.open.contested.cells,
            conflict_values: m.open.contested.values,
            conflict_expected: [m.expected.cells, m.expected.values],
            diverging_devices: m.open.diverging + m.sealed.diverging,
            diverging_control: m.open.diverging_control,
        }
    }

    /// Rows: number, what, figure, to reach, control, whether reached.
    pub fn rows(&self) -> Vec<Row> {
        let f = self;
        let [full, normal] = f.disk_syncs_control;
        let syncs_seen = full > 0.9 && normal == 0.0;
        let row = |no, what, figure: String, reach, control: String, ok| Row {
            no,
            what,
            figure,
            reach,
            control,
            ok,
        };
        let kb = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1000.0);
        vec![
            row(
                "P1",
                "一次自动保存 / 裸提交 · autosave / raw commit",
                format!(
                    "{:.2} ({:.0} / {:.0} µs)",
                    f.autosave_ratio, f.autosave_us, f.raw_commit_us
                ),
                "≤ 1.10",
                "交替测量 · taken in turns".into(),
                f.autosave_ratio <= 1.1,
            ),
            row(
                "P1",
                "每次自动保存的落盘次数 · disk syncs per autosave",
                format!(
                    "{:.3} ({})",
                    f.disk_syncs_per_autosave, f.disk_syncs_counted_by
                ),
                "1",
                format!("FULL {full:.2}, NORMAL {normal:.2}"),
                f.disk_syncs_per_autosave == 1.0 && syncs_seen,
            ),
            row(
                "P2",
                "同步处理器时间 / 裸写入 · sync CPU / raw fan-out",
                format!(
                    "{:.2} ({:.2} / {:.2} s)",
                    f.converge_cpu_ratio, f.converge_cpu_s, f.raw_cpu_s
                ),
                "≤ 1.60",
                format!(
                    "不一致 · diverging {} → {}",
                    f.diverging_control, f.diverging_devices
                ),
                f.converge_cpu_ratio <= 1.6 && f.diverging_devices == 0 && f.diverging_control == 1,
            ),
            row(
                "P3",
                "每台手机上行 · pushed per phone",
                kb(f.push_bytes_per_phone),
                "≤ 45 kB",
                "请求正文 · request bodies".into(),
                f.push_bytes_per_phone <= 45_000 && f.push_bytes_per_phone > 0,
            ),
            row(
                "P4",
                "下行，全组 · pulled, whole group",
                kb(f.pull_bytes_group),
                "≤ 700 kB",
                "公开评分单 · open sheets".into(),
                f.pull_bytes_group <= 700_000 && f.pull_bytes_group > f.pull_bytes_inspector,
            ),
            row(
                "P4",
                "下行，本人范围 · pulled, inspector's scope",
                kb(f.pull_bytes_inspector),
                "≤ 60 kB",
                "密封评分单 · sealed sheets".into(),
                f.pull_bytes_inspector <= 60_000 && f.pull_bytes_inspector > 0,
            ),
            row(
                "P5",
                "无新内容的同步 · sync with nothing new",
                format!(
                    "{:.2} 次 · requests, {} B",
                    f.noop_requests, f.noop_body_bytes
                ),
                "1, ≤ 200 B",
                format!("十分之一数据时 · at a tenth: {} B", f.noop_body_tenth_bytes),
                f.noop_requests == 1.0 && f.noop_body_bytes <= 200,
            ),
            row(
                "P5",
                "其服务器处理器时间 · its server CPU",
                format!("{:.3} ms", f.noop_server_cpu_ms),
                "< 1 ms",
                format!(
                    "十分之一数据时 · at a tenth: {:.3} ms",
                    f.noop_server_cpu_tenth_ms
                ),
                f.noop_server_cpu_ms < 1.0
                    && f.noop_server_cpu_ms < 2.0 * f.noop_server_cpu_tenth_ms,
            ),
            row(
                "P6",
                "磁盘，本人范围 / 全组 / 服务器 · disk, own / group / server",
                format!(
                    "{:.2} / {:.2} / {:.2}",
                    f.client_db_ratio_inspector, f.client_db_ratio, f.server_db_ratio
                ),
                "≤ 1.25 / 1.50 / 1.60",
                "同样内容的裸表 · the same rows raw".into(),
                f.client_db_ratio_inspector <= 1.25
                    && f.client_db_ratio <= 1.5
                    && f.server_db_ratio <= 1.6,
            ),
            row(
                "W",
                "有争议的字段 / 并存的值 · contested fields / values",
                format!("{} / {}", f.conflict_cells, f.conflict_values),
                "全部保留 · all kept",
                format!(
                    "应为 · expected {} / {}",
                    f.conflict_expected[0], f.conflict_expected[1]
                ),
                [f.conflict_cells, f.conflict_values] == f.conflict_expected
                    && f.conflict_cells > 0,
            ),
        ]
    }
}

/// One row.
pub struct Row {
    /// Number in the scoreboard.
    pub no: &'static str,
    /// What is measured.
    pub what: &'static str,
    /// Measured.
    pub figure: String,
    /// To reach.
    pub reach: &'static str,
    /// Control.
    pub control: String,
    /// Reached, and the control did what it must.
    pub ok: bool,
}

/// The table.
pub fn table(figures: &Figures) -> String {
    let header = [
        "",
        "指标 · figure",
        "测得 · measured",
        "目标 · reach",
        "对照 · control",
        "",
    ];
    let mut table = crate::out::table(header);
    for row in figures.rows() {
        let mark = if row.ok { "✓" } else { "✗" };
        table.add_row([row.no, row.what, &row.figure, row.reach, &row.control, mark]);
    }
    table.to_string()
}

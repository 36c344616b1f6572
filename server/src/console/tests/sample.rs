//! Made-up page contents: a tour half done, every text ending in `tail`.

use async_trait::async_trait;
use domain::SiteKind;
use domain::score::{AwardScope, Component, Correction, Weights};
use protocol::problem::Code;
use std::sync::Mutex;
use uuid::Uuid;

use super::START;
use crate::console::data::{ConsoleData, DataResult, Viewer};
use crate::console::model::*;

/// Answers every read with something to show.
#[derive(Default)]
pub struct Sample {
    /// Appended to every text that people could have typed.
    pub tail: &'static str,
    /// A campaign with nothing in it.
    pub empty: bool,
    /// Not even a campaign.
    pub bare: bool,
    /// Values are closed.
    pub sealed: bool,
    /// A third value has arrived since the page was shown.
    pub stale: bool,
    /// Orders that were given, in words.
    pub orders: Mutex<Vec<String>>,
}

pub fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

impl Sample {
    fn text(&self, text: &str) -> String {
        format!("{text}{}", self.tail)
    }

    fn both(&self, zh: &str, en: &str) -> Bilingual {
        Bilingual {
            zh: self.text(zh),
            en: self.text(en),
        }
    }

    fn group(&self, number: i64, locked: bool) -> GroupHead {
        GroupHead {
            id: id(100 + number as u128),
            number,
            name: self.text(&format!("第{number}组")),
            locked,
        }
    }

    fn missing(&self, site: &str, sheets: u32, authors: &[&str], photos: u32) -> Missing {
        Missing {
            site: id(7),
            site_name: self.text(site),
            sheets,
            authors: authors.iter().map(|a| self.text(a)).collect(),
            photos,
        }
    }

    fn board_row(&self, at: usize, name: &str) -> BoardRow {
        let none = at % 7 == 5;
        let full = at.is_multiple_of(3) && !none;
        let count = |kind, expected, lack| KindCount {
            kind,
            submitted: if none { 0 } else { expected - lack },
            expected,
        };
        let lack = if full { 0 } else { 3 };
        BoardRow {
            code: Some(format!("6404221{at:02}")),
            name: self.text(name),
            group: Some(self.group(if at < 10 { 1 } else { 2 }, false)),
            sites_done: if full { 6 } else { 4 },
            sites_planned: 6,
            sheets: vec![
                count(SiteKind::DemonstrationVillage, 14, 0),
                count(SiteKind::Household, 14, lack),
                count(SiteKind::RouteSegment, 7, 0),
                count(SiteKind::Street, 7, 0),
            ],
            photos_arrived: 40 - lack * 2,
            photos_promised: 40,
            conflicts: u32::from(at == 4) * 2,
            held: u32::from(at == 7),
            last_arrival_ms: (!none).then_some(START + at as i64 * 60_000),
            missing: if full {
                Vec::new()
            } else {
                vec![
                    self.missing("农户2", 3, &["观摩员03", "观摩员05", "观摩员07"], 0),
                    self.missing("示范村", 0, &[], 6),
                ]
            },
        }
    }

    fn row(&self, n: u128) -> RecordRow {
        RecordRow {
            id: id(n),
            kind: "sheet".to_owned(),
            title: self.text("火石寨乡 农户2"),
            site_kind: Some(SiteKind::Household),
            township: Some(self.text("火石寨")),
            group_number: Some(1),
            author: self.text("观摩员03"),
            state: Some(
                if n.is_multiple_of(3) {
                    "draft"
                } else {
                    "submitted"
                }
                .to_owned(),
            ),
            visit: n.is_multiple_of(5).then(|| "absent".to_owned()),
            answered: 22,
            items: 24,
            photos_arrived: 5,
            photos_promised: 6,
            conflicts: u32::from(n % 4 == 1),
            sealed: self.sealed,
            score_e4: (!self.sealed).then_some(905_000),
            written_ms: Some(START),
            arrived_ms: Some(START + 3_600_000),
        }
    }

    fn origin(&self, who: &str, skew_ms: Option<i64>) -> Origin {
        Origin {
            who: self.text(who),
            device: self.text("红米 9A"),
            office: false,
            written_ms: START,
            arrived_ms: START + 3_600_000,
            skew_ms,
        }
    }

    fn answer(&self, e4: i64) -> Shown {
        if self.sealed {
            return Shown::Sealed;
        }
        Shown::Answer {
            mark: Box::new(Shown::Points(e4)),
            note: Some(self.text("院内有柴草未码放")),
            reasons: vec![self.text("乱堆乱放")],
        }
    }

    fn conflict(&self, with_third: bool) -> FieldConflict {
        let sibling = |dot: &str, e4, who| Sibling {
            dot: format!("{dot}{}", self.tail),
            value: self.answer(e4),
            by: self.origin(who, (dot == "b").then_some(-5_400_000)),
        };
        let mut siblings = vec![
            sibling("a", 75_000, "观摩员03"),
            sibling("b", 60_000, "观摩员03"),
        ];
        if with_third {
            siblings.push(sibling("c", 50_000, "观摩员03"));
        }
        FieldConflict {
            field: "answer/H-2".to_owned(),
            label: Some(self.both("院内柴草、杂物码放整齐", "Firewood and tools are stacked")),
            input: FieldInput::Points { max_e4: 80_000 },
            siblings,
            sealed: self.sealed,
        }
    }

    fn held_entry(&self, n: u128) -> HeldEntry {
        HeldEntry {
            id: format!("h{n}{}", self.tail),
            kind: [HeldKind::Late, HeldKind::Rejected, HeldKind::Quarantined][n as usize % 3],
            code: Some(["late", "recused", "revoked"][n as usize % 3].to_owned()),
            who: self.text("观摩员11"),
            device: self.text("荣耀 X30"),
            what: self.text("平峰镇 示范村"),
            record: Some(id(n)),
            changes: 26,
            written_ms: Some(START),
            arrived_ms: START + 7_200_000,
            decided: (n == 2).then(|| HeldDecided {
                accepted: true,
                reason: self.text("手机没电，次日补传"),
                at_ms: START,
            }),
        }
    }

    fn conflict_row(&self) -> ConflictRow {
        ConflictRow {
            record: self.row(1),
            field: "answer/H-2".to_owned(),
            label: Some(self.both("院内柴草、杂物码放整齐", "Firewood and tools are stacked")),
            values: vec![
                (self.answer(75_000), self.text("观摩员03")),
                (self.answer(60_000), self.text("观摩员03")),
            ],
            since_ms: START,
        }
    }

    fn rank_row(&self, n: usize, award: Option<AwardKind>) -> RankRow {
        RankRow {
            code: format!("6404221{n:02}"),
            name: self.text(TOWNSHIPS[n]),
            group_number: 1,
            components: vec![
                (Component::V, 912_000),
                (Component::H, 905_000),
                (Component::E, 880_000),
            ],
            raw_e4: Some(908_000 - n as i64 * 9_000),
            corrected_e4: Some(893_929 - n as i64 * 9_000),
            rank: Some(n + 1),
            award,
        }
    }

    fn lock_done(&self) -> LockDone {
        LockDone {
            version: 1,
            at_ms: START,
            result_hash: "3f9a1c0de5b7428891d6af0273bc4e55".repeat(2),
            sheets_counted: 610,
            left_out: vec![(
                id(1),
                self.text("农户2"),
                self.text("观摩员07"),
                "unsettled".to_owned(),
            )],
            reason: Some(self.text("两部手机送修")),
        }
    }

    fn order(&self, words: String) {
        self.orders.lock().unwrap().push(words);
    }
}

const TOWNSHIPS: &[&str] = &[
    "火石寨",
    "偏城",
    "沙沟",
    "吉强",
    "白崖",
    "新营",
    "马建",
    "田坪",
    "红耀",
    "西滩",
    "平峰",
    "什字",
    "将台堡",
    "兴隆",
    "硝河",
    "马莲",
    "王民",
    "震湖",
    "兴平",
];

#[async_trait]
impl ConsoleData for Sample {
    async fn campaign(&self) -> DataResult<Option<CampaignHead>> {
        Ok((!self.bare).then(|| CampaignHead {
            name: self.text("城乡环境综合整治观摩评比"),
            dates: Some(("2021-11-18".to_owned(), "2021-11-20".to_owned())),
            state: "running".to_owned(),
            proposal_checklists: true,
        }))
    }

    async fn board(&self, _: &Viewer) -> DataResult<Board> {
        if self.bare {
            return Err(Code::NotFound.into());
        }
        let townships = TOWNSHIPS.iter().enumerate();
        let mut rows: Vec<_> = townships.map(|(at, n)| self.board_row(at, n)).collect();
        for number in [1, 2] {
            rows.push(BoardRow {
                code: None,
                group: Some(self.group(number, false)),
                sheets: vec![KindCount {
                    kind: SiteKind::TownSite,
                    submitted: 40,
                    expected: 49,
                }],
                ..self.board_row(number as usize, "")
            });
        }
        let rows = if self.empty { Vec::new() } else { rows };
        Ok(Board { at_ms: START, rows })
    }

    async fn filter_options(&self, _: &Viewer) -> DataResult<FilterOptions> {
        Ok(FilterOptions {
            townships: vec![("640422100".to_owned(), self.text("吉强"))],
            groups: vec![self.group(1, false), self.group(2, false)],
            authors: vec![(id(3), self.text("观摩员03"))],
        })
    }

    async fn records(&self, _: &Viewer, filter: &RecordFilter) -> DataResult<RecordPage> {
        if self.empty {
            return Ok(RecordPage::default());
        }
        Ok(RecordPage {
            rows: (1..=filter.limit.min(20).into())
                .map(|n| self.row(n))
                .collect(),
            total: 1_284,
            next_cursor: Some("next/1".to_owned()),
        })
    }

    async fn record(&self, _: &Viewer, record: Uuid) -> DataResult<RecordView> {
        if record == id(404) {
            return Err(Code::NotFound.into());
        }
        let item = |item: &str, conflict: bool| ItemLine {
            item: item.to_owned(),
            text: self.both("院内柴草、杂物码放整齐", "Firewood and tools are stacked"),
            max_e4: 80_000,
            answer: Some(self.answer(75_000)),
            earned_e4: (!conflict).then_some(75_000),
            conflict,
            photos: 2,
        };
        let sections = vec![Section {
            title: self.both("院里院外", "In and around the yard"),
            earned_e4: Some((325_000, 400_000)),
            items: vec![item("H-1", false), item("H-2", true), item("H-3", false)],
        }];
        let photo = |n: u128| PhotoView {
            id: id(n),
            thumbnail: (n != 2).then(|| format!("sha256:{}", "ab".repeat(32))),
            stored: None,
            caption: self.text("院门口"),
            item: Some("H-2".to_owned()),
            taken_ms: Some(START),
            from_album: n == 3,
            place_e7: None,
        };
        let line = |n: i64| HistoryLine {
            field: "answer/H-2".to_owned(),
            label: Some(self.both("院内柴草、杂物码放整齐", "Firewood and tools are stacked")),
            by: self.origin("观摩员03", (n == 1).then_some(-5_400_000)),
            old: vec![if self.sealed {
                Shown::Sealed
            } else {
                Shown::Empty
            }],
            new: self.answer(75_000),
            verdict: (n == 2).then(|| "recused".to_owned()),
            reason: None,
        };
        Ok(RecordView {
            head: RecordRow {
                id: record,
                ..self.row(1)
            },
            checklist: Some(ChecklistHead {
                title: self.both("农户庭院评分表", "Household checklist"),
                version: 1,
                proposal: true,
            }),
            sections: if self.sealed { Vec::new() } else { sections },
            fields: vec![FieldLine {
                field: "note".to_owned(),
                value: Shown::Text(self.text("主人热情")),
                conflict: false,
            }],
            photos: if self.sealed {
                Vec::new()
            } else {
                (1..=3).map(photo).collect()
            },
            conflicts: vec![self.conflict(self.stale)],
            history: (0..4).map(line).collect(),
            held: vec![self.held_entry(0)],
        })
    }

    async fn settle(&self, _: &Viewer, order: &Settlement) -> DataResult<()> {
        if self.stale {
            return Err(Code::Conflict.into());
        }
        self.order(format!("{order:?}"));
        Ok(())
    }

    async fn conflicts(&self, _: &Viewer) -> DataResult<Vec<ConflictRow>> {
        Ok(if self.empty {
            Vec::new()
        } else {
            vec![self.conflict_row()]
        })
    }

    async fn groups(&self, _: &Viewer) -> DataResult<Vec<GroupHead>> {
        let groups = vec![self.group(1, true), self.group(2, false)];
        Ok(if self.empty { Vec::new() } else { groups })
    }

    async fn lock_check(&self, _: &Viewer, group: Uuid) -> DataResult<LockCheck> {
        let locked = group == id(101);
        let missing = self.missing(
            "农户2",
            3,
            &["观摩员03", "观摩员05", "观摩员07", "观摩员08"],
            2,
        );
        Ok(LockCheck {
            group: self.group(if locked { 1 } else { 2 }, locked),
            missing: vec![(Some(self.text("平峰")), missing.clone()), (None, missing)],
            unsettled: vec![self.conflict_row()],
            drafts: vec![self.row(3)],
            held: vec![self.held_entry(0)],
            shown: format!("digest{}", self.tail),
            done: locked.then(|| self.lock_done()),
        })
    }

    async fn lock(&self, _: &Viewer, order: &LockOrder) -> DataResult<LockDone> {
        if self.stale {
            return Err(Code::Conflict.into());
        }
        self.order(format!("{order:?}"));
        Ok(self.lock_done())
    }

    async fn ranking(&self, _: &Viewer) -> DataResult<Ranking> {
        let award = |n| match n {
            0 | 1 => Some(AwardKind::RedFlag),
            9 => Some(AwardKind::YellowCard),
            _ => None,
        };
        let rows = || -> Vec<RankRow> { (0..10).map(|n| self.rank_row(n, award(n))).collect() };
        let group = |number, rows: Vec<RankRow>| GroupRanking {
            group: self.group(number, !rows.is_empty()),
            result_hash: (!rows.is_empty()).then(|| "3f9a1c0de5b74288".repeat(4)),
            delta_e4: Some(if number == 1 { 14_071 } else { -14_071 }),
            rows,
        };
        Ok(Ranking {
            rules_hash: "91d6af0273bc4e55".repeat(4),
            weights: Weights::default(),
            correction: Correction::BenchmarkAdditive,
            award_scope: AwardScope::PerGroup,
            groups: if self.empty {
                Vec::new()
            } else {
                vec![group(1, rows()), group(2, Vec::new())]
            },
            overall: rows(),
            shared: vec![SharedSiteRow {
                name: self.text("文垚市场"),
                scores: vec![(1, Some(798_000)), (2, Some(775_000))],
            }],
            delta_limited: true,
        })
    }

    async fn explain(&self, _: &Viewer, code: &str) -> DataResult<Explanation> {
        if code == "640422199" {
            return Err(Code::NotReady.into());
        }
        let node = |zh: &str, en: &str, value_e4, counted, children| ExplainNode {
            label: self.both(zh, en),
            value_e4: Some(value_e4),
            how: self.both("(88.5+91+86+90.5+89)/5", "(88.5+91+86+90.5+89)/5"),
            counted,
            record: None,
            children,
        };
        let sheets = vec![
            node(
                "观摩员01 的评分单",
                "Sheet of observer 01",
                985_000,
                false,
                Vec::new(),
            ),
            node(
                "观摩员02 的评分单",
                "Sheet of observer 02",
                885_000,
                true,
                Vec::new(),
            ),
        ];
        let site = node("示范村1", "Demonstration village 1", 890_000, true, sheets);
        let v = node(
            "示范村 50%",
            "Demonstration villages 50%",
            912_000,
            true,
            vec![site],
        );
        let h = node("农户 20%", "Households 20%", 905_000, true, Vec::new());
        Ok(Explanation {
            code: code.to_owned(),
            name: self.text("火石寨"),
            tree: node("火石寨 T", "Huoshizhai T", 908_000, true, vec![v, h]),
        })
    }

    async fn held(&self, _: &Viewer) -> DataResult<Vec<HeldEntry>> {
        let entries = (0..3).map(|n| self.held_entry(n)).collect();
        Ok(if self.empty { Vec::new() } else { entries })
    }

    async fn decide_held(&self, _: &Viewer, decision: &HeldDecision) -> DataResult<()> {
        self.order(format!("{decision:?}"));
        Ok(())
    }

    async fn people(&self, _: &Viewer) -> DataResult<Vec<Person>> {
        let device = |n: u128, revoked| DeviceLine {
            id: id(n),
            name: self.text("红米 9A"),
            fingerprint: "3F9A-1C0D-E5B7-4288".to_owned(),
            enrolled_at_ms: START,
            last_sync_ms: (n != 2).then_some(START + 600_000),
            skew_ms: (n == 1).then_some(7_200_000),
            revoked,
        };
        let person = |n: u128, devices| Person {
            account: id(n),
            name: self.text(&format!("观摩员{n:02}")),
            role: "observer".to_owned(),
            home_unit: Some(self.text("吉强镇")),
            group_number: Some(1),
            active: n != 4,
            devices,
        };
        let revoked = Some((START, self.text("手机丢失")));
        let people = vec![
            person(1, vec![device(1, None), device(2, revoked)]),
            person(2, Vec::new()),
            person(4, Vec::new()),
        ];
        Ok(if self.empty { Vec::new() } else { people })
    }

    async fn revoke_device(&self, _: &Viewer, device: Uuid, reason: &str) -> DataResult<()> {
        self.order(format!("revoke {device} {reason}"));
        Ok(())
    }
}

//! Workload W: what 30 phones do in two days, read from files or made here.
//!
//! The files are those of the published generator (`sites.jsonl`, `devNN.jsonl`, one JSON object a line). Without them
//! the same shape is made here: the same counts, sizes and distributions from a fixed seed, though not the same bytes.
//! Leaves out: how W is written into a campaign (`tour`), and how raw tables hold it (`raw`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use uuid::Uuid;

use super::random::Chance;

/// Fields of a shared site record, as W names them.
pub const SITE_FIELDS: [&str; 5] = ["name", "contact", "phone", "status", "remark"];
/// Lines of the checklist.
pub const ITEMS: u32 = 30;
const SEED: u64 = 20_261_123;
const GROUP_SIZE: usize = 15;
const SITES_A_TOWNSHIP: usize = 8;
const PHOTOS_AN_INSPECTION: usize = 3;
const START_MS: i64 = 1_795_478_400_000;

/// A shared site record before the tour.
#[derive(Clone, Debug, Deserialize)]
pub struct Site {
    /// Id.
    pub id: Uuid,
    /// Tour group, 0 or 1.
    pub group: usize,
    /// `village` or `household`.
    pub kind: String,
    /// The five shared fields.
    pub name: String,
    /// Who to call.
    pub contact: String,
    /// Where to call.
    pub phone: String,
    /// State.
    pub status: String,
    /// Remark.
    pub remark: String,
}

impl Site {
    /// The value of one of [`SITE_FIELDS`].
    pub fn field(&self, name: &str) -> &str {
        match name {
            "name" => &self.name,
            "contact" => &self.contact,
            "phone" => &self.phone,
            "status" => &self.status,
            _ => &self.remark,
        }
    }
}

/// One thing an inspector does.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Op {
    /// Opens an inspection.
    Insp {
        /// Id.
        id: Uuid,
        /// Where.
        site: Uuid,
        /// Device time, ms UTC.
        ts: i64,
    },
    /// Answers one line.
    Ans {
        /// Inspection.
        insp: Uuid,
        /// Line, 1 to 30.
        item: u32,
        /// Points, 0 to 10.
        score: i64,
        /// Note.
        note: Option<String>,
        /// Device time, ms UTC.
        ts: i64,
    },
    /// Refers to a photo.
    Photo {
        /// Id.
        id: Uuid,
        /// Inspection.
        insp: Uuid,
        /// SHA-256, hex.
        hash: String,
        /// Device time, ms UTC.
        ts: i64,
        /// Degrees.
        lat: f64,
        /// Degrees.
        lon: f64,
        /// Caption.
        cap: String,
    },
    /// Edits a shared site record.
    Site {
        /// Which.
        site: Uuid,
        /// One of [`SITE_FIELDS`].
        field: String,
        /// New text.
        value: String,
        /// Device time, ms UTC.
        ts: i64,
    },
}

impl Op {
    /// Device time, ms UTC.
    pub fn ts(&self) -> i64 {
        match self {
            Op::Insp { ts, .. }
            | Op::Ans { ts, .. }
            | Op::Photo { ts, .. }
            | Op::Site { ts, .. } => *ts,
        }
    }
}

/// One inspector's two days.
#[derive(Clone, Debug)]
pub struct Device {
    /// Tour group, 0 or 1.
    pub group: usize,
    /// What he does, in order.
    pub ops: Vec<Op>,
}

/// The whole workload.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where it comes from, for the report.
    pub source: String,
    /// Shared sites.
    pub sites: Vec<Site>,
    /// Phones.
    pub devices: Vec<Device>,
}

/// How much of each there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Inspections.
    pub inspections: usize,
    /// Answers.
    pub answers: usize,
    /// Photo references.
    pub photos: usize,
    /// Edits of shared sites.
    pub edits: usize,
}

/// What must be left of the concurrent edits, worked out from W alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contested {
    /// Fields with more than one surviving text.
    pub cells: usize,
    /// Surviving texts in them.
    pub values: usize,
}

impl Workload {
    /// Reads the files of a folder.
    ///
    /// # Errors
    /// A file that is missing or not of W's form, naming file and line.
    pub fn load(dir: &Path) -> Result<Self> {
        let sites: Vec<Site> = read_lines(&dir.join("sites.jsonl"))?;
        let group_of: BTreeMap<Uuid, usize> = sites.iter().map(|s| (s.id, s.group)).collect();
        let mut devices = Vec::new();
        while let path = dir.join(format!("dev{:02}.jsonl", devices.len()))
            && path.exists()
        {
            let ops: Vec<Op> = read_lines(&path)?;
            let first = ops.iter().find_map(|op| match op {
                Op::Insp { site, .. } => group_of.get(site),
                _ => None,
            });
            let group = *first
                .with_context(|| format!("{}: no inspection of a known site", path.display()))?;
            devices.push(Device { group, ops });
        }
        ensure!(!devices.is_empty(), "{}: no dev00.jsonl", dir.display());
        Ok(Self {
            source: dir.display().to_string(),
            sites,
            devices,
        })
    }

    /// Makes the workload.
    pub fn generate() -> Self {
        let mut chance = Chance::new(SEED);
        let sites: Vec<Site> = (0..19 * SITES_A_TOWNSHIP)
            .map(|i| make_site(&mut chance, i))
            .collect();
        let edits = make_edits(&mut chance, &sites);
        let devices = edits.into_iter().enumerate().map(|(no, edits)| {
            let group = no / GROUP_SIZE;
            Device {
                group,
                ops: make_ops(&mut chance, &sites, group, edits),
            }
        });
        let devices = devices.collect();
        Self {
            source: format!("built in, seed {SEED}"),
            sites,
            devices,
        }
    }

    /// How much of each there is.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for op in self.devices.iter().flat_map(|d| &d.ops) {
            *match op {
                Op::Insp { .. } => &mut counts.inspections,
                Op::Ans { .. } => &mut counts.answers,
                Op::Photo { .. } => &mut counts.photos,
                Op::Site { .. } => &mut counts.edits,
            } += 1;
        }
        counts
    }

    /// What the edits must leave: each phone's last text of a field survives, unless another's is the same.
    pub fn contested(&self) -> Contested {
        let mut last: BTreeMap<(Uuid, &str), BTreeMap<usize, &str>> = BTreeMap::new();
        for (no, device) in self.devices.iter().enumerate() {
            for op in &device.ops {
                if let Op::Site {
                    site, field, value, ..
                } = op
                {
                    last.entry((*site, field)).or_default().insert(no, value);
                }
            }
        }
        let texts = last
            .values()
            .map(|by_phone| (by_phone, by_phone.values().collect::<BTreeSet<_>>().len()));
        let contested = texts.filter(|(_, different)| *different > 1);
        contested.fold(Contested::default(), |sum, (by_phone, _)| Contested {
            cells: sum.cells + 1,
            values: sum.values + by_phone.len(),
        })
    }
}

fn read_lines<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let parse = |(no, line)| {
        serde_json::from_str(line).with_context(|| format!("{} line {}", path.display(), no + 1))
    };
    text.lines().enumerate().map(parse).collect()
}

const WORDS: &str = "检查发现消防通道堆放杂物需立即整改电线老化私拉乱接灭火器压力不足过期未更换厕所卫生较差垃圾桶满溢路面破损积水严重河道漂浮物已清理村务公开栏内容更新及时台账资料齐全负责人不在现场电话联系未果复查合格下次重点检查燃气管道阀门锈蚀住户配合工作良好";

fn zh(chance: &mut Chance, length: usize) -> String {
    let words: Vec<char> = WORDS.chars().collect();
    (0..length).map(|_| chance.pick(&words)).collect()
}

fn phone(chance: &mut Chance) -> String {
    format!("13{:09}", chance.below(1_000_000_000))
}

fn id(chance: &mut Chance) -> Uuid {
    let mut bytes = [0; 16];
    chance.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn make_site(chance: &mut Chance, index: usize) -> Site {
    let (township, is_village) = (index / SITES_A_TOWNSHIP, index % SITES_A_TOWNSHIP < 3);
    let (kind, ending) = if is_village {
        ("village", "村")
    } else {
        ("household", "户")
    };
    Site {
        id: id(chance),
        group: usize::from(township >= 10),
        kind: kind.into(),
        name: zh(chance, 4) + ending,
        contact: zh(chance, 3),
        phone: phone(chance),
        status: chance.pick(&["正常", "待整改", "已停用"]).into(),
        remark: zh(chance, 12),
    }
}

/// Each pair of a group's phones writes different texts into the same field of five sites.
fn make_edits(chance: &mut Chance, sites: &[Site]) -> Vec<Vec<Op>> {
    let mut edits = vec![Vec::new(); 2 * GROUP_SIZE];
    for group in 0..2 {
        let own: Vec<Uuid> = sites
            .iter()
            .filter(|s| s.group == group)
            .map(|s| s.id)
            .collect();
        for a in 0..GROUP_SIZE {
            for b in a + 1..GROUP_SIZE {
                let mut sample = own.clone();
                chance.shuffle(&mut sample);
                for site in sample.into_iter().take(5) {
                    let field = chance.pick(&SITE_FIELDS);
                    for phone_no in [a, b] {
                        let value = match field {
                            "phone" => phone(chance),
                            "contact" => zh(chance, 3),
                            "name" | "status" => zh(chance, 6),
                            _ => zh(chance, 14),
                        };
                        let op = Op::Site {
                            site,
                            field: field.into(),
                            value,
                            ts: 0,
                        };
                        edits[group * GROUP_SIZE + phone_no].push(op);
                    }
                }
            }
        }
    }
    edits
}

fn make_ops(chance: &mut Chance, sites: &[Site], group: usize, mut edits: Vec<Op>) -> Vec<Op> {
    let mut own: Vec<Uuid> = sites
        .iter()
        .filter(|s| s.group == group)
        .map(|s| s.id)
        .collect();
    chance.shuffle(&mut own);
    chance.shuffle(&mut edits);
    let mut now = START_MS + chance.between(0, 600_000);
    let mut ops = Vec::new();
    let (total, mut done) = (edits.len(), 0);
    let mut edits = edits.into_iter();
    for (no, site) in own.iter().enumerate() {
        now += chance.between(240_000, 600_000);
        let insp = id(chance);
        ops.push(Op::Insp {
            id: insp,
            site: *site,
            ts: now,
        });
        for item in 1..=ITEMS {
            now += chance.between(2_000, 15_000);
            let length = chance.between(14, 27) as usize;
            let note = chance.percent(30).then(|| zh(chance, length));
            ops.push(Op::Ans {
                insp,
                item,
                score: chance.between(0, 11),
                note,
                ts: now,
            });
        }
        for _ in 0..PHOTOS_AN_INSPECTION {
            now += chance.between(3_000, 9_000);
            ops.push(make_photo(chance, insp, now));
        }
        while done < total * (no + 1) / own.len()
            && let Some(Op::Site {
                site, field, value, ..
            }) = edits.next()
        {
            done += 1;
            now += 1_500;
            ops.push(Op::Site {
                site,
                field,
                value,
                ts: now,
            });
        }
    }
    ops
}

fn make_photo(chance: &mut Chance, insp: Uuid, ts: i64) -> Op {
    let mut hash = [0; 32];
    chance.fill(&mut hash);
    let length = chance.between(6, 14) as usize;
    Op::Photo {
        id: id(chance),
        insp,
        hash: hex::encode(hash),
        ts,
        lat: 29.5 + chance.below(600_000) as f64 / 1e6,
        lon: 106.3 + chance.below(800_000) as f64 / 1e6,
        cap: zh(chance, length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_workload_has_the_published_counts() {
        let made = Workload::generate();
        let expected = Counts {
            inspections: 2_280,
            answers: 68_400,
            photos: 6_840,
            edits: 2_100,
        };
        assert_eq!(made.counts(), expected);
        assert_eq!((made.sites.len(), made.devices.len()), (152, 30));
        let contested = made.contested();
        assert!((540..=600).contains(&contested.cells), "{contested:?}");
        assert!((1_900..=2_000).contains(&contested.values), "{contested:?}");
    }

    #[test]
    fn a_line_of_the_published_files_is_read() {
        let line = r#"{"t":"ans","insp":"00000000-0000-4000-8000-000000000001","item":3,"score":7,"note":null,"ts":5}"#;
        let op: Op = serde_json::from_str(line).unwrap();
        assert!(matches!(
            op,
            Op::Ans {
                item: 3,
                score: 7,
                note: None,
                ts: 5,
                ..
            }
        ));
    }
}

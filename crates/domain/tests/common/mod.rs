//! Random campaigns for the score tests: seeded, small, and rich in ties and gaps.
//!
//! Invariant: the same seed gives the same campaign. Leaves out: invalid input (see `score_errors`).

#![allow(dead_code, reason = "each test file uses a part")]

use domain::SiteKind;
use domain::score::*;

/// SplitMix64: enough randomness for tests, the same everywhere.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 up to but without `n`.
    pub fn below(&mut self, n: u64) -> i64 {
        (self.next() % n) as i64
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// How the scores of one campaign spread.
#[derive(Clone, Copy)]
enum Spread {
    /// Any value of 0 to 100 points.
    Wide,
    /// Half points near 85: many ties.
    Half,
    /// Values that differ in the third decimal: ties at two decimals only.
    Fine,
    /// Always the same.
    Same,
    /// Mostly 0, so that a group's mean can be 0.
    Zero,
}

fn score(rng: &mut Rng, spread: Spread, bias: i64) -> i64 {
    let value = match spread {
        Spread::Wide => rng.below(1_000_001),
        Spread::Half => 800_000 + 5_000 * rng.below(20),
        Spread::Fine => 850_000 + rng.below(200),
        Spread::Same => 850_000,
        Spread::Zero => 0,
    };
    (value + bias).clamp(0, 1_000_000)
}

fn sheets_of(
    rng: &mut Rng,
    out: &mut Vec<Sheet>,
    site: &str,
    group: i64,
    spread: Spread,
    bias: i64,
    size: Size,
) {
    let n = if rng.one_in(12) {
        rng.below(3)
    } else {
        rng.pick(size.sheets)
    };
    for o in 0..n {
        let score_e4 = score(rng, spread, bias);
        out.push(Sheet {
            site: site.into(),
            observer: format!("g{group}-o{o}"),
            group,
            score_e4,
        });
    }
}

fn rules(rng: &mut Rng) -> Rules {
    use Correction::*;
    let weight = |rng: &mut Rng| rng.pick(&[0, 0, 5, 10, 20, 33, 50]);
    let weights = match rng.below(3) {
        0 => Weights::default(),
        1 => Weights {
            v: 40,
            h: 20,
            s: 15,
            e: 15,
            r: 10,
            m: 5,
        },
        _ => {
            let [v, h, e, s, r, m] = [(); 6].map(|()| weight(rng));
            Weights { v, h, e, s, r, m }
        }
    };
    let scope = rng.pick(&[AwardScope::PerGroup, AwardScope::Overall]);
    let (red, yellow) = (rng.below(5), rng.below(4));
    Rules {
        weights,
        correction: rng.pick(&[
            BenchmarkAdditive,
            BenchmarkAdditive,
            SecondAverage,
            Zscore,
            RankPoints,
            None,
        ]),
        award: AwardRules {
            scope,
            red,
            yellow,
            red_min_e4: Option::None,
            yellow_max_e4: Option::None,
        },
    }
}

/// How large a campaign is.
#[derive(Clone, Copy)]
struct Size {
    townships: &'static [i64],
    sites: &'static [i64],
    town_sites: &'static [i64],
    sheets: &'static [i64],
}

const FULL: Size = Size {
    townships: &[1, 1, 2, 3, 4, 6],
    sites: &[0, 1, 1, 2, 3],
    town_sites: &[0, 2, 3, 4, 5, 7],
    sheets: &[3, 3, 4, 5, 5, 6, 7, 9],
};
/// As rich in ties, gaps and corners, and quick to compute.
const SMALL: Size = Size {
    townships: &[1, 1, 2],
    sites: &[0, 0, 1, 1, 2],
    town_sites: &[0, 0, 2, 3, 3, 4],
    sheets: &[3, 4, 5, 6],
};

/// A random campaign.
pub fn campaign(rng: &mut Rng) -> Input {
    sized(rng, FULL)
}

/// A random campaign of few townships and sites.
pub fn small_campaign(rng: &mut Rng) -> Input {
    sized(rng, SMALL)
}

fn sized(rng: &mut Rng, size: Size) -> Input {
    let groups = rng.pick(&[1, 2, 2, 2, 3]);
    let spread = rng.pick(&[
        Spread::Wide,
        Spread::Half,
        Spread::Half,
        Spread::Fine,
        Spread::Same,
    ]);
    let bias: Vec<i64> = (0..groups)
        .map(|_| rng.pick(&[0, 0, 20_000, -30_000, 120_000]))
        .collect();
    let bias = |group: i64| bias[group as usize - 1];
    let mut input = Input {
        rules: rules(rng),
        ..Input::default()
    };
    let mut next = 0;
    for group in 1..=groups {
        let spread = if rng.one_in(15) { Spread::Zero } else { spread };
        let bias = if matches!(spread, Spread::Zero) {
            0
        } else {
            bias(group)
        };
        for _ in 0..rng.pick(size.townships) {
            next += 1;
            township(
                rng,
                &mut input,
                &format!("6404222{next:02}"),
                group,
                spread,
                bias,
                size,
            );
        }
    }
    for k in 0..rng.pick(size.town_sites) {
        let id = format!("town-{k}");
        for group in 1..=groups {
            let missing = rng.one_in(20);
            if !missing {
                let n = if rng.one_in(20) {
                    2
                } else {
                    rng.pick(&[3, 4, 5, 6])
                };
                for o in 0..n {
                    let score_e4 = score(rng, spread, bias(group));
                    let observer = format!("g{group}-o{o}");
                    input.sheets.push(Sheet {
                        site: id.clone(),
                        observer,
                        group,
                        score_e4,
                    });
                }
            }
        }
        input.sites.push(Site {
            id,
            kind: SiteKind::TownSite,
            township: None,
        });
    }
    rng.shuffle(&mut input.townships);
    rng.shuffle(&mut input.sites);
    rng.shuffle(&mut input.sheets);
    rng.shuffle(&mut input.rectification);
    input
}

#[allow(clippy::too_many_arguments, reason = "what a township is made of")]
fn township(
    rng: &mut Rng,
    input: &mut Input,
    code: &str,
    group: i64,
    spread: Spread,
    bias: i64,
    size: Size,
) {
    input.townships.push(Township {
        code: code.into(),
        name: format!("乡{code}"),
        group,
        vetoed: rng.one_in(8),
        overdue_issues: rng.pick(&[0, 0, 0, 1, 3]),
        veto_notices: rng.pick(&[0, 0, 0, 1]),
    });
    use SiteKind::*;
    for kind in [DemonstrationVillage, Household, RouteSegment, Street] {
        for n in 0..rng.pick(size.sites) {
            let id = format!("{code}-{}-{n}", kind.word());
            sheets_of(rng, &mut input.sheets, &id, group, spread, bias, size);
            input.sites.push(Site {
                id,
                kind,
                township: Some(code.into()),
            });
        }
    }
    if rng.below(3) > 0 {
        let due = rng.below(12);
        let closed = if matches!(spread, Spread::Zero) {
            0
        } else {
            rng.below(due as u64 + 1)
        };
        input.rectification.push(Rectification {
            township: code.into(),
            due,
            closed,
        });
    }
}

//! The worked example the demo's scores are seeded from: invented figures whose awards are those of the real event.
//!
//! Source: the fixture of the scoring tests. Points in e4. Leaves out: sheets, which `marks` makes to fit.

/// One township of the worked example.
pub struct Target {
    /// Division code.
    pub code: &'static str,
    /// Tour group.
    pub group: i64,
    /// Demonstration villages.
    pub villages_e4: i64,
    /// Households.
    pub households_e4: i64,
    /// En route.
    pub route_e4: i64,
    /// Issues due, of those closed, the rest overdue: the rectification component is closed × 100 / due.
    pub ledger: [i64; 3],
}

const fn target(code: &'static str, group: i64, vhe: [i64; 3], ledger: [i64; 3]) -> Target {
    Target {
        code,
        group,
        villages_e4: vhe[0],
        households_e4: vhe[1],
        route_e4: vhe[2],
        ledger,
    }
}

/// The 19 townships, each group in the order of its route.
pub const TOWNSHIPS: [Target; 19] = [
    target("640422100", 1, [883_000, 840_000, 825_000], [100, 91, 9]),
    target("640422212", 1, [901_000, 880_000, 875_000], [25, 23, 2]),
    target("640422213", 1, [874_000, 860_000, 850_000], [20, 18, 2]),
    target("640422214", 1, [868_000, 855_000, 830_000], [25, 22, 3]),
    target("640422215", 1, [912_000, 905_000, 880_000], [20, 19, 1]),
    target("640422200", 1, [861_000, 845_000, 835_000], [100, 87, 13]),
    target("640422201", 1, [836_000, 820_000, 810_000], [25, 21, 4]),
    target("640422202", 1, [842_000, 825_000, 805_000], [20, 17, 3]),
    target("640422203", 1, [850_000, 830_000, 820_000], [50, 43, 7]),
    target("640422206", 1, [795_000, 770_000, 755_000], [50, 39, 11]),
    target("640422102", 2, [886_000, 875_000, 860_000], [50, 47, 3]),
    target("640422208", 2, [879_000, 860_000, 845_000], [100, 93, 7]),
    target("640422101", 2, [852_000, 835_000, 825_000], [100, 89, 11]),
    target("640422103", 2, [865_000, 840_000, 830_000], [20, 18, 2]),
    target("640422209", 2, [837_000, 820_000, 805_000], [50, 43, 7]),
    target("640422211", 2, [846_000, 830_000, 810_000], [25, 22, 3]),
    target("640422204", 2, [818_000, 800_000, 785_000], [25, 21, 4]),
    target("640422207", 2, [823_000, 815_000, 790_000], [0, 0, 0]),
    target("640422205", 2, [772_000, 755_000, 730_000], [25, 19, 6]),
];

/// A county-town site: name, kind, points by group 1 and group 2.
pub const TOWN_SITES: [(&str, domain::TownKind, [i64; 2]); 7] = {
    use domain::TownKind::{Community, Market, OldEstate, Road, Service};
    [
        ("金通汽贸物流园", Market, [842_000, 810_000]),
        ("秀屿广场", Road, [905_000, 876_000]),
        ("文垚市场", Market, [798_000, 775_000]),
        ("西三岔广场", Road, [880_000, 851_000]),
        ("幸福佳苑三期", Community, [913_000, 889_000]),
        ("移民服务中心", Service, [930_000, 902_000]),
        ("土地局家属院", OldEstate, [826_000, 794_000]),
    ]
};

/// Townships with a street in the tour, and its points.
pub const STREETS: [(&str, i64); 3] = [
    ("640422100", 846_000),
    ("640422101", 838_000),
    ("640422103", 851_000),
];

/// Townships whose route has a second segment.
pub const SECOND_SEGMENT: [&str; 3] = ["640422200", "640422204", "640422211"];

//! The embedded files: they parse, and are what the documents say.
//!
//! Invariant: `builtin` never panics, because this test reads every file. Leaves out: wrong files (`checklist_errors`).

use std::collections::BTreeSet;

use domain::checklist::{ItemType, SectionCode};
use domain::divisions::Level;
use domain::sheet::Form;
use domain::{Checklist, SiteKind, TownKind, builtin};

#[test]
fn the_county_has_its_330_divisions() {
    let all = builtin::divisions();
    assert_eq!(all.len(), 330);
    let count = |level| all.iter().filter(|d| d.level == level).count();
    assert_eq!((count(Level::Town), count(Level::Township)), (4, 15));
    assert_eq!((count(Level::Village), count(Level::Community)), (295, 13));
    assert_eq!(all.townships().count(), 19);
    assert_eq!(all.villages_of("640422100").count(), 27 + 12);
    assert_eq!(all.villages_of("640422215").count(), 9);
    assert_eq!(all.get("640422215").unwrap().name, "火石寨乡");
    assert_eq!(all.get("640422215208").unwrap().label(), "小川村");
    assert!(all.get("640422210").is_none());
    let same: Vec<&str> = all
        .iter()
        .filter(|d| d.label() == "团结村")
        .map(|d| d.code.as_str())
        .collect();
    assert_eq!(same, ["640422100200", "640422205203"]);
}

#[test]
fn every_site_kind_has_a_checklist_of_100_points() {
    let expected = [
        (
            SiteKind::DemonstrationVillage,
            35,
            [12, 26, 18, 10, 14, 6, 14].as_slice(),
        ),
        (SiteKind::Household, 25, &[8, 28, 30, 8, 12, 4, 10]),
        (SiteKind::Street, 30, &[10, 22, 28, 8, 12, 6, 14]),
        (SiteKind::RouteSegment, 10, &[20, 45, 15, 8, 7, 5]),
    ];
    for (kind, items, sections) in expected {
        let own = builtin::checklist_for(kind)
            .unwrap()
            .for_site(kind, None)
            .unwrap();
        assert_eq!(own.items.len(), items, "{kind:?}");
        let points: Vec<i64> = own.sections.iter().map(|s| s.max_e4 / 10_000).collect();
        assert_eq!(points, sections, "{kind:?}");
        assert_eq!(own.total_e4, 1_000_000);
    }
}

#[test]
fn every_kind_of_town_site_has_26_items_and_100_points() {
    let checklist = builtin::checklist_for(SiteKind::TownSite).unwrap();
    assert_eq!((checklist.items.len(), checklist.modules.len()), (18, 5));
    for town in TownKind::ALL {
        let own = checklist.for_site(SiteKind::TownSite, Some(*town)).unwrap();
        assert_eq!(own.items.len(), 26, "{town:?}");
        assert_eq!(own.total_e4, 1_000_000, "{town:?}");
        assert!(
            own.sections
                .iter()
                .all(|s| !s.label_zh.is_empty() && s.label_zh != s.code.zh())
        );
    }
    let no_town = checklist.for_site(SiteKind::TownSite, None).unwrap_err();
    assert_eq!(no_town.code(), "no_module");
    let wrong = checklist.for_site(SiteKind::Household, None).unwrap_err();
    assert_eq!(wrong.code(), "wrong_site_kind");
}

#[test]
fn checklist_codes_are_those_of_the_files_and_ids_are_unique_over_all() {
    let mut ids = BTreeSet::new();
    for (checklist, (code, _)) in builtin::checklists().iter().zip(builtin::CHECKLIST_FILES) {
        assert_eq!(checklist.code, *code);
        assert!(
            checklist.status.starts_with("proposal"),
            "{code} must say it is a proposal"
        );
        let modules = checklist.modules.iter().flat_map(|m| &m.items);
        for item in checklist.items.iter().chain(modules) {
            assert!(ids.insert(item.id.clone()), "{}", item.id);
        }
    }
    assert_eq!(ids.len(), 158);
    assert!(builtin::checklist_status().contains("county office must confirm"));
}

#[test]
fn points_of_items_are_exact() {
    let own = builtin::checklist_for(SiteKind::RouteSegment).unwrap();
    let item = own.items.iter().find(|i| i.id == "W-3").unwrap();
    assert_eq!(
        item.kind,
        ItemType::Deduct {
            per_unit_e4: 15_000
        }
    );
    assert_eq!(item.max_e4, 150_000);
}

#[test]
fn the_quick_form_has_one_line_per_section_with_its_points() {
    let kind = SiteKind::DemonstrationVillage;
    let own = builtin::checklist_for(kind)
        .unwrap()
        .for_site(kind, None)
        .unwrap();
    let quick = own.lines(Form::Quick);
    let ids: Vec<&str> = quick.iter().map(|l| l.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "demolish", "clear", "tidy", "green", "build", "light", "manage"
        ]
    );
    assert_eq!(quick.iter().map(|l| l.max_e4).sum::<i64>(), own.total_e4);
    let light = own.line(Form::Quick, "light").unwrap();
    assert!(light.na_allowed, "both lamp items may be not applicable");
    assert!(!own.line(Form::Quick, "clear").unwrap().na_allowed);
    assert_eq!(light.standard_zh, "路灯亮灯率");
}

#[test]
fn the_measuring_checklist_has_30_items_of_10_points() {
    let own = Checklist::bench()
        .for_site(SiteKind::Household, None)
        .unwrap();
    assert_eq!((own.items.len(), own.total_e4), (30, 3_000_000));
    assert_eq!(
        (own.items[0].id.as_str(), own.items[29].id.as_str()),
        ("B-1", "B-30")
    );
    assert!(
        own.items
            .iter()
            .all(|i| i.kind == ItemType::Score { step_e4: 10_000 })
    );
    assert_eq!(own.quick.len(), SectionCode::ALL.len());
}

#[test]
fn categories_have_limits_and_veto_items_cost_the_red_flag() {
    let list = builtin::issue_categories();
    assert_eq!((list.categories.len(), list.root_cause_tags.len()), (40, 5));
    assert_eq!(
        builtin::issue_category("exposed_garbage")
            .unwrap()
            .due_days(),
        Some(1)
    );
    assert_eq!(builtin::issue_category("nonsense"), None);
    assert_eq!(builtin::veto_items().len(), 6);
    assert!(
        builtin::veto_items()
            .iter()
            .all(|v| v.effect == "ineligible_red_flag")
    );
}

//! Which pairs are suggested, at the borders.

use domain::issue::State;

use super::*;

/// A metre of latitude at Xiji, 1e-7 degree.
const METRE_E7: f64 = 1e7 / 110_960.0;
const HERE: (i64, i64) = (359_640_000, 1_057_290_000);
const NOON: i64 = 1_777_600_000_000;

fn issue(n: u128, at: Option<(i64, i64)>) -> IssueRow {
    IssueRow {
        id: Uuid::from_u128(n),
        campaign: Uuid::nil(),
        number: String::new(),
        site: None,
        township: Some("640422100".to_owned()),
        village: Some("640422100200".to_owned()),
        group: None,
        place: String::new(),
        category: "exposed_garbage".to_owned(),
        severity: "minor".to_owned(),
        description: "垃圾".to_owned(),
        found_ms: NOON,
        at_e7: at,
        accuracy_m: None,
        author: Uuid::nil(),
        fixed: false,
        fixed_note: String::new(),
        lead_unit: None,
        assisting_units: Vec::new(),
        person: None,
        sponsor: None,
        due_on: None,
        measure: String::new(),
        remark: String::new(),
        root_causes: Vec::new(),
        state: State::ToAssign,
        reported_on: None,
        closed_on: None,
        verifier: None,
        duplicate_of: None,
        distinct: Vec::new(),
        deleted: false,
    }
}

/// An issue so many metres north and east of the first.
fn off(n: u128, north: f64, east: f64) -> IssueRow {
    let lat = HERE.0 + (north * METRE_E7).round() as i64;
    let along = METRE_E7 / 35.964_f64.to_radians().cos() * 0.9965;
    issue(n, Some((lat, HERE.1 + (east * along).round() as i64)))
}

fn count(with: IssueRow) -> usize {
    pairs(&[off(1, 0.0, 0.0), with]).len()
}

#[test]
fn distances_are_those_of_the_ellipsoid() {
    let north = metres(HERE, off(2, 50.0, 0.0).at_e7.unwrap());
    let east = metres(HERE, off(2, 0.0, 50.0).at_e7.unwrap());
    assert!((49.8..50.2).contains(&north), "{north}");
    assert!((49.5..50.5).contains(&east), "{east}");
}

#[test]
fn fifty_metres_are_near_and_fifty_one_are_not_in_every_direction() {
    for (north, east) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (0.7, 0.7)] {
        let mut other = off(2, north * 50.0, east * 50.0);
        let there = other.at_e7.unwrap();
        // Walks to the border itself, so that the test does not hang on its own arithmetic.
        let exact = |f: f64| {
            let lat = HERE.0 + ((there.0 - HERE.0) as f64 * f).round() as i64;
            let lon = HERE.1 + ((there.1 - HERE.1) as f64 * f).round() as i64;
            (lat, lon)
        };
        let scale = |to: f64| to / metres(HERE, there);
        other.at_e7 = Some(exact(scale(49.95)));
        assert_eq!(count(other.clone()), 1, "{north} {east}");
        other.at_e7 = Some(exact(scale(51.0)));
        assert_eq!(count(other), 0, "{north} {east}");
    }
}

#[test]
fn a_day_apart_is_near_and_a_millisecond_more_is_not() {
    let mut other = off(2, 10.0, 0.0);
    other.found_ms = NOON + APART_MS;
    assert_eq!(count(other.clone()), 1);
    other.found_ms += 1;
    assert_eq!(count(other.clone()), 0);
    other.found_ms = NOON - APART_MS - 1;
    assert_eq!(count(other), 0);
}

#[test]
fn another_category_village_or_township_is_another_issue() {
    let mut other = off(2, 1.0, 0.0);
    other.village = Some("640422100201".to_owned());
    assert_eq!(count(other.clone()), 0);
    other.village = None;
    assert_eq!(count(other.clone()), 1, "the village is not known");
    other.township = Some("640422101".to_owned());
    assert_eq!(count(other.clone()), 0);
    let mut other = off(2, 1.0, 0.0);
    other.category = "sewage".to_owned();
    assert_eq!(count(other), 0);
}

#[test]
fn without_a_position_the_same_site_counts_as_near() {
    let site = Some(Uuid::from_u128(99));
    let mut here = issue(1, None);
    let mut there = issue(2, Some(HERE));
    assert!(pairs(&[here.clone(), there.clone()]).is_empty());
    (here.site, there.site) = (site, site);
    let found = pairs(&[here.clone(), there.clone()]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].metres, None);
    // Two positions at one site are compared by distance, and only once.
    here.at_e7 = off(1, 500.0, 0.0).at_e7;
    assert!(pairs(&[here.clone(), there.clone()]).is_empty());
    here.at_e7 = Some(HERE);
    assert_eq!(pairs(&[here, there]).len(), 1);
}

#[test]
fn merged_deleted_and_told_apart_are_not_suggested_again() {
    let mut other = off(2, 1.0, 0.0);
    other.duplicate_of = Some(Uuid::from_u128(7));
    assert_eq!(count(other.clone()), 0);
    other.duplicate_of = None;
    other.deleted = true;
    assert_eq!(count(other.clone()), 0);
    other.deleted = false;
    other.distinct = vec![Uuid::from_u128(1)];
    assert_eq!(count(other), 0);
}

#[test]
fn ten_thousand_issues_spread_over_a_county_are_compared_in_a_moment() {
    let list: Vec<IssueRow> = (0..10_000)
        .map(|n| off(n, (n / 100) as f64 * 200.0, (n % 100) as f64 * 200.0))
        .chain([off(20_000, 3.0, 4.0)])
        .collect();
    let found = pairs(&list);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].first, found[0].second),
        (Uuid::from_u128(0), Uuid::from_u128(20_000))
    );
}

//! Clocks that go wrong on real phones: every case is flagged at its change, and nothing else follows from it.

use mobile_core::{Answer, Form, Mark};

use crate::county::{County, MORNING};

/// So far back, ms: from just beyond what is tolerated to two days.
const BACK_MS: [i64; 6] = [
    301_000,
    360_000,
    3_600_000,
    6 * 3_600_000,
    86_400_000,
    2 * 86_400_000,
];

#[tokio::test]
async fn every_clock_set_back_is_flagged_at_its_change_and_refuses_nothing() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.replica.open_sheet(site.id, Form::Quick).unwrap();
    let lines = phone.replica.sheet(sheet).unwrap().lines;
    assert!(lines.len() >= BACK_MS.len());
    let mut now = MORNING + 10 * 86_400_000;
    for (line, back) in lines.iter().zip(BACK_MS) {
        phone.clock.set(now);
        phone
            .replica
            .set_sheet_note(sheet, &format!("{back}"))
            .unwrap();
        now -= back;
        phone.clock.set(now);
        let mark = Answer::from(Mark::Points(line.item.max_e4));
        phone.replica.answer(sheet, &line.item.id, mark).unwrap();
        // A minute is the jitter of any clock.
        now += 60_000;
        phone.clock.set(now);
        phone
            .replica
            .set_sheet_note(sheet, &format!("{back}+"))
            .unwrap();
        now -= 60_000;
    }
    // The phone may be restarted before it syncs.
    let mut phone = phone.reopen();
    phone.clock.set(MORNING);
    let report = county.sync(&mut phone).await;
    assert!(report.agreed.agreed, "{report:?}");
    let flags = "SELECT count(*) FROM clock_flags WHERE kind = 'back'";
    assert_eq!(county.count(flags), BACK_MS.len() as i64);
    for back in BACK_MS {
        let near = format!(
            "{flags} AND by_ms BETWEEN {} AND {}",
            back - 10_000,
            back + 10_000
        );
        assert!(county.count(&near) >= 1, "{back}");
    }
    assert_eq!(county.count("SELECT count(*) FROM held"), 0);
    assert_eq!(phone.replica.status().unwrap().unsent_changes, 0);
}

#[tokio::test]
async fn a_clock_that_never_goes_back_is_never_flagged_for_it() {
    let mut county = County::start(1).await;
    let mut phone = county.phone(0).await;
    let sites = phone.sites();
    phone.fill(&sites[0], 0, true);
    county.sync(&mut phone).await;
    phone.clock.advance(30 * 60_000);
    phone.fill(&sites[1], 0, true);
    county.sync(&mut phone).await;
    assert_eq!(
        county.count("SELECT count(*) FROM clock_flags WHERE kind = 'back'"),
        0
    );
}

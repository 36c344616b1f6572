//! Clocks that were wrong, as other programs than our phones write: by seq, from the future, off when it was sent.

use merge::Value;
use uuid::Uuid;

use crate::store::ClockFlag;
use crate::testing::{Office, START};

async fn flags(office: &Office, record: Uuid) -> Vec<ClockFlag> {
    let found = office.app.read(move |tx, _| tx.clock_flags(record));
    found.await.unwrap()
}

#[tokio::test]
async fn every_time_that_goes_back_in_a_log_is_flagged_also_across_segments() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let mut injected = Vec::new();
    for n in 1..=60u128 {
        let record = Uuid::from_u128(n);
        let place = Value::List(vec![Value::Null, "村口".into()]);
        let text = |t: &str| Value::text(t);
        if n % 3 == 0 {
            phone.now -= 2 + (n as i64) * 1_000;
            injected.push(record);
        }
        let changes = [
            ("issue", record, "description", text("堆土"), vec![]),
            ("issue", record, "place", place, vec![]),
        ];
        let segment = phone.write(scope, &changes);
        phone.sync(&office.app, vec![segment]).await.unwrap();
        phone.now += 500;
    }
    for n in 1..=60u128 {
        let record = Uuid::from_u128(n);
        let found = flags(&office, record).await;
        let back: Vec<_> = found.iter().filter(|f| f.kind == "back").collect();
        assert_eq!(back.len(), usize::from(injected.contains(&record)), "{n}");
        if let Some(flag) = back.first() {
            // At the change itself, not at the one beside it.
            assert_eq!(flag.dot.seq as u128, 2 * n - 1);
        }
    }
    assert_eq!(injected.len(), 20);
    assert!(office.verdicts().await.is_empty(), "nothing was refused");
    assert!(office.entry(Uuid::from_u128(3)).await.is_some());
}

#[tokio::test]
async fn a_change_from_the_future_and_a_clock_that_is_off_are_flagged_once_in_a_record() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let scope = phone.group_scope();
    let changes = |n: u128| {
        let text = |t: &str| Value::text(t);
        [
            (
                "issue",
                Uuid::from_u128(n),
                "description",
                text("堆土"),
                vec![],
            ),
            (
                "issue",
                Uuid::from_u128(n),
                "severity",
                text("minor"),
                vec![],
            ),
        ]
    };
    let right = phone.write(scope, &changes(1));
    phone.sync(&office.app, vec![right]).await.unwrap();
    assert!(flags(&office, Uuid::from_u128(1)).await.is_empty());
    phone.now = START + 86_400_000;
    let ahead = phone.write(scope, &changes(2));
    phone.sync(&office.app, vec![ahead]).await.unwrap();
    let found = flags(&office, Uuid::from_u128(2)).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].kind == "off" && found[0].by_ms > 86_000_000);
    // The office's clock goes on: the phone's, which stands still in these tests, is slow then.
    office
        .now
        .fetch_add(3_600_000, std::sync::atomic::Ordering::SeqCst);
    let slow = phone.write(scope, &changes(3));
    phone.sync(&office.app, vec![slow]).await.unwrap();
    let found = flags(&office, Uuid::from_u128(3)).await;
    assert_eq!((found.len(), found[0].by_ms), (1, -3_600_000));
}

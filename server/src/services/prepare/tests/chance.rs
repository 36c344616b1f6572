//! Nominations, draws, and the end of a rehearsal.

use super::*;

#[tokio::test]
async fn nominations_close_at_the_servers_clock_and_the_office_rules_on_each_once() {
    let office = Office::start().await;
    let id = preparing(&office).await;
    let app = &office.app;
    let c = app.campaign(id).await.unwrap();
    let township = c.townships.keys().next().unwrap().clone();
    let of_it = c
        .divisions
        .values()
        .filter(|d| d.parent.as_deref() == Some(&township));
    let villages: Vec<String> = of_it.map(|d| d.code.clone()).collect();
    let name_it = async |township: &str, village: &str| {
        let (t, v) = (township.to_owned(), village.to_owned());
        act(app, id, move |tx, ctx, c| {
            nominations::nominate(tx, &supervisor(), c, (&t, &v), "道路硬化好", ctx.now_ms)
        })
        .await
    };
    assert_eq!(
        name_it(&township, &villages[0]).await.unwrap_err().code(),
        "not_ready"
    );
    let open = async |until: Option<i64>, n: i64| {
        act(app, id, move |tx, ctx, c| {
            nominations::set_deadline(tx, &supervisor(), c, (until, n), ctx.now_ms)
        })
        .await
    };
    assert_eq!(
        open(Some(START - 1), 2).await.unwrap_err().code(),
        "invalid"
    );
    assert_eq!(
        open(Some(START + 60_000), 0).await.unwrap_err().code(),
        "invalid"
    );
    open(Some(START + 60_000), 2).await.unwrap();
    let first = name_it(&township, &villages[0]).await.unwrap();
    assert_eq!(
        name_it(&township, &villages[0]).await.unwrap_err().code(),
        "invalid"
    );
    assert_eq!(
        name_it(&township, "640422").await.unwrap_err().code(),
        "invalid"
    );
    let second = name_it(&township, &villages[1]).await.unwrap();
    assert_eq!(
        name_it(&township, &villages[2]).await.unwrap_err().code(),
        "invalid"
    );
    // Taking one back makes room.
    let back = async |n: Uuid| {
        act(app, id, move |tx, ctx, c| {
            nominations::withdraw(tx, &supervisor(), c, n, ctx.now_ms)
        })
        .await
    };
    back(second).await.unwrap();
    let third = name_it(&township, &villages[2]).await.unwrap();
    let decide = async |n: Uuid, accept: bool, why: &'static str| {
        act(app, id, move |tx, ctx, c| {
            nominations::decide(tx, &supervisor(), c, n, accept, why, ctx.now_ms)
        })
        .await
    };
    assert_eq!(
        decide(third, false, "").await.unwrap_err().code(),
        "reason_required"
    );
    assert_eq!(decide(third, false, "去年已看过").await.unwrap(), None);
    assert_eq!(
        decide(third, true, "").await.unwrap_err().code(),
        "conflict"
    );
    office
        .now
        .fetch_add(60_000, std::sync::atomic::Ordering::Relaxed);
    let late = name_it(&township, &villages[3]).await.unwrap_err();
    assert_eq!(late.code(), "not_ready");
    assert!(late.to_string().contains("deadline"), "{late}");
    assert_eq!(back(first).await.unwrap_err().code(), "not_ready");
    let site = decide(first, true, "").await.unwrap().unwrap();
    let c = app.campaign(id).await.unwrap();
    let site = &c.sites[&site];
    assert!(site.nominated && site.village.as_deref() == Some(villages[0].as_str()));
    clean(app).await;
}

fn new_draw(seed: Option<&str>, candidates: Vec<Candidate>, n: usize) -> NewDraw {
    NewDraw {
        purpose: Purpose::ExtraVillages,
        title: "加抽村".into(),
        seed: seed.map(str::to_owned),
        candidates,
        n,
        again: None,
    }
}

#[tokio::test]
async fn a_draw_is_written_down_so_that_it_can_be_repeated_and_again_only_with_a_reason() {
    let office = Office::start().await;
    let (app, id) = (&office.app, office.campaign);
    let c = office.campaign().await;
    let township = c.townships.keys().next().unwrap().clone();
    let candidates = draws::extra_villages(&c, &township);
    assert!(candidates.len() > 3);
    let run = async |new: NewDraw| {
        act(app, id, move |tx, ctx, c| {
            draws::draw(tx, &supervisor(), c, &new, [7; 16], ctx.now_ms)
        })
        .await
    };
    let (first, body) = run(new_draw(Some(" 骰子 4-1-6 "), candidates.clone(), 1))
        .await
        .unwrap();
    assert_eq!((body.seed.as_str(), body.typed), ("骰子 4-1-6", true));
    let by_hand = domain::draw::draw("骰子 4-1-6", &candidates, 1).unwrap();
    assert_eq!(body.picks, by_hand);
    assert!(draws::holds(&body));
    assert_eq!(
        run(new_draw(None, candidates.clone(), 1))
            .await
            .unwrap_err()
            .code(),
        "invalid"
    );
    let again = |why: &str, of: Uuid| NewDraw {
        again: Some((of, why.to_owned())),
        ..new_draw(None, candidates.clone(), 1)
    };
    assert_eq!(
        run(again("", first)).await.unwrap_err().code(),
        "reason_required"
    );
    assert_eq!(
        run(again("漏列一村", id)).await.unwrap_err().code(),
        "not_found"
    );
    let (_, second) = run(again("漏列一村", first)).await.unwrap();
    assert_eq!((second.seed.len(), second.typed), (32, false));
    assert_eq!(
        run(again("还想抽", first)).await.unwrap_err().code(),
        "conflict"
    );
    for bad in [
        new_draw(Some("s"), vec![], 1),
        new_draw(Some("s"), candidates.clone(), 1_000),
        new_draw(Some("a\nb"), candidates.clone(), 1),
    ] {
        let bad = NewDraw {
            title: "别的".into(),
            ..bad
        };
        assert_eq!(run(bad).await.unwrap_err().code(), "invalid");
    }
    let kept = app
        .read(move |tx, ctx| {
            let c = ctx.cache.campaign(tx, id)?;
            draws::all(tx, &c)
        })
        .await
        .unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!((kept[0].1.replaces, kept[1].0), (Some(first), first));
    assert_eq!(draws::benchmarks(&c).len(), 3);
    clean(app).await;
}

/// Rows of every table that knows campaigns, by table, of one campaign.
async fn rows(office: &Office, campaign: Uuid) -> BTreeMap<String, i64> {
    let path = office.dir.path().join("server.db");
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut tables = conn
        .prepare(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'campaign' AND m.name <> 'rehearsals'",
        )
        .unwrap();
    let names = tables.query_map([], |r| r.get::<_, String>(0)).unwrap();
    names
        .map(|name| {
            let name = name.unwrap();
            let sql = format!("SELECT count(*) FROM {name} WHERE campaign = ?1");
            let n = conn.query_row(&sql, [campaign], |r| r.get(0)).unwrap();
            (name, n)
        })
        .collect()
}

#[tokio::test]
async fn a_wiped_rehearsal_leaves_no_row_and_a_real_campaign_cannot_be_wiped() {
    let office = Office::start().await;
    let (app, real) = (&office.app, office.campaign);
    let before = rows(&office, real).await;
    let trial = app
        .clone_campaign(&supervisor(), real, basics("试填"), true)
        .await
        .unwrap();
    app.start_campaign(&supervisor(), trial).await.unwrap();
    assert!(app.campaign(trial).await.unwrap().rehearsal);
    let refused = app
        .wipe_rehearsal(&supervisor(), real, "观摩")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "forbidden");
    let refused = app
        .wipe_rehearsal(&supervisor(), trial, "观摩")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "invalid");
    // The store refuses it, too, whoever asks; and the database itself.
    let direct = app
        .write(move |tx, ctx| tx.erase_rehearsal(real, ctx.now_ms))
        .await;
    assert!(direct.is_err());
    let made = app
        .write(move |tx, ctx| tx.begin_rehearsal(real, ctx.now_ms))
        .await;
    assert!(
        made.unwrap_err()
            .to_string()
            .contains("cannot become a rehearsal")
    );
    let path = office.dir.path().join("server.db");
    let conn = rusqlite::Connection::open(path).unwrap();
    let deleted = conn.execute(
        "DELETE FROM segments WHERE scope IN (SELECT no FROM scopes WHERE campaign = ?1)",
        [real],
    );
    assert!(deleted.unwrap_err().to_string().contains("never dropped"));
    let erased = app
        .wipe_rehearsal(&supervisor(), trial, "试填")
        .await
        .unwrap();
    assert!(erased.records > 300 && erased.segments > 0 && erased.logs > 0);
    assert!(rows(&office, trial).await.values().all(|n| *n == 0));
    assert_eq!(rows(&office, real).await, before);
    let gone = app
        .wipe_rehearsal(&supervisor(), trial, "试填")
        .await
        .unwrap_err();
    assert_eq!(gone.code(), "not_found");
    assert_eq!(app.campaigns().await.unwrap().len(), 1);
    clean(app).await;
    // The next one begins as if there had been none.
    app.clone_campaign(&supervisor(), real, basics("试填"), true)
        .await
        .unwrap();
    clean(app).await;
}

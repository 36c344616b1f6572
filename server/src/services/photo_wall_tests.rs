//! Tests of [`super`] on a real campaign with real phones.

use std::time::SystemTime;

use merge::Value;

use super::*;
use crate::auth::types::{Grant, Login};
use crate::auth::{Role, Viewer};
use crate::model::PHOTO_FLAGS;
use crate::testing::{Office, Phone, START, Write, supervisor};

const DAY_MS: i64 = 24 * 3_600_000;
const HERE_E7: (i64, i64) = (359_640_000, 1_057_290_000);

/// What a photo's record says.
#[derive(Clone)]
struct Said {
    id: u128,
    target: (&'static str, Uuid),
    original: u8,
    copy: Vec<u8>,
    thumb: Vec<u8>,
    taken_ms: Option<i64>,
    exif_ms: Option<i64>,
    place_e7: Option<(i64, i64)>,
    stage: Option<&'static str>,
}

impl Said {
    fn of(id: u128, target: (&'static str, Uuid)) -> Self {
        Self {
            id,
            target,
            original: id as u8,
            copy: format!("copy {id}").into_bytes(),
            thumb: format!("thumb {id}").into_bytes(),
            taken_ms: Some(START),
            exif_ms: Some(START),
            place_e7: Some(HERE_E7),
            stage: None,
        }
    }

    fn record(&self) -> Uuid {
        Uuid::from_u128(0xf0_0000 + self.id)
    }

    fn writes(&self) -> Vec<Write<'static>> {
        let hash = |bytes: &[u8]| Value::Bytes(protocol::chain::sha256(bytes).to_vec());
        let size = |bytes: &[u8]| Value::Int(bytes.len() as i64);
        let (lat, lon) = self.place_e7.unzip();
        let image = vec![
            self.target.0.into(),
            self.target.1.into(),
            Value::Null,
            Value::Bytes(vec![self.original; 32]),
            1_000_000.into(),
            hash(&self.copy),
            size(&self.copy),
            1_600.into(),
            1_300.into(),
            hash(&self.thumb),
            size(&self.thumb),
            self.taken_ms.into(),
            lat.into(),
            lon.into(),
            5.into(),
            "camera".into(),
            "门前".into(),
            self.exif_ms.into(),
            "device".into(),
            100.into(),
            "jpeg".into(),
        ];
        let mut writes: Vec<Write<'static>> =
            vec![("photo", self.record(), "image", Value::List(image), vec![])];
        if let Some(stage) = self.stage {
            writes.push(("photo", self.record(), "stage", stage.into(), vec![]));
        }
        writes
    }
}

fn issue(id: u128) -> (&'static str, Uuid) {
    ("issue", Uuid::from_u128(0x155_0000 + id))
}

/// An issue at a site, and photos of it.
fn logged(site: Uuid, id: u128, photos: &[Said]) -> Vec<Write<'static>> {
    let (_, record) = issue(id);
    let mut writes: Vec<Write<'static>> = vec![
        ("issue", record, "description", Value::text("垃圾"), vec![]),
        ("issue", record, "site", site.into(), vec![]),
    ];
    writes.extend(photos.iter().flat_map(Said::writes));
    writes
}

async fn send(office: &Office, phone: &mut Phone, scope: protocol::Scope, writes: &[Write<'_>]) {
    let segment = phone.write(scope, writes);
    phone.sync(&office.app, vec![segment]).await.unwrap();
    assert!(office.verdicts().await.is_empty());
}

async fn viewer(office: &Office) -> Viewer {
    let login: Login = office.login(Grant::of(Role::Supervisor)).await;
    Viewer::new(login, None)
}

fn all() -> WallFilter {
    WallFilter {
        limit: 200,
        ..WallFilter::default()
    }
}

async fn tiles(office: &Office, viewer: &Viewer, f: WallFilter) -> Vec<PhotoTile> {
    office.app.photos(viewer, &f).await.unwrap().items
}

/// What a photo of an issue is flagged for.
fn flags_of(tiles: &[PhotoTile], said: &Said) -> Vec<String> {
    let tile = tiles.iter().find(|t| t.id == said.record());
    tile.unwrap().flags.clone()
}

#[tokio::test]
async fn the_same_original_at_two_places_is_always_flagged_and_another_never() {
    let office = Office::start().await;
    let who = viewer(&office).await;
    let mut phone = office.phone(0).await;
    // 60 originals at two places each, of them 30 by another phone; 60 used once.
    let mut other = office.phone(1).await;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..60_u128 {
        let first = Said {
            original: n as u8,
            ..Said::of(n, issue(1))
        };
        let again = Said {
            original: n as u8,
            ..Said::of(100 + n, issue(2))
        };
        let once = Said {
            original: 100 + n as u8,
            ..Said::of(200 + n, issue(1))
        };
        mine.extend([first, once]);
        if n % 2 == 0 {
            mine.push(again)
        } else {
            theirs.push(again)
        }
    }
    let scope = phone.group_scope();
    send(
        &office,
        &mut phone,
        scope,
        &logged(office.sites[0], 1, &mine),
    )
    .await;
    send(
        &office,
        &mut other,
        scope,
        &logged(office.sites[1], 2, &theirs),
    )
    .await;
    let tiles = tiles(&office, &who, all()).await;
    assert_eq!(tiles.len(), 180);
    for tile in &tiles {
        let twice = tile.id < Uuid::from_u128(0xf0_0000 + 200);
        let is_flagged = tile.flags.contains(&"duplicate".to_owned());
        assert_eq!(
            (is_flagged, tile.duplicates),
            (twice, u32::from(twice)),
            "{tile:?}"
        );
    }
    let only = WallFilter {
        flag: Some("duplicate".into()),
        limit: 50,
        ..all()
    };
    let page = office.app.photos(&who, &only).await.unwrap();
    assert_eq!(page.items.len(), 50);
    let next = WallFilter {
        cursor: page.next_cursor,
        limit: 100,
        ..only
    };
    let page = office.app.photos(&who, &next).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor), (70, None));
    let detail = office.app.photo(&who, mine[0].record()).await.unwrap();
    assert_eq!(detail.same_original.len(), 1);
    assert_eq!(detail.same_original[0].id, Uuid::from_u128(0xf0_0000 + 100));
    assert_eq!(detail.strip_px, Some(100));
}

#[tokio::test]
async fn old_far_and_placeless_photos_are_flagged_and_honest_ones_are_not() {
    let office = Office::start().await;
    let mut phone = office.phone(0).await;
    let honest = Said::of(1, issue(1));
    let old = Said {
        exif_ms: Some(START - 90 * DAY_MS),
        ..Said::of(2, issue(1))
    };
    // In the campaign, but not the day of the visit.
    let other_day = Said {
        exif_ms: Some(START + DAY_MS),
        ..Said::of(3, issue(1))
    };
    let placeless = Said {
        place_e7: None,
        ..Said::of(4, issue(1))
    };
    // 0.001 degree of latitude is 111 m; 0.0004 is 44 m.
    let far = Said {
        place_e7: Some((HERE_E7.0 + 10_000, HERE_E7.1)),
        ..Said::of(5, issue(1))
    };
    let near = Said {
        place_e7: Some((HERE_E7.0 + 4_000, HERE_E7.1)),
        ..Said::of(6, issue(1))
    };
    let outside = Said {
        taken_ms: Some(START + 9 * DAY_MS),
        ..Said::of(7, issue(1))
    };
    let plain = Said {
        exif_ms: None,
        ..Said::of(8, issue(1))
    };
    let photos = [
        &honest, &old, &other_day, &placeless, &far, &near, &outside, &plain,
    ];
    let photos = photos.map(Clone::clone);
    let scope = phone.group_scope();
    send(
        &office,
        &mut phone,
        scope,
        &logged(office.sites[0], 1, &photos),
    )
    .await;
    // The site's position is known.
    let mut c = (*office.campaign().await).clone();
    c.sites.get_mut(&office.sites[0]).unwrap().place_e7 = Some(HERE_E7);
    let page = office
        .app
        .read(move |tx, ctx| page(tx, ctx, &c, &Reach::County, &all()))
        .await
        .unwrap();
    let flags = |said: &Said| flags_of(&page.items, said);
    for said in [&honest, &near, &plain] {
        assert!(flags(said).is_empty(), "{}: {:?}", said.id, flags(said));
    }
    for (said, flag) in [
        (&old, "old_photo"),
        (&other_day, "old_photo"),
        (&placeless, "no_position"),
        (&far, "far"),
        (&outside, "outside_dates"),
    ] {
        assert_eq!(flags(said), [flag], "{}", said.id);
    }
    let tile = page.items.iter().find(|t| t.id == far.record()).unwrap();
    assert_eq!(tile.distance_m, Some(111));
    assert_eq!(PHOTO_FLAGS.len(), 5, "each is tested");
}

#[tokio::test]
async fn sealed_photos_are_only_counted_until_the_lock_and_raise_no_flag_elsewhere() {
    let office = Office::start().await;
    let who = viewer(&office).await;
    let c = office.campaign().await;
    let mut phone = office.phone(0).await;
    let sheet = phone.sheet(office.sites[0]);
    let sealed = Said {
        original: 7,
        ..Said::of(1, ("sheet", sheet))
    };
    let shared = Said {
        original: 7,
        ..Said::of(2, issue(1))
    };
    let mut filled = phone.filled(&c, office.sites[0], 0);
    filled.extend(sealed.writes());
    let scope = phone.sealed();
    send(&office, &mut phone, scope, &filled).await;
    let scope = phone.group_scope();
    let shared_writes = logged(office.sites[0], 1, std::slice::from_ref(&shared));
    send(&office, &mut phone, scope, &shared_writes).await;
    let page = office.app.photos(&who, &all()).await.unwrap();
    let ids: Vec<Uuid> = page.items.iter().map(|t| t.id).collect();
    assert_eq!(ids, [shared.record()]);
    assert_eq!(
        page.items[0].duplicates, 0,
        "nothing tells of the sealed one"
    );
    assert_eq!(
        page.closed,
        ClosedPhotos {
            arrived: 0,
            promised: 1
        }
    );
    let refused = office.app.photo(&who, sealed.record()).await.unwrap_err();
    assert_eq!(refused.code(), "not_found");
    let by = supervisor();
    let locked = office
        .app
        .lock_group(&by, office.campaign, office.groups[0], Some("x"));
    locked.await.unwrap();
    let page = office.app.photos(&who, &all()).await.unwrap();
    assert_eq!(
        (page.items.len(), page.closed),
        (2, ClosedPhotos::default())
    );
    assert!(page.items.iter().all(|t| t.duplicates == 1));
    office.app.photo(&who, sealed.record()).await.unwrap();
}

#[tokio::test]
async fn the_state_of_a_photo_follows_its_bytes() {
    let office = Office::start().await;
    let who = viewer(&office).await;
    let mut phone = office.phone(0).await;
    let said = Said::of(1, issue(1));
    let scope = phone.group_scope();
    let writes = logged(office.sites[0], 1, std::slice::from_ref(&said));
    send(&office, &mut phone, scope, &writes).await;
    let tile = async || tiles(&office, &who, all()).await.remove(0);
    let first = tile().await;
    assert_eq!(
        (first.state.as_str(), first.missing_since_ms),
        ("announced", Some(START))
    );
    let blobs = office.app.blobs();
    let put = |bytes: &[u8], upto: usize| {
        let hash = BlobHash::from_bytes(protocol::chain::sha256(bytes));
        let (device, now) = (phone.device, SystemTime::now());
        blobs.create(device, hash, bytes.len() as u64, now).unwrap();
        let at = blobs.progress(device, hash).unwrap().map_or(0, |p| p.0);
        let mut append = blobs.begin_append(device, hash, at, now).unwrap();
        append.write(&bytes[at as usize..upto]).unwrap();
        append.finish(now).unwrap();
    };
    put(&said.thumb, said.thumb.len());
    assert_eq!(tile().await.state, "thumbnail");
    put(&said.copy, 3);
    let half = tile().await;
    assert_eq!((half.state.as_str(), half.here_bytes), ("uploading", 3));
    assert_eq!(half.size_bytes, Some(said.copy.len() as u64));
    put(&said.copy, said.copy.len());
    let whole = tile().await;
    assert_eq!(
        (whole.state.as_str(), whole.missing_since_ms),
        ("here", None)
    );
    assert!(whole.stored.is_some() && whole.thumbnail.is_some());
    let waiting = WallFilter {
        state: Some("announced".into()),
        ..all()
    };
    assert!(tiles(&office, &who, waiting).await.is_empty());
}

#[tokio::test]
async fn an_after_stands_beside_its_before_and_filters_keep_to_their_own() {
    let office = Office::start().await;
    let who = viewer(&office).await;
    let mut phone = office.phone(0).await;
    let before = Said {
        stage: Some("before"),
        ..Said::of(1, issue(1))
    };
    let after = Said {
        stage: Some("after"),
        ..Said::of(2, issue(1))
    };
    let alone = Said {
        stage: Some("after"),
        ..Said::of(3, issue(2))
    };
    let scope = phone.group_scope();
    let mut writes = logged(office.sites[0], 1, &[before.clone(), after.clone()]);
    writes.extend(logged(office.sites[2], 2, std::slice::from_ref(&alone)));
    send(&office, &mut phone, scope, &writes).await;
    let (cards, _, _) = office.app.photo_cards(&who, &all()).await.unwrap();
    let shown: Vec<_> = cards
        .iter()
        .map(|c| (c.photo.id, c.after.as_ref().map(|a| a.id)))
        .collect();
    assert_eq!(
        shown,
        [
            (alone.record(), None),
            (before.record(), Some(after.record()))
        ]
    );
    let at = |f: WallFilter| tiles(&office, &who, f);
    assert_eq!(
        at(WallFilter {
            site: Some(office.sites[2]),
            ..all()
        })
        .await
        .len(),
        1
    );
    assert_eq!(
        at(WallFilter {
            q: Some("示范村甲".into()),
            ..all()
        })
        .await
        .len(),
        2
    );
    assert_eq!(
        at(WallFilter {
            stage: Some("before".into()),
            ..all()
        })
        .await
        .len(),
        1
    );
    assert_eq!(
        at(WallFilter {
            kind: Some("sheet".into()),
            ..all()
        })
        .await
        .len(),
        0
    );
    assert_eq!(
        at(WallFilter {
            to: Some("2026-04-30".into()),
            ..all()
        })
        .await
        .len(),
        0
    );
    assert_eq!(
        at(WallFilter {
            from: Some("2026-05-01".into()),
            ..all()
        })
        .await
        .len(),
        3
    );
    let bad = WallFilter {
        cursor: Some("x".into()),
        ..all()
    };
    assert_eq!(
        office.app.photos(&who, &bad).await.unwrap_err().code(),
        "bad_request"
    );
}

#[tokio::test]
async fn a_photo_whose_stage_two_people_tell_differently_stands_among_the_conflicts() {
    use crate::model::Choice;
    use crate::model::Settlement;
    let office = Office::start().await;
    let (mut one, mut other) = (office.phone(0).await, office.phone(1).await);
    let c = office.campaign().await;
    let site = c.route[0];
    let photo = Said::of(1, issue(1));
    let scope = one.group_scope();
    send(
        &office,
        &mut one,
        scope,
        &logged(site, 1, std::slice::from_ref(&photo)),
    )
    .await;
    for (phone, stage) in [(&mut one, "before"), (&mut other, "after")] {
        let said: Write<'_> = ("photo", photo.record(), "stage", stage.into(), vec![]);
        send(&office, phone, scope, &[said]).await;
    }
    // The same of a photo of a sheet that is still sealed.
    let sheet = one.sheet(site);
    let sealed = Said::of(2, ("sheet", sheet));
    let mut writes = one.filled(&c, site, 0);
    writes.extend(sealed.writes());
    let own = one.sealed();
    send(&office, &mut one, own, &writes).await;
    let mut again = office.phone(0).await;
    for (phone, stage) in [(&mut one, "before"), (&mut again, "after")] {
        let said: Write<'_> = ("photo", sealed.record(), "stage", stage.into(), vec![]);
        send(&office, phone, own, &[said]).await;
    }

    let viewer = viewer(&office).await;
    let rows = office.app.conflicts(&viewer).await.unwrap();
    let of = |id: Uuid| rows.iter().find(|r| r.record.id == id).unwrap();
    let open = of(photo.record());
    assert_eq!(
        (open.record.kind.as_str(), open.field.as_str()),
        ("photo", "stage")
    );
    assert_eq!((open.values.len(), open.record.conflicts), (2, 1));
    let closed = of(sealed.record());
    assert!(
        closed.record.sealed && closed.values.is_empty(),
        "{closed:?}"
    );

    let record = office.app.record(&viewer, photo.record()).await.unwrap();
    assert_eq!(record.photos[0].id, photo.record());
    let shown = record.conflicts[0].siblings.iter().map(|s| s.dot.clone());
    let shown: Vec<String> = shown.collect();
    let order = Settlement {
        record: photo.record(),
        field: "stage".to_owned(),
        choice: Choice::Take(shown[1].clone()),
        shown,
        reason: "看过照片".to_owned(),
    };
    office.app.settle(&viewer, &order).await.unwrap();
    let rows = office.app.conflicts(&viewer).await.unwrap();
    assert!(rows.iter().all(|r| r.record.id != photo.record()));
}

//! Returning a sheet: what may be asked for while it is sealed, what the author sees, and who was first.

use domain::sheet::SheetState;
use mobile_core::{PhotoMeta, PhotoTarget, RecordState, SyncOptions};
use uuid::Uuid;

use crate::county::{County, Phone, office};

/// A phone with one submitted sheet at the office.
async fn submitted(sheets_open: bool) -> (County, Phone, Uuid) {
    let mut county = County::start_with(1, sheets_open).await;
    let mut phone = county.phone(0).await;
    let site = phone.sites().remove(0);
    let sheet = phone.fill(&site, 0, true);
    county.sync(&mut phone).await;
    (county, phone, sheet)
}

fn state_of(phone: &mut Phone, record: Uuid) -> RecordState {
    let records = phone.replica.status().unwrap().records;
    let mine = records.into_iter().find(|r| r.id == record);
    mine.unwrap().status
}

fn needs(why: &str) -> RecordState {
    RecordState::NeedsYou { why: why.into() }
}

/// Attaches a photo and sends its record, but not its bytes.
async fn promise_photo(county: &County, phone: &mut Phone, sheet: Uuid) {
    let jpeg = mobile_core::photos::generate::TestPhoto::new(7).jpeg();
    let target = PhotoTarget::Sheet(sheet);
    let meta = PhotoMeta::default();
    phone
        .replica
        .attach_photo(target, None, &jpeg, meta)
        .unwrap();
    let options = SyncOptions {
        photos: false,
        ..SyncOptions::default()
    };
    let net = county.transport();
    let done = phone.replica.sync_with(&net, options, &mut |_| {}).await;
    done.unwrap();
}

#[tokio::test]
async fn a_sealed_sheet_is_returned_for_what_is_missing_and_for_nothing_else() {
    let (county, mut phone, sheet) = submitted(false).await;
    let app = county.app();
    let refused = |items: &'static [&'static str], comment: &'static str| async move {
        let items: Vec<String> = items.iter().map(|i| (*i).to_owned()).collect();
        let done = app.return_sheet(&office(), sheet, comment, &items).await;
        done.unwrap_err().code()
    };
    assert_eq!(refused(&[], "  ").await, "reason_required");
    assert_eq!(refused(&[], "分数偏高").await, "forbidden");
    promise_photo(&county, &mut phone, sheet).await;
    let lacks = app.sheet_lacks(sheet).await.unwrap();
    assert_eq!((lacks.photos_on_the_way, lacks.unanswered.len()), (1, 0));
    assert_eq!(refused(&["nonsense"], "缺照片").await, "invalid");
    let line = phone.replica.sheet(sheet).unwrap().lines.remove(0).item.id;
    let named = app
        .return_sheet(&office(), sheet, "这一项不对", &[line])
        .await;
    assert_eq!(
        named.unwrap_err().code(),
        "forbidden",
        "an answered line of a sealed sheet is none of the office's business"
    );
    app.return_sheet(&office(), sheet, "照片没有到，请补传", &[])
        .await
        .unwrap();
    assert_eq!(refused(&[], "再来一次").await, "conflict", "returned twice");
}

#[tokio::test]
async fn the_comment_reaches_the_phone_and_only_what_is_submitted_again_counts() {
    let (county, mut phone, sheet) = submitted(false).await;
    promise_photo(&county, &mut phone, sheet).await;
    let (app, group) = (county.app(), county.groups[0]);
    app.return_sheet(&office(), sheet, "照片没有到，请补传", &[])
        .await
        .unwrap();
    let missing = app.lock_check(county.campaign, group).await.unwrap();
    assert_eq!(missing.returned, [sheet]);
    county.sync(&mut phone).await;
    assert_eq!(state_of(&mut phone, sheet), needs("returned"));
    let view = phone.replica.sheet(sheet).unwrap();
    assert_eq!(view.state, SheetState::Returned);
    assert_eq!(view.returned.unwrap().comment, "照片没有到，请补传");
    let unfinished = mobile_core::SiteFilter {
        unfinished: true,
        ..Default::default()
    };
    let site = view.site;
    let open = phone.replica.sites(&unfinished).unwrap();
    assert!(open.iter().any(|s| s.id == site), "it is to be done again");
    let line = &view.lines[0].item.id;
    let mark = || mobile_core::Mark::Points(0).into();
    let early = phone.replica.answer(sheet, line, mark()).unwrap_err();
    assert_eq!(early.code(), "returned");
    phone.replica.amend(sheet, "").unwrap();
    phone.replica.answer(sheet, line, mark()).unwrap();
    phone.replica.submit(sheet).unwrap();
    county.sync(&mut phone).await;
    assert_eq!(state_of(&mut phone, sheet), RecordState::HeldByServer);
    let missing = app.lock_check(county.campaign, group).await.unwrap();
    assert!(missing.returned.is_empty() && missing.drafts.is_empty());
    let locked = app
        .lock_group(&office(), county.campaign, group, Some("试锁"))
        .await
        .unwrap();
    assert_eq!((locked.counted, locked.left_out.len()), (1, 0));
}

#[tokio::test]
async fn a_returned_sheet_is_left_out_of_a_lock_with_its_reason() {
    let (county, mut phone, sheet) = submitted(false).await;
    promise_photo(&county, &mut phone, sheet).await;
    let app = county.app();
    app.return_sheet(&office(), sheet, "缺照片", &[])
        .await
        .unwrap();
    let locked = app
        .lock_group(
            &office(),
            county.campaign,
            county.groups[0],
            Some("会议在即"),
        )
        .await
        .unwrap();
    let left: Vec<_> = locked.left_out.iter().map(|l| l.reason.as_str()).collect();
    assert_eq!((locked.counted, left), (0, vec!["returned"]));
}

#[tokio::test]
async fn an_amendment_on_its_way_and_a_return_stand_side_by_side_until_the_author_decides() {
    for author_first in [true, false] {
        let (county, mut phone, sheet) = submitted(author_first).await;
        promise_photo(&county, &mut phone, sheet).await;
        phone.clock.advance(60_000);
        phone.replica.amend(sheet, "漏看一处").unwrap();
        phone.replica.submit(sheet).unwrap();
        let line = phone.replica.sheet(sheet).unwrap().lines.remove(0).item.id;
        let app = county.app();
        if author_first {
            // The office looks at what arrived before, and returns it after the amendment came in: it answers that.
            county.sync(&mut phone).await;
            app.return_sheet(&office(), sheet, "请核对", std::slice::from_ref(&line))
                .await
                .unwrap();
            county.sync(&mut phone).await;
            assert_eq!(state_of(&mut phone, sheet), needs("returned"));
            let back = phone.replica.sheet(sheet).unwrap().returned.unwrap();
            assert_eq!(back.items, [line]);
            phone.replica.amend(sheet, "已核对").unwrap();
        } else {
            app.return_sheet(&office(), sheet, "照片没有到", &[])
                .await
                .unwrap();
            county.sync(&mut phone).await;
            assert_eq!(state_of(&mut phone, sheet), needs("unsettled"));
            let siblings = phone.replica.sheet(sheet).unwrap().siblings;
            let both = &siblings["state"];
            assert_eq!(both.len(), 2);
            let back = both.iter().find(|s| !s.own).unwrap().value.clone();
            let dots: Vec<_> = both.iter().map(|s| s.dot).collect();
            // Choosing the return takes it up: the phone never writes the office's word.
            phone.replica.settle(sheet, "state", back, &dots).unwrap();
            let view = phone.replica.sheet(sheet).unwrap();
            assert_eq!(view.state, SheetState::Draft);
            assert_eq!(view.reason.as_deref(), Some("照片没有到"));
        }
        phone.replica.submit(sheet).unwrap();
        county.sync(&mut phone).await;
        assert_eq!(state_of(&mut phone, sheet), RecordState::HeldByServer);
        assert_eq!(county.count("SELECT count(*) FROM conflicts"), 0);
        assert_eq!(county.count("SELECT count(*) FROM verdicts"), 0);
        let states = "SELECT count(*) FROM entries WHERE kind = 'sheet' AND state = 'submitted'";
        assert_eq!(county.count(states), 1);
    }
}

#[tokio::test]
async fn a_locked_groups_sheet_is_returned_only_after_unlocking_and_the_next_lock_says_what_changed()
 {
    let (county, mut phone, sheet) = submitted(false).await;
    let (app, group) = (county.app(), county.groups[0]);
    app.lock_group(&office(), county.campaign, group, None)
        .await
        .unwrap();
    let too_early = app.return_sheet(&office(), sheet, "请核对", &[]).await;
    assert_eq!(too_early.unwrap_err().code(), "locked");
    let me = office();
    let unlock = |reason: &'static str| app.unlock_group(&me, county.campaign, group, reason);
    assert_eq!(unlock(" ").await.unwrap_err().code(), "reason_required");
    unlock("核对一处").await.unwrap();
    assert_eq!(unlock("再来").await.unwrap_err().code(), "conflict");
    // Opened once, open to the office: it may ask about the content now.
    app.return_sheet(&office(), sheet, "请核对第一项", &[])
        .await
        .unwrap();
    county.sync(&mut phone).await;
    phone.replica.amend(sheet, "").unwrap();
    let line = phone.replica.sheet(sheet).unwrap().lines.remove(0);
    let mark = mobile_core::Mark::Points(0);
    phone
        .replica
        .answer(sheet, &line.item.id, mark.into())
        .unwrap();
    phone.replica.submit(sheet).unwrap();
    county.sync(&mut phone).await;
    assert_eq!(county.count("SELECT count(*) FROM verdicts"), 0);
    let second = app
        .lock_group(&office(), county.campaign, group, Some("核对后重新锁定"))
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    let versions = app.lock_versions(county.campaign, group).await.unwrap();
    let numbers: Vec<_> = versions
        .iter()
        .map(|v| (v.version, v.by.as_str()))
        .collect();
    assert_eq!(numbers, [(2, "office"), (1, "office")]);
    assert_eq!(versions[0].result_hash, second.result_hash);
    let diff = app
        .lock_difference(county.campaign, group, 1, 2)
        .await
        .unwrap();
    assert_eq!(diff.reason.as_deref(), Some("核对后重新锁定"));
    assert_eq!(diff.sheets.len(), 1);
    assert_eq!(diff.sheets[0].sheet, sheet);
    assert_ne!(diff.sheets[0].before, diff.sheets[0].after);
    let options = server::services::verify::VerifyOptions {
        rebuild: true,
        blobs: true,
    };
    let report = app.verify(options).await.unwrap();
    let found: Vec<_> = report.findings.iter().map(|f| f.code).collect();
    assert_eq!(found, Vec::<&str>::new());
}

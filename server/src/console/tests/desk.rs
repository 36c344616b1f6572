//! The supervisor's desk over its pages: lists in any order, saved filters, returning many, both values, what to do.

use std::collections::BTreeSet;

use super::*;
use crate::model::{RECORD_COLUMNS, RecordFilter};
use crate::store::Left;

/// The records a page of the list links to, in its order.
fn listed(page: &Answer) -> Vec<String> {
    let parts = page.body.split("<th scope=\"row\">").skip(1);
    let link = |p: &str| {
        let id = p.split("/console/records/").nth(1)?;
        Some(id.chars().take(36).collect())
    };
    parts.filter_map(link).collect()
}

/// A supervisor as the services see one.
async fn viewer(console: &Console) -> crate::auth::Viewer {
    let logins = console.office.app.auth().store().logins().await.unwrap();
    let known = logins.into_iter().find(|l| l.role == Role::Supervisor);
    let login = match known {
        Some(login) => login,
        None => console.office.login(Grant::of(Role::Supervisor)).await,
    };
    crate::auth::Viewer::new(login, Some(console.office.campaign))
}

/// Ids of the list in an order, asked for so many at once.
async fn ids(console: &Console, sort: &str, limit: u32) -> Vec<Uuid> {
    let viewer = viewer(console).await;
    let mut filter = RecordFilter {
        sort: Some(sort.to_owned()),
        limit,
        ..RecordFilter::default()
    };
    let mut all = Vec::new();
    loop {
        let page = console.office.app.records(&viewer, &filter).await.unwrap();
        all.extend(page.rows.iter().map(|r| r.id));
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            assert_eq!(all.len() as u64, page.total, "{sort}");
            return all;
        }
    }
}

/// Two sheets of group 1 with different scores, sealed.
async fn two_sealed(console: &Console) -> (Uuid, Uuid) {
    let o = &console.office;
    let c = o.campaign().await;
    let mut sheets = Vec::new();
    for (who, less) in [(1, 9), (2, 0)] {
        let mut phone = o.phone(who).await;
        let sheet = phone.filled(&c, o.sites[0], less);
        let segment = phone.write(phone.sealed(), &sheet);
        phone.sync(&o.app, vec![segment]).await.unwrap();
        sheets.push(phone.sheet(o.sites[0]));
    }
    (sheets[0], sheets[1])
}

#[tokio::test]
async fn pages_in_every_order_show_each_record_once() {
    let console = Console::toured("").await;
    two_sealed(&console).await;
    for column in RECORD_COLUMNS {
        for sort in [(*column).to_owned(), format!("-{column}")] {
            let whole = ids(&console, &sort, 200).await;
            assert!(whole.len() > 4, "{sort}");
            assert_eq!(ids(&console, &sort, 1).await, whole, "{sort} one by one");
            assert_eq!(ids(&console, &sort, 2).await, whole, "{sort} by two");
            let each: BTreeSet<_> = whole.iter().collect();
            assert_eq!(each.len(), whole.len(), "{sort}");
        }
        let up = ids(&console, column, 200).await;
        let mut down = ids(&console, &format!("-{column}"), 200).await;
        down.reverse();
        assert_eq!(up, down, "{column}");
    }
}

#[tokio::test]
async fn no_order_tells_which_sealed_sheet_scored_more() {
    let console = Console::toured("").await;
    let (low, high) = two_sealed(&console).await;
    let order = |all: Vec<Uuid>| {
        let place = |id| all.iter().position(|i| *i == id).unwrap();
        place(low) < place(high)
    };
    // Sealed they stand as they came, whatever they scored.
    assert!(order(ids(&console, "score", 50).await));
    assert!(!order(ids(&console, "-score", 50).await));
    let (by, id) = (supervisor(), console.office.campaign);
    let group = console.office.groups[0];
    let locked = console
        .office
        .app
        .lock_group(&by, id, group, Some("时间到"));
    locked.await.unwrap();
    assert!(order(ids(&console, "score", 50).await));
    assert!(!order(ids(&console, "-score", 50).await));
    let (cookie, _) = console.sign_in_again(Role::Supervisor).await;
    let page = console.get("/console/records?sort=-score", &cookie).await;
    let high = listed(&page).iter().position(|i| *i == high.to_string());
    let low = listed(&page).iter().position(|i| *i == low.to_string());
    assert!(high < low && high.is_some());
    assert!(page.body.contains("aria-sort=\"descending\""));
}

#[tokio::test]
async fn a_record_leads_to_those_beside_it_in_its_list() {
    let console = Console::toured("").await;
    two_sealed(&console).await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let list = "/console/records?kind=sheet&sort=author";
    let page = console.get(list, &cookie).await;
    let sheets = listed(&page);
    assert!(sheets.len() >= 3, "{sheets:?}");
    let at = |n: usize| format!("/console/records/{}?kind=sheet&sort=author", sheets[n]);
    let second = console
        .get(&at(1), &cookie)
        .await
        .body
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    assert!(
        second.contains(&format!("rel=\"prev\" href=\"{}\"", at(0))),
        "{second}"
    );
    assert!(second.contains(&format!("rel=\"next\" href=\"{}\"", at(2))));
    assert!(second.contains(&format!("2 / {}", sheets.len())));
    let first = console.get(&at(0), &cookie).await.body;
    assert!(!first.contains("rel=\"prev\"") && first.contains("rel=\"next\""));
}

#[tokio::test]
async fn filters_are_kept_by_one_login_renamed_and_taken_away() {
    let console = Console::toured("").await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let keep = |name: &str, query: &str| format!("csrf={token}&name={name}&query={query}");
    let path = "/console/records/filters";
    let form = keep(
        "drafts",
        "kind%3Dsheet%26state%3Ddraft%26cursor%3D1.2%26evil%3D%2F%2Fx.test",
    );
    let kept = console.post(path, &cookie, &form).await;
    assert_eq!(
        kept.location,
        "/console/records?kind=sheet&state=draft&done=filters"
    );
    let page = console.get("/console/records", &cookie).await;
    let link = "/console/records?kind=sheet&#38;state=draft\"";
    assert!(
        page.body.contains(link) && !page.body.contains("x.test"),
        "{}",
        page.body
    );
    let (other, _) = console.sign_in(Role::CountyLead).await;
    let theirs = console.get("/console/records", &other).await;
    assert!(!theirs.body.contains("drafts"));
    let id = page.body.split("/console/records/filters/").nth(1).unwrap();
    let id: String = id.chars().take(36).collect();
    let change = format!("{path}/{id}");
    let renamed = console
        .post(
            &change,
            &cookie,
            &format!("csrf={token}&what=rename&name=mine"),
        )
        .await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER);
    assert!(
        console
            .get("/console/records", &cookie)
            .await
            .body
            .contains("mine")
    );
    let long = "x".repeat(41);
    let refused = console.post(path, &cookie, &keep(&long, "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = console
        .post(
            &change,
            &cookie,
            &format!("csrf={token}&what=remove&name=mine"),
        )
        .await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert!(
        !console
            .get("/console/records", &cookie)
            .await
            .body
            .contains("mine")
    );
    let again = console
        .post(
            &change,
            &cookie,
            &format!("csrf={token}&what=remove&name=mine"),
        )
        .await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_sheets_are_returned_with_one_comment_and_the_others_are_named() {
    let console = Console::toured("").await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let o = &console.office;
    let c = o.campaign().await;
    // One lacks its last answer, one lacks nothing, one is in a locked group.
    let mut phone = o.phone(1).await;
    let mut changes = phone.filled(&c, o.sites[0], 0);
    changes.remove(changes.len() - 2);
    let segment = phone.write(phone.sealed(), &changes);
    phone.sync(&o.app, vec![segment]).await.unwrap();
    let lacking = phone.sheet(o.sites[0]);
    let locked = protocol::ids::sheet(o.campaign, o.sites[2], o.accounts[4]);
    let form = format!("csrf={token}&comment=fill+in&id={lacking}&id={locked}&id={UNKNOWN}");
    let page = console
        .post("/console/records/return?kind=sheet", &cookie, &form)
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("已退回 1 张，未退回 2 张"),
        "{}",
        page.body
    );
    assert!(page.body.contains("先解锁本组再退回"));
    assert!(page.body.contains("/console/records?kind=sheet"));
    let state = o.value(lacking, "state").await.unwrap();
    assert_eq!(state.at(0).as_text(), Some("returned"));
    assert_eq!(state.at(2).items().len(), 1, "the line that lacks is named");
    let audited = console.audited().await;
    let returns: Vec<_> = audited
        .iter()
        .filter(|(a, _)| a == "return_sheet")
        .collect();
    assert_eq!(returns.iter().filter(|(_, ok)| *ok).count(), 1);
    assert!(returns.iter().any(|(_, ok)| !*ok));
    let silent = format!("csrf={token}&comment=+&id={lacking}");
    let refused = console
        .post("/console/records/return", &cookie, &silent)
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn both_texts_are_offered_as_one_and_a_second_supervisor_is_shown_the_outcome() {
    let console = Console::toured("").await;
    let (cookie, token) = console.sign_in(Role::Supervisor).await;
    let path = format!("/console/records/{}", console.contested());
    let page = console.get(&path, &cookie).await;
    assert!(page.body.contains("两个都要"));
    assert!(page.body.contains("甲户；乙户") || page.body.contains("乙户；甲户"));
    let dots: Vec<&str> = page
        .body
        .split("name=\"shown\" value=\"")
        .skip(1)
        .map(|p| p.split('"').next().unwrap())
        .collect();
    let shown = format!("shown={}&shown={}", dots[0], dots[1]);
    let form = format!("csrf={token}&field=name&{shown}&take=%2B&both=jia+yi&reason=checked");
    let late = format!(
        "csrf={token}&field=name&{shown}&take={}&reason=mine",
        dots[1]
    );
    let settle = format!("{path}/settle?kind=site_facts");
    let done = console.post(&settle, &cookie, &form).await;
    assert_eq!(
        done.location,
        format!("{path}?done=settled&kind=site_facts")
    );
    let value = console.office.value(console.contested(), "name").await;
    assert_eq!(value, Some(Value::text("jia yi")));
    let told = console.post(&settle, &cookie, &late).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    for word in ["这个冲突已由他人处理", "jia yi", "checked", "mine"] {
        assert!(told.body.contains(word), "{word}: {}", told.body);
    }
    assert!(!told.body.contains("又有新的值到达"));
}

#[tokio::test]
async fn the_gallery_shows_no_photo_of_a_sealed_sheet() {
    let console = Console::toured("").await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let gallery = "/console/records?view=gallery&kind=sheet";
    let none = console.get(gallery, &cookie).await;
    assert!(!none.body.contains("class=\"gallery\""), "none has photos");
    let mut phone = console.office.phone(0).await;
    let (nothing, hash) = (|| Value::Null, || Value::Bytes(vec![7; 32]));
    let mut image = vec!["sheet".into(), console.sheet().into(), nothing(), hash()];
    image.extend([5.into(), hash(), 5.into(), nothing(), nothing()]);
    image.extend((9..15).map(|_| nothing()));
    image.extend(["camera".into(), nothing()]);
    let photo = uuid::Uuid::from_u128(0xf0);
    let taken = ("photo", photo, "image", Value::List(image), vec![]);
    let segment = phone.write(phone.sealed(), &[taken]);
    phone
        .sync(&console.office.app, vec![segment])
        .await
        .unwrap();
    let page = console.get(gallery, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("封存：照片"), "{}", page.body);
    assert!(!page.body.contains("/console/blobs/"));
    assert!(page.body.contains("class=\"gallery\""));
}

#[tokio::test]
async fn the_lock_page_says_what_to_do_and_which_phones_still_hold_something() {
    let console = Console::toured("").await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let o = &console.office;
    let lock = format!("/console/groups/{}/lock", o.groups[0]);
    let before = console.get(&lock, &cookie).await.body;
    assert!(before.contains("锁定前要办的事") && !before.contains("id=\"phones\""));
    let devices = o.app.read({
        let id = o.campaign;
        move |tx, _| tx.devices(id)
    });
    let device = devices
        .await
        .unwrap()
        .into_iter()
        .find(|d| d.account == o.accounts[0])
        .unwrap();
    let left = Left {
        changes: 7,
        photos: 3,
        photo_bytes: 900,
    };
    let id = device.id;
    o.app
        .write(move |tx, _| tx.device_said(id, &left))
        .await
        .unwrap();
    let after = console.get(&lock, &cookie).await.body;
    assert!(
        after.contains("id=\"phones\"") && after.contains("手机0"),
        "{after}"
    );
    let viewer = viewer(&console).await;
    let check = o.app.lock_page(&viewer, o.groups[0]).await.unwrap();
    let phone = check.todo.iter().find(|x| x.what == "phones").unwrap();
    assert!(phone.needs_reason && phone.count == 1);
    assert_eq!(check.phones[0].left, Some(left));
    // A day without a word is reason enough to be listed.
    console.wait(25 * 3_600_000);
    let check = o.app.lock_page(&viewer, o.groups[0]).await.unwrap();
    assert!(check.phones.len() > 1);
}

#[tokio::test]
async fn a_wrong_clock_is_shown_on_the_record_and_can_be_filtered() {
    let console = Console::toured("").await;
    let (cookie, _) = console.sign_in(Role::Supervisor).await;
    let o = &console.office;
    let mut phone = o.phone(2).await;
    let issue = Uuid::from_u128(77);
    let place = Value::List(vec![Value::Null, "村口".into()]);
    let first = [("issue", issue, "description", Value::text("堆土"), vec![])];
    let second = [("issue", issue, "place", place, vec![])];
    let scope = phone.group_scope();
    let first = phone.write(scope, &first);
    phone.now -= 3 * 3_600_000;
    let second = phone.write(scope, &second);
    phone.sync(&o.app, vec![first, second]).await.unwrap();
    let list = console.get("/console/records?clock=1", &cookie).await;
    assert_eq!(listed(&list), [issue.to_string()]);
    let page = console
        .get(&format!("/console/records/{issue}"), &cookie)
        .await;
    assert!(
        page.body.contains("此前时钟回拨 2 小时") || page.body.contains("此前时钟回拨 3 小时"),
        "{}",
        page.body
    );
}

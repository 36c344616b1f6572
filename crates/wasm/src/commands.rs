//! What a page can ask for: the facade's methods under their own names.
//!
//! Invariant: each is one facade method and holds no logic; a test compares the list with the facade. Leaves out:
//! how arguments and answers cross (`browser`).

use mobile_core::{
    Answer, BundleOptions, CampaignView, CarriedBundle, CheckReport, CommendationView, Error, Form,
    Identity, IssueCategory, IssueView, NewIssue, NewOpinion, OpinionView, Originals, PhotoMeta,
    PhotoPlan, PhotoTarget, PhotoView, PinState, Refusal, Saved, SheetView, Sibling, SiteFilter,
    SiteView, Status, SyncOptions, SyncReport, Visit,
};
use uuid::Uuid;

use crate::face::{Bytes, Face, Fault, PlannedBundle, Prepared};
use crate::table::commands;

/// The change that a word names.
fn dot(word: &str) -> Result<mobile_core::Dot, Error> {
    mobile_core::parse_dot(word).ok_or_else(|| Refusal::NotShown.into())
}

fn dots(words: &[String]) -> Result<Vec<mobile_core::Dot>, Error> {
    words.iter().map(|word| dot(word)).collect()
}

fn write_bundle(face: &mut Face, part: usize) -> Result<Bytes, Fault> {
    let Some(plan) = face.plan.take() else {
        return Err(Fault::bad_argument("write_bundle", "plan first"));
    };
    let mut file = Vec::new();
    let done = face.phone.write_bundle(&plan, part, &mut file);
    face.plan = Some(plan);
    Ok(done.map(|_| Bytes(file))?)
}

commands! {
    apart {
        #[doc = "Redeems a one-time code; afterwards this phone can sync."]
        enrol(code: String, device_name: String) -> Identity;
        #[doc = "Sends what is new, fetches what is new, compares, then sends photos. Other commands go on meanwhile."]
        sync(options: SyncOptions) -> SyncReport;
        #[doc = "Takes a camera's file in: the worker makes the copies by plan_photo and hands them to attach_prepared."]
        attach_photo(target: PhotoTarget, item: Option<String>, picture: Bytes, meta: PhotoMeta) -> Uuid;
        #[doc = "Asks a running sync to stop; the next one goes on where it stopped."]
        pause_sync() -> ();
        #[doc = "Removes everything of this phone, after the office ordered it and the server holds all of it."]
        wipe() -> ();
    }

    #[doc = "Who this phone is, once enrolled."]
    read identity() -> Option<Identity> = |p| Ok::<_, Error>(p.phone.identity());
    #[doc = "The fingerprint of this device's key as the office compares it."]
    read key_fingerprint() -> Option<String> = |p| Ok::<_, Error>(p.phone.key_fingerprint());
    #[doc = "Housekeeping while nothing is to be done."]
    plain idle() -> () = |p| p.phone.idle();

    #[doc = "Reads everything that is stored and says what of it is damaged; takes as long as reading it does."]
    read check() -> CheckReport = |p| p.phone.check();

    #[doc = "Whether this phone shows what it holds."]
    read pin_state() -> PinState = |p| p.phone.pin_state();
    #[doc = "Sets a PIN where there is none, or where the office reset it."]
    once set_pin(pin: String) -> () = |p| p.set_pin(&pin);
    #[doc = "Replaces the PIN."]
    once change_pin(old_pin: String, new_pin: String) -> () = |p| p.change_pin(&old_pin, &new_pin);
    #[doc = "Takes the PIN away."]
    once remove_pin(old_pin: String) -> () = |p| p.remove_pin(&old_pin);
    #[doc = "Shows again what the phone holds."]
    plain unlock(pin: String) -> () = |p| p.phone.unlock(&pin);
    #[doc = "Hides everything until the PIN is typed."]
    plain lock() -> () = |p| { p.phone.lock(); Ok::<_, Error>(()) };

    #[doc = "The campaign as this phone knows it."]
    read campaign() -> CampaignView = |p| p.phone.campaign();
    #[doc = "The sites, in the order of the route."]
    read sites(filter: SiteFilter) -> Vec<SiteView> = |p| p.phone.sites(&filter);
    #[doc = "Notes what the group found at a site: name, code, contact, status or remark."]
    once edit_site_facts(site: Uuid, field: String, value: String) -> Saved = |p| p.edit_site_facts(site, &field, &value);

    #[doc = "Opens the own sheet for a site, or finds it opened."]
    once open_sheet(site: Uuid, form: Form) -> Uuid = |p| p.open_sheet(site, form);
    #[doc = "A sheet with answers, live score, what is missing, and what is to be settled."]
    read sheet(id: Uuid) -> SheetView = |p| p.phone.sheet(id);
    #[doc = "Answers a line."]
    once answer(sheet: Uuid, item: String, answer: Answer) -> Saved = |p| p.answer(sheet, &item, answer);
    #[doc = "Takes an answer back."]
    once clear_answer(sheet: Uuid, item: String) -> Saved = |p| p.clear_answer(sheet, &item);
    #[doc = "Whether the household was entered."]
    once set_visit(sheet: Uuid, visit: Visit) -> Saved = |p| p.set_visit(sheet, visit);
    #[doc = "The author's free note."]
    once set_sheet_note(sheet: Uuid, note: String) -> Saved = |p| p.set_sheet_note(sheet, &note);
    #[doc = "Hands a complete sheet in."]
    once submit(id: Uuid) -> Saved = |p| p.submit(id);
    #[doc = "Opens a submitted or returned sheet again, with a reason."]
    once amend(id: Uuid, reason: String) -> Saved = |p| p.amend(id, &reason);

    #[doc = "Every live value of a field, the displayed one first."]
    read live_values(record: Uuid, field: String) -> Vec<Sibling> = |p| p.phone.live_values(record, &field);
    #[doc = "Decides between the values shown (their dots) by picking one."]
    once settle_by_choice(record: Uuid, field: String, chosen: String, shown: Vec<String>) -> Saved
        = |p| dot(&chosen).and_then(|chosen| p.settle_by_choice(record, &field, &chosen, &dots(&shown)?));
    #[doc = "Decides between the answers shown (their dots) by a new one."]
    once settle_by_answer(sheet: Uuid, item: String, answer: Answer, shown: Vec<String>) -> Saved
        = |p| dots(&shown).and_then(|shown| p.settle_by_answer(sheet, &item, &answer, &shown));

    #[doc = "What the strip of a photo taken now would say, but for the hash."]
    read photo_strip(target: PhotoTarget, meta: PhotoMeta) -> Vec<String> = |p| p.phone.photo_strip(target, meta);
    #[doc = "How the copies of a camera's file are to be made."]
    read plan_photo(target: PhotoTarget, item: Option<String>, picture: Bytes, meta: PhotoMeta) -> PhotoPlan
        = |p| p.phone.plan_photo(target, item.as_deref(), &picture.0, meta);
    #[doc = "Takes a camera's file in with the copies made by its plan."]
    once attach_prepared(target: PhotoTarget, item: Option<String>, picture: Bytes, copies: Prepared, meta: PhotoMeta) -> Uuid
        = |p| p.attach_prepared(target, item.as_deref(), &picture.0, copies.made(), meta);
    #[doc = "The photos of a sheet, issue, opinion or commendation, oldest first."]
    read photos(target: PhotoTarget) -> Vec<PhotoView> = |p| p.phone.photos(target);
    #[doc = "The JPEG of a photo's copy, if it is on this phone."]
    read photo_bytes(photo: Uuid) -> Option<Bytes> = |p| p.phone.photo_bytes(photo).map(|b| b.map(Bytes));
    #[doc = "The JPEG of a photo's thumbnail, without strip, if it is on this phone."]
    read photo_thumbnail(photo: Uuid) -> Option<Bytes> = |p| p.phone.photo_thumbnail(photo).map(|b| b.map(Bytes));

    #[doc = "The camera's files that may go: recorded so many days ago, record and copies confirmed by the server."]
    read releasable_originals(older_than_days: u32) -> Originals = |p| p.phone.releasable_originals(older_than_days);
    #[doc = "Lets them go; records, copies and thumbnails stay."]
    plain release_originals(older_than_days: u32) -> Originals = |p| p.phone.release_originals(older_than_days);

    #[doc = "Logs a problem found on site."]
    once log_issue(issue: NewIssue) -> Uuid = |p| p.log_issue(issue);
    #[doc = "Notes that an issue was fixed at once, with an after-note."]
    once fix_on_spot(issue: Uuid, note: String) -> Saved = |p| p.fix_on_spot(issue, &note);
    #[doc = "Removes an issue, opinion, commendation or photo."]
    once delete_note(record: Uuid) -> Saved = |p| p.delete_note(record);
    #[doc = "Takes such a removal back."]
    once restore_note(record: Uuid) -> Saved = |p| p.restore_note(record);
    #[doc = "The group's issues, oldest first."]
    read issues() -> Vec<IssueView> = |p| p.phone.issues();
    #[doc = "The categories an issue may have, in the order of the list."]
    read issue_categories() -> Vec<IssueCategory> = |p| Ok::<_, Error>(p.phone.issue_categories());
    #[doc = "Adds an opinion."]
    once add_opinion(opinion: NewOpinion) -> Uuid = |p| p.add_opinion(opinion);
    #[doc = "The group's opinions, oldest first."]
    read opinions() -> Vec<OpinionView> = |p| p.phone.opinions();
    #[doc = "The practices the group found worth copying, oldest first."]
    read commendations() -> Vec<CommendationView> = |p| p.phone.commendations();
    #[doc = "Adds a practice worth copying."]
    once add_commendation(site: Uuid, what: String) -> Uuid = |p| p.add_commendation(site, &what);

    #[doc = "Where every own record and photo stands."]
    read status() -> Status = |p| p.phone.status();

    #[doc = "Seals what is not sealed and lists what a bundle will hold."]
    plain plan_bundle(options: BundleOptions) -> PlannedBundle = |p| p.phone.plan_bundle(&options).map(|plan| {
        let view = PlannedBundle::from(&plan);
        p.plan = Some(plan);
        view
    });
    #[doc = "Writes a part (from 0) of the bundle planned last."]
    plain write_bundle(part: usize) -> Bytes = |p| write_bundle(p, part);
    #[doc = "Takes a bundle of another phone along, to be handed over at the next sync."]
    plain carry_bundle(file: Bytes) -> CarriedBundle = |p| p.phone.carry_bundle(&file.0);
    #[doc = "The bundles this phone carries, those that wait first."]
    read carried_bundles() -> Vec<CarriedBundle> = |p| p.phone.carried_bundles();
    #[doc = "The file of a carried bundle, to hand it on to a stick."]
    read carried_file(sha256: String) -> Bytes = |p| p.phone.carried_file(&sha256).map(Bytes);
    #[doc = "Lets go of a carried bundle."]
    plain drop_carried(sha256: String) -> () = |p| p.phone.drop_carried(&sha256);
}

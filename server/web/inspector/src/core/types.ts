// Written by `UPDATE=1 cargo test -p wasm --test types` from the Rust types; not to be edited.

/* eslint-disable */

/** What a page can ask the phone for. */
export interface Commands {
  /** Redeems a one-time code; afterwards this phone can sync. (takes its time) */
  enrol(code: string, deviceName: string): Identity;
  /** Sends what is new, fetches what is new, compares, then sends photos. Other commands go on meanwhile. (takes its time) */
  sync(options: SyncOptions): SyncReport;
  /** Takes a camera's file in: the worker makes the copies by plan_photo and hands them to attach_prepared. (takes its time) */
  attachPhoto(target: PhotoTarget, item: string | null, picture: Bytes, meta: PhotoMeta): string;
  /** Asks a running sync to stop; the next one goes on where it stopped. (takes its time) */
  pauseSync(): null;
  /** Removes everything of this phone, after the office ordered it and the server holds all of it. (takes its time) */
  wipe(): null;
  /** Who this phone is, once enrolled. (looks) */
  identity(): Identity | null;
  /** The fingerprint of this device's key as the office compares it. (looks) */
  keyFingerprint(): string | null;
  /** Housekeeping while nothing is to be done. (may be done again) */
  idle(): null;
  /** Reads everything that is stored and says what of it is damaged; takes as long as reading it does. (looks) */
  check(): CheckReport;
  /** Whether this phone shows what it holds. (looks) */
  pinState(): PinState;
  /** Sets a PIN where there is none, or where the office reset it. (done at most once) */
  setPin(pin: string): null;
  /** Replaces the PIN. (done at most once) */
  changePin(oldPin: string, newPin: string): null;
  /** Takes the PIN away. (done at most once) */
  removePin(oldPin: string): null;
  /** Shows again what the phone holds. (may be done again) */
  unlock(pin: string): null;
  /** Hides everything until the PIN is typed. (may be done again) */
  lock(): null;
  /** The campaign as this phone knows it. (looks) */
  campaign(): CampaignView;
  /** The sites, in the order of the route. (looks) */
  sites(filter: SiteFilter): Array<SiteView>;
  /** Notes what the group found at a site: name, code, contact, status or remark. (done at most once) */
  editSiteFacts(site: string, field: string, value: string): Saved;
  /** Opens the own sheet for a site, or finds it opened. (done at most once) */
  openSheet(site: string, form: Form): string;
  /** A sheet with answers, live score, what is missing, and what is to be settled. (looks) */
  sheet(id: string): SheetView;
  /** Answers a line. (done at most once) */
  answer(sheet: string, item: string, answer: Answer): Saved;
  /** Takes an answer back. (done at most once) */
  clearAnswer(sheet: string, item: string): Saved;
  /** Whether the household was entered. (done at most once) */
  setVisit(sheet: string, visit: Visit): Saved;
  /** The author's free note. (done at most once) */
  setSheetNote(sheet: string, note: string): Saved;
  /** Hands a complete sheet in. (done at most once) */
  submit(id: string): Saved;
  /** Opens a submitted or returned sheet again, with a reason. (done at most once) */
  amend(id: string, reason: string): Saved;
  /** Every live value of a field, the displayed one first. (looks) */
  liveValues(record: string, field: string): Array<Sibling>;
  /** Decides between the values shown (their dots) by picking one. (done at most once) */
  settleByChoice(record: string, field: string, chosen: string, shown: Array<string>): Saved;
  /** Decides between the answers shown (their dots) by a new one. (done at most once) */
  settleByAnswer(sheet: string, item: string, answer: Answer, shown: Array<string>): Saved;
  /** What the strip of a photo taken now would say, but for the hash. (looks) */
  photoStrip(target: PhotoTarget, meta: PhotoMeta): Array<string>;
  /** How the copies of a camera's file are to be made. (looks) */
  planPhoto(target: PhotoTarget, item: string | null, picture: Bytes, meta: PhotoMeta): PhotoPlan;
  /** Takes a camera's file in with the copies made by its plan. (done at most once) */
  attachPrepared(target: PhotoTarget, item: string | null, picture: Bytes, copies: Prepared, meta: PhotoMeta): string;
  /** The photos of a sheet, issue, opinion or commendation, oldest first. (looks) */
  photos(target: PhotoTarget): Array<PhotoView>;
  /** The JPEG of a photo's copy, if it is on this phone. (looks) */
  photoBytes(photo: string): Bytes | null;
  /** The JPEG of a photo's thumbnail, without strip, if it is on this phone. (looks) */
  photoThumbnail(photo: string): Bytes | null;
  /** The camera's files that may go: recorded so many days ago, record and copies confirmed by the server. (looks) */
  releasableOriginals(olderThanDays: number): Originals;
  /** Lets them go; records, copies and thumbnails stay. (may be done again) */
  releaseOriginals(olderThanDays: number): Originals;
  /** Logs a problem found on site. (done at most once) */
  logIssue(issue: NewIssue): string;
  /** Notes that an issue was fixed at once, with an after-note. (done at most once) */
  fixOnSpot(issue: string, note: string): Saved;
  /** Removes an issue, opinion, commendation or photo. (done at most once) */
  deleteNote(record: string): Saved;
  /** Takes such a removal back. (done at most once) */
  restoreNote(record: string): Saved;
  /** The group's issues, oldest first. (looks) */
  issues(): Array<IssueView>;
  /** The categories an issue may have, in the order of the list. (looks) */
  issueCategories(): Array<IssueCategory>;
  /** Adds an opinion. (done at most once) */
  addOpinion(opinion: NewOpinion): string;
  /** The group's opinions, oldest first. (looks) */
  opinions(): Array<OpinionView>;
  /** The practices the group found worth copying, oldest first. (looks) */
  commendations(): Array<CommendationView>;
  /** Adds a practice worth copying. (done at most once) */
  addCommendation(site: string, what: string): string;
  /** Where every own record and photo stands. (looks) */
  status(): Status;
  /** Seals what is not sealed and lists what a bundle will hold. (may be done again) */
  planBundle(options: BundleOptions): PlannedBundle;
  /** Writes a part (from 0) of the bundle planned last. (may be done again) */
  writeBundle(part: number): Bytes;
  /** Takes a bundle of another phone along, to be handed over at the next sync. (may be done again) */
  carryBundle(file: Bytes): CarriedBundle;
  /** The bundles this phone carries, those that wait first. (looks) */
  carriedBundles(): Array<CarriedBundle>;
  /** The file of a carried bundle, to hand it on to a stick. (looks) */
  carriedFile(sha256: string): Bytes;
  /** Lets go of a carried bundle. (may be done again) */
  dropCarried(sha256: string): null;
}

/** Commands that change nothing. */
export const LOOKS: readonly (keyof Commands)[] = [
  'identity',
  'keyFingerprint',
  'check',
  'pinState',
  'campaign',
  'sites',
  'sheet',
  'liveValues',
  'photoStrip',
  'planPhoto',
  'photos',
  'photoBytes',
  'photoThumbnail',
  'releasableOriginals',
  'issues',
  'issueCategories',
  'opinions',
  'commendations',
  'status',
  'carriedBundles',
  'carriedFile',
];

/**
 * Do phone and server hold the same?
 */
export type Agreement = { 
/**
 * True if every scope was compared after this phone's last change reached the server, and all agree.
 */
agreed: boolean, 
/**
 * False if there was nothing to compare with: changes made during the sync are still to be sent.
 */
compared: boolean, 
/**
 * Scopes (ids) whose registers differ even after they were rebuilt here.
 */
differing: Array<string>, 
/**
 * Scopes not compared because segments of a newer app wait for the update.
 */
unread: Array<string>, 
/**
 * My sheets.
 */
sheets: Counts, 
/**
 * My photos.
 */
photos: Counts, };

/**
 * An answer to one line.
 */
export type Answer = { 
/**
 * What was found.
 */
mark: Mark, 
/**
 * Free note.
 */
note: string | null, 
/**
 * Reasons picked from the list.
 */
reasons: Array<string>, };

/**
 * Where an item is looked at.
 */
export type Area = "outside_yard" | "inside_yard" | "indoors";

/**
 * The last bundle, as long as the server has not confirmed all of it.
 */
export type BundleNote = { 
/**
 * When it was made, ms UTC.
 */
made_ms: number, 
/**
 * Changes in it that the server has not confirmed.
 */
changes: number, 
/**
 * Photo files in it that the server has not confirmed.
 */
photo_files: number, };

/**
 * What goes into a bundle.
 */
export type BundleOptions = { 
/**
 * With photos; without them the file is small, and says how many are missing.
 */
photos: boolean, 
/**
 * Everything of this phone, also what the server acknowledged: for a server that lost it.
 */
all: boolean, 
/**
 * Bytes of a part, about: one file may be larger by a photo. 0: one file.
 */
part_bytes: number, };

/**
 * Bytes; a `Uint8Array` on the other side.
 */
export type Bytes = Uint8Array;

/**
 * The campaign as this phone knows it.
 */
export type CampaignView = { 
/**
 * The campaign.
 */
id: string, 
/**
 * Its name; empty before the first sync.
 */
name: string, 
/**
 * `tour`, `monthly` or `spot`.
 */
tour_kind: string, 
/**
 * First and last day, `YYYY-MM-DD`, Asia/Shanghai.
 */
dates: [string, string] | null, 
/**
 * `preparing`, `running`, `closed`, `archived`.
 */
state: string, 
/**
 * True if the group sees all sheets at once.
 */
sheets_open: boolean, 
/**
 * 试填: true if this is a rehearsal, which the office may wipe; to be said loudly on every screen.
 */
rehearsal: boolean, 
/**
 * The groups.
 */
groups: Array<GroupView>, 
/**
 * Own group.
 */
group: string | null, 
/**
 * Own name as printed on papers.
 */
account_name: string, 
/**
 * Own role id.
 */
role: string, 
/**
 * Own form.
 */
form: Form, 
/**
 * Code, version and title of each checklist.
 */
checklists: Array<[string, number, string]>, };

/**
 * What became of a carried bundle.
 */
export type Carried = { "is": "waiting", 
/**
 * Why the last try did not do it, if there was one.
 */
code: string | null, } | { "is": "delivered" } | { "is": "refused", 
/**
 * The server's code.
 */
code: string, };

/**
 * A bundle of another phone that this one carries.
 */
export type CarriedBundle = { 
/**
 * SHA-256 of the file, hex.
 */
sha256: string, 
/**
 * The phone it is of.
 */
device: string, 
/**
 * When it was made, ms UTC by that phone's clock.
 */
made_ms: number, 
/**
 * Its size.
 */
size_bytes: number, 
/**
 * When it was taken along, ms UTC.
 */
taken_ms: number, 
/**
 * What became of it.
 */
state: Carried, };

/**
 * What a full check found.
 */
export type CheckReport = { 
/**
 * In words for the office; empty if nothing is wrong.
 */
problems: Array<string>, };

/**
 * The closing set's lines about this phone, compared with its own logs.
 */
export type ClosingCheck = { 
/**
 * Version of the lock.
 */
version: number, 
/**
 * When it was made, ms UTC.
 */
locked_at_ms: number, 
/**
 * Own logs it counts.
 */
lines: number, 
/**
 * 与本机一致: every line is what this phone wrote.
 */
agrees: boolean, 
/**
 * Scopes of lines that are not: an alarm.
 */
differing: Array<string>, };

/**
 * A practice worth copying that the group noted.
 */
export type CommendationView = { 
/**
 * The commendation.
 */
id: string, 
/**
 * The site.
 */
site: string | null, 
/**
 * What is worth copying.
 */
what: string, 
/**
 * Photos.
 */
photos: number, };

/**
 * How many stand where. The three add up to all.
 */
export type Counts = { 
/**
 * On this phone only.
 */
only_here: number, 
/**
 * Held by the server.
 */
held: number, 
/**
 * Waiting for a person.
 */
needs_you: number, };

/**
 * Why a command was not done.
 */
export type Fault = { 
/**
 * The stable code.
 */
code: string, 
/**
 * What to tell people, in Chinese.
 */
text_zh: string, 
/**
 * What to tell people, in English.
 */
text_en: string, 
/**
 * Lines without an answer, if that is why.
 */
missing: Array<string>, 
/**
 * For the report of a fault: what exactly, in English.
 */
detail: string, };

/**
 * The two forms of a sheet.
 */
export type Form = "detailed" | "quick";

/**
 * A tour group.
 */
export type GroupView = { 
/**
 * The group.
 */
id: string, 
/**
 * Its number.
 */
number: number, 
/**
 * Its name.
 */
name: string, 
/**
 * True while it is locked.
 */
locked: boolean, 
/**
 * Version of the lock, 0 if it never was.
 */
lock_version: number, 
/**
 * Hash of the result it was locked with.
 */
result_hash: string | null, };

/**
 * Who this phone is.
 */
export type Identity = { 
/**
 * The device.
 */
device: string, 
/**
 * The account it works for.
 */
account: string, 
/**
 * The account's name as printed on papers.
 */
account_name: string, 
/**
 * The campaign.
 */
campaign: string, 
/**
 * The group's record id, if the account has one.
 */
group: string | null, 
/**
 * The server's id.
 */
server: string, };

/**
 * A category of issues.
 */
export type IssueCategory = { 
/**
 * Code.
 */
code: string, 
/**
 * Chinese name.
 */
zh: string, 
/**
 * English name.
 */
en: string, 
/**
 * Proposed time limit: `1d` is one working day; other words are for people.
 */
default_due: string, 
/**
 * Who usually sees to it.
 */
owner_zh: string, 
/**
 * Time limit found in published standards.
 */
published_yardstick_zh: string | null, };

/**
 * An issue.
 */
export type IssueView = { 
/**
 * The issue.
 */
id: string, 
/**
 * Ledger number, given by the server.
 */
number: string | null, 
/**
 * The site.
 */
site: string | null, 
/**
 * Township's code.
 */
township_code: string | null, 
/**
 * The place in words.
 */
place: string, 
/**
 * Code of the category.
 */
category: string, 
/**
 * What is wrong.
 */
description: string, 
/**
 * How grave.
 */
severity: Severity | null, 
/**
 * When it was found.
 */
found_at_ms: number, 
/**
 * True if fixed at once.
 */
fixed_on_spot: boolean, 
/**
 * After-note of that.
 */
fixed_note: string | null, 
/**
 * Photos.
 */
photos: number, 
/**
 * Fields with differing values.
 */
conflicts: Array<string>, };

/**
 * One line of a checklist.
 */
export type Item = { 
/**
 * Key of the answer, e.g. `V-C1`; in the quick form the section's word.
 */
id: string, 
/**
 * Section it counts in.
 */
section: SectionCode, 
/**
 * Short text.
 */
title_zh: string, 
/**
 * Short text in English.
 */
title_en: string, 
/**
 * What is asked for.
 */
standard_zh: string, 
/**
 * The same in English; empty if the file has none.
 */
standard_en: string, 
/**
 * Full points.
 */
max_e4: number, 
/**
 * When a photo is asked for.
 */
photo: PhotoRule, 
/**
 * True if "does not apply" is an answer.
 */
na_allowed: boolean, 
/**
 * Where to look, for households.
 */
area: Area | null, 
/**
 * True if printed as a prompt on the quick form.
 */
quick_form: boolean, 
/**
 * Source of a value filled in from the ledger.
 */
auto: string | null, 
/**
 * Issue category of a finding.
 */
issue_category: string, 
/**
 * Unit of a count.
 */
unit_zh: string | null, } & ({ "type": "score", 
/**
 * Smallest difference.
 */
step_e4: number, } | { "type": "yes_no" } | { "type": "deduct", 
/**
 * Points off for each.
 */
per_unit_e4: number, } | { "type": "ratio", 
/**
 * How many to look at, if that is fixed.
 */
sample_size: number | null, });

/**
 * One line of a scored sheet.
 */
export type LineScore = { 
/**
 * Item id, or section word in the quick form.
 */
id: string, 
/**
 * Section.
 */
section: SectionCode, 
/**
 * Full points.
 */
max_e4: number, 
/**
 * The answer; none if there is none yet.
 */
mark: Mark | null, 
/**
 * Points; none if not answered or not applicable.
 */
points_e4: number | null, };

/**
 * One line of a sheet.
 */
export type LineView = { 
/**
 * The line.
 */
item: Item, 
/**
 * The answer displayed.
 */
answer: Answer | null, 
/**
 * Its points; none if not answered or not applicable.
 */
points_e4: number | null, 
/**
 * True if a photo is asked for with this answer.
 */
wants_photo: boolean, 
/**
 * Photos of this line.
 */
photos: number, 
/**
 * Differing live values; empty if there is nothing to settle.
 */
siblings: Array<Sibling>, };

/**
 * What was found at one item.
 */
export type Mark = "not_applicable" | { "points": number } | { "count": number } | { "yes_no": boolean } | { "ratio": { 
/**
 * In order.
 */
ok: number, 
/**
 * Looked at.
 */
sampled: number, } };

/**
 * A new issue.
 */
export type NewIssue = { 
/**
 * The site it was found at.
 */
site: string | null, 
/**
 * Township's code.
 */
township_code: string | null, 
/**
 * The place in words.
 */
place: string, 
/**
 * Code of the category (`issue-categories.json`).
 */
category: string, 
/**
 * What is wrong.
 */
description: string, 
/**
 * How grave.
 */
severity: Severity, 
/**
 * Where the finder stood.
 */
position: Position | null, 
/**
 * Fixed at once (立行立改), with an after-note.
 */
fixed_on_spot: string | null, };

/**
 * A new opinion (意见建议).
 */
export type NewOpinion = { 
/**
 * The site, or none for the whole campaign.
 */
site: string | null, 
/**
 * Category.
 */
category: string, 
/**
 * What is suggested.
 */
text: string, 
/**
 * Whom it addresses.
 */
addressed: string | null, };

/**
 * An opinion of the group.
 */
export type OpinionView = { 
/**
 * The opinion.
 */
id: string, 
/**
 * The site, or none for the whole campaign.
 */
site: string | null, 
/**
 * Category.
 */
category: string, 
/**
 * What is suggested.
 */
text: string, 
/**
 * Whom it addresses.
 */
addressed: string | null, 
/**
 * Photos.
 */
photos: number, };

/**
 * Files of the camera of which the server confirmed everything it is to have.
 */
export type Originals = { 
/**
 * How many.
 */
photos: number, 
/**
 * Their size, bytes.
 */
size_bytes: number, };

/**
 * What is said about a photo beside its bytes.
 */
export type PhotoMeta = { 
/**
 * Caption.
 */
caption: string | null, 
/**
 * When the shutter was pressed, by the app; without it the picture's own time, else (camera) now.
 */
taken_at_ms: number | null, 
/**
 * Where, if known; the picture's own position counts only where this is none.
 */
position: Position | null, 
/**
 * Camera or album.
 */
source: PhotoSource, 
/**
 * Half of a before–after pair, if it is one.
 */
stage: PhotoStage | null, };

/**
 * How the copies of a photo are to be made, by a platform that decodes pictures itself.
 */
export type PhotoPlan = { 
/**
 * When it was taken, as the record will say.
 */
taken_at_ms: number | null, 
/**
 * Most pixels of the original, width × height.
 */
max_pixels: number, 
/**
 * Longer edge of the picture in the stored copy, pixels; its strip comes on top of that. Never enlarged.
 */
stored_long_edge: number, 
/**
 * JPEG quality of the stored copy, 1–100.
 */
stored_quality: number, 
/**
 * Longer edge of the thumbnail, pixels. Never enlarged.
 */
thumbnail_long_edge: number, 
/**
 * JPEG quality of the thumbnail, 1–100.
 */
thumbnail_quality: number, 
/**
 * The strip below the stored copy.
 */
strip: StripPlan, };

/**
 * When a photo is asked for.
 */
export type PhotoRule = "on_loss" | "optional" | "required" | "none";

/**
 * Where a picture comes from.
 */
export type PhotoSource = "camera" | "album";

/**
 * Which half of a before–after pair a photo is. A pair is of one target and item.
 */
export type PhotoStage = "before" | "after";

/**
 * Where a photo stands.
 */
export type PhotoState = { "state": "only_here" } | { "state": "sending", 
/**
 * Bytes of the copy the server has.
 */
sent_bytes: number, 
/**
 * Bytes of the copy.
 */
size_bytes: number, } | { "state": "held_by_server" } | { "state": "needs_you", 
/**
 * Code: `file_damaged` or `refused`.
 */
why: string, } | { "state": "elsewhere" };

/**
 * What a photo or note belongs to.
 */
export type PhotoTarget = { "kind": "sheet", "id": string } | { "kind": "issue", "id": string } | { "kind": "opinion", "id": string } | { "kind": "commendation", "id": string };

/**
 * A photo.
 */
export type PhotoView = { 
/**
 * The photo.
 */
id: string, 
/**
 * What it belongs to: kind word and id.
 */
target: [string, string], 
/**
 * The line it belongs to.
 */
item: string | null, 
/**
 * Caption.
 */
caption: string | null, 
/**
 * SHA-256 of the camera original, hex.
 */
original_hash: string, 
/**
 * SHA-256 of the copy, hex.
 */
stored_hash: string | null, 
/**
 * SHA-256 of the thumbnail, hex.
 */
thumbnail_hash: string | null, 
/**
 * Width and height of the copy in pixels, its strip included.
 */
size_pixels: [number, number] | null, 
/**
 * When it was taken.
 */
taken_at_ms: number | null, 
/**
 * When the picture itself says it was taken; apart, so that an old photo shows.
 */
exif_at_ms: number | null, 
/**
 * Height of the strip below the picture in pixels, if there is one.
 */
strip_px: number | null, 
/**
 * True if there is no strip because no font with Chinese characters was found.
 */
no_font: boolean, 
/**
 * Half of a before–after pair, if it is one.
 */
stage: PhotoStage | null, 
/**
 * Where.
 */
position: Position | null, 
/**
 * Where it stands.
 */
state: PhotoState, };

/**
 * Whether a phone shows what it holds.
 */
export type PinState = { "state": "none" } | { "state": "unlocked" } | { "state": "locked", 
/**
 * Tries before there is a wait; 0 while one lasts and for the single try after it.
 */
tries_left: number, 
/**
 * Until when no PIN is looked at, ms UTC by this phone's clock.
 */
wait_until_ms: number | null, } | { "state": "must_set" };

/**
 * What a bundle will hold; its parts are written one by one.
 */
export type PlannedBundle = { 
/**
 * When, ms UTC.
 */
made_ms: number, 
/**
 * Changes in it.
 */
changes: number, 
/**
 * Photo files in it (two a photo).
 */
photo_files: number, 
/**
 * Photo files that wait here and are not in it.
 */
photos_left_out: number, 
/**
 * How many files it makes.
 */
parts: number, };

/**
 * A position as a receiver gives it.
 */
export type Position = { 
/**
 * Latitude.
 */
lat_e7: number, 
/**
 * Longitude.
 */
lon_e7: number, 
/**
 * Accuracy in metres.
 */
accuracy_m: number | null, };

/**
 * The copies of a photo that the worker made.
 */
export type Prepared = { 
/**
 * The copy that is sent, a JPEG.
 */
stored: Bytes, 
/**
 * The thumbnail, a JPEG.
 */
thumbnail: Bytes, 
/**
 * Height of the strip at the foot of the stored copy, pixels; none if it has none.
 */
strip_px: number | null, };

/**
 * How far a sync is.
 */
export type Progress = { "step": "sending", 
/**
 * Bytes of segments still to send, this request's included.
 */
bytes_left: number, } | { "step": "received", 
/**
 * Changes pulled so far.
 */
changes: number, 
/**
 * True if there is more.
 */
more: boolean, } | { "step": "photo", 
/**
 * Files done in this sync.
 */
done: number, 
/**
 * Files still to send, this one included.
 */
left: number, 
/**
 * Bytes of this file the server has.
 */
sent_bytes: number, 
/**
 * Bytes of this file.
 */
size_bytes: number, } | { "step": "waiting", 
/**
 * How long, ms.
 */
ms: number, };

/**
 * Where a record stands.
 */
export type RecordState = { "state": "only_here" } | { "state": "held_by_server" } | { "state": "needs_you", 
/**
 * `unsettled`, `returned`, or the code of a verdict: `invalid`, `unauthorised`, `recused`, `late`.
 */
why: string, };

/**
 * A record with its state.
 */
export type RecordStatus = { 
/**
 * The record.
 */
id: string, 
/**
 * Its kind.
 */
kind: string, 
/**
 * Where it stands.
 */
status: RecordState, 
/**
 * The office's decisions about it, oldest first. A record left out stays held by the server.
 */
ruled: Array<Ruled>, };

/**
 * A return of a sheet by the office.
 */
export type ReturnView = { 
/**
 * The office's comment.
 */
comment: string, 
/**
 * Lines it names, to be highlighted; may be empty.
 */
items: Array<string>, };

/**
 * What the office decided on something of this phone's that was held back.
 */
export type Ruled = { 
/**
 * Why it was held: `invalid`, `unauthorised`, `recused`, `late`.
 */
code: string, 
/**
 * True: 已采纳, it counts; false: 未采纳.
 */
accepted: boolean, 
/**
 * The office's reason.
 */
reason: string, 
/**
 * When, ms UTC.
 */
at_ms: number, };

/**
 * What a saving action did.
 */
export type Saved = { 
/**
 * False if the field showed exactly this already and nothing was written.
 */
changed: boolean, 
/**
 * Hybrid time of the change, ms UTC.
 */
at_ms: number, };

/**
 * The seven characters of the standard: 拆清整绿建亮管.
 */
export type SectionCode = "demolish" | "clear" | "tidy" | "green" | "build" | "light" | "manage";

/**
 * One section of a scored sheet.
 */
export type SectionScore = { 
/**
 * Which.
 */
code: SectionCode, 
/**
 * Points of its answered lines.
 */
earned_e4: number, 
/**
 * Full points of its answered lines that apply.
 */
max_e4: number, 
/**
 * Lines answered, "not applicable" included.
 */
answered: number, 
/**
 * Lines.
 */
lines: number, };

/**
 * How grave an issue is.
 */
export type Severity = "minor" | "major" | "grave";

/**
 * A scored sheet. While lines are missing, the score is that of the lines answered so far.
 */
export type SheetScore = { 
/**
 * 0 to 100 points; none if nothing was answered that applies.
 */
score_e4: number | null, 
/**
 * Points of all answered lines.
 */
earned_e4: number, 
/**
 * Full points of the answered lines that apply.
 */
max_e4: number, 
/**
 * True if less than 70 % of the checklist's points apply.
 */
flagged: boolean, 
/**
 * By section, in the checklist's order.
 */
sections: Array<SectionScore>, 
/**
 * By line, in the checklist's order.
 */
lines: Array<LineScore>, 
/**
 * Lines without answer.
 */
missing: Array<string>, };

/**
 * State of a sheet.
 */
export type SheetState = "draft" | "submitted" | "returned" | "locked" | "amended";

/**
 * A score sheet.
 */
export type SheetView = { 
/**
 * The sheet.
 */
id: string, 
/**
 * Its site.
 */
site: string, 
/**
 * The site's name.
 */
site_name: string, 
/**
 * Detailed or quick.
 */
form: Form, 
/**
 * Code and version of the checklist.
 */
checklist: [string, number], 
/**
 * Draft, submitted or returned.
 */
state: SheetState, 
/**
 * Why it was amended or returned.
 */
reason: string | null, 
/**
 * What the office asks for, while it is returned: `amend`, mend, submit again.
 */
returned: ReturnView | null, 
/**
 * Whether the household was entered.
 */
visit: Visit | null, 
/**
 * Free note of the author.
 */
note: string | null, 
/**
 * True if the group is locked.
 */
locked: boolean, 
/**
 * Score of what is answered so far, with sections and missing lines.
 */
score: SheetScore, 
/**
 * Every line.
 */
lines: Array<LineView>, 
/**
 * Differing live values by field, answers included.
 */
siblings: { [key in string]: Array<Sibling> }, 
/**
 * Answers held that do not fit the form (of a newer app, or refused).
 */
unfitting: Array<string>, 
/**
 * Its photos.
 */
photos: Array<PhotoView>, };

/**
 * One of several live values of a field.
 */
export type Sibling = { 
/**
 * The change that wrote it; [`crate::Replica::settle`] names it.
 */
dot: string, 
/**
 * When, by its writer's clock.
 */
at_ms: number, 
/**
 * True if this phone wrote it.
 */
own: boolean, 
/**
 * The value.
 */
value: unknown, };

/**
 * Which sites to list.
 */
export type SiteFilter = { 
/**
 * Of one township only.
 */
township: string | null, 
/**
 * Of one kind only.
 */
kind: SiteKind | null, 
/**
 * Name, code or township contains this.
 */
text: string | null, 
/**
 * Only sites without a submitted sheet of mine.
 */
unfinished: boolean, 
/**
 * Also sites of other groups.
 */
all_groups: boolean, 
/**
 * Also sites that were struck off.
 */
struck: boolean, };

/**
 * What a site is.
 */
export type SiteKind = "demonstration_village" | "household" | "route_segment" | "street" | "town_site";

/**
 * A site.
 */
export type SiteView = { 
/**
 * The site.
 */
id: string, 
/**
 * Its name: what the group found on the spot, else what the office wrote.
 */
name: string, 
/**
 * Name the office wrote.
 */
planned_name: string, 
/**
 * Household code or the like, found on the spot.
 */
code: string, 
/**
 * Kind.
 */
kind: SiteKind | null, 
/**
 * Kind of a town site.
 */
town_kind: TownKind | null, 
/**
 * Township's code.
 */
township_code: string | null, 
/**
 * Township's name.
 */
township: string, 
/**
 * Village's code.
 */
village_code: string | null, 
/**
 * Village's name.
 */
village: string, 
/**
 * Number of the slot, for a site chosen on the spot.
 */
slot: number | null, 
/**
 * Group that visits it; none: every group.
 */
group: string | null, 
/**
 * Place in the route.
 */
stop: number, 
/**
 * Latitude.
 */
lat_e7: number | null, 
/**
 * Longitude.
 */
lon_e7: number | null, 
/**
 * Why it was struck off.
 */
struck: string | null, 
/**
 * True if I may not score it.
 */
recused: boolean, 
/**
 * My sheet, if opened.
 */
sheet: string | null, 
/**
 * State of my sheet.
 */
sheet_state: SheetState | null, 
/**
 * Lines answered.
 */
answered: number, 
/**
 * Lines of the form (of my own form if no sheet is opened).
 */
lines: number, 
/**
 * The group's record of facts about it.
 */
facts: string | null, 
/**
 * Facts found on the spot, displayed values by field.
 */
fact_values: { [key in string]: string }, 
/**
 * Fields of the facts and of my sheet with differing values.
 */
conflicts: Array<string>, };

/**
 * Is everything safe?
 */
export type Status = { 
/**
 * My sheets.
 */
sheets: Counts, 
/**
 * Issues this phone wrote to.
 */
issues: Counts, 
/**
 * Everything else this phone wrote to: facts, opinions, commendations, household texts, photo references.
 */
others: Counts, 
/**
 * Photos whose bytes are on this phone.
 */
photos: Counts, 
/**
 * Bytes of photos still to send.
 */
photo_bytes_to_send: number, 
/**
 * Own changes the server does not hold.
 */
unsent_changes: number, 
/**
 * When the oldest own value that the server does not hold was written, ms UTC.
 */
oldest_unsent_ms: number | null, 
/**
 * When the server last answered that there is nothing more to fetch, ms UTC by this phone's clock.
 */
last_sync_ms: number | null, 
/**
 * Segments of a newer app that wait for the update.
 */
unread_segments: number, 
/**
 * Every record.
 */
records: Array<RecordStatus>, 
/**
 * Every photo.
 */
photo_states: Array<[string, PhotoState]>, 
/**
 * When this database was noticed to be a copy or a restored backup.
 */
copied_at_ms: number | null, 
/**
 * When the server said this phone is revoked.
 */
revoked_at_ms: number | null, 
/**
 * When the server said that the rehearsal this phone took part in was wiped: [`crate::Replica::wipe`], then enrol anew.
 */
wiped_at_ms: number | null, 
/**
 * Own clock less the server's at the last sync, ms; beyond 5 minutes it is shown.
 */
skew_ms: number | null, 
/**
 * The last bundle, as long as the server has not confirmed all that is in it.
 */
bundle: BundleNote | null, 
/**
 * Bundles of other phones that wait here for a sync.
 */
bundles_carried: number, 
/**
 * What the last lock of the own group says of this phone; none before it.
 */
closing: ClosingCheck | null, };

/**
 * The strip below a stored copy.
 */
export type StripPlan = { 
/**
 * The fields in their order; as many in a line as fit, none broken in two.
 */
fields: Array<string>, 
/**
 * Between two fields of a line.
 */
separator: string, 
/**
 * Ends a field that does not fit in a line.
 */
cut: string, 
/**
 * Letters of a line, as a share of the picture's width.
 */
ems_per_width: number, 
/**
 * Smallest letters, pixels.
 */
min_em: number, 
/**
 * Narrowest picture that gets a strip, pixels.
 */
min_width: number, 
/**
 * Colour: red, green, blue.
 */
paper: [number, number, number], 
/**
 * Colour of the letters.
 */
ink: [number, number, number], };

/**
 * How a sync goes about its work.
 */
export type SyncOptions = { 
/**
 * zstd level of new segments.
 */
level: number, 
/**
 * Bytes of segments sent in one request and wanted in one reply; 0: what is usual. A quarter after a lost
 * connection, twice as much after each answer.
 */
page_bytes: number, 
/**
 * Send photos too (false: records only, e.g. without Wi-Fi).
 */
photos: boolean, 
/**
 * Retries after a lost connection or a busy server, each time it happens in a row.
 */
retries: number, };

/**
 * What a sync did.
 */
export type SyncReport = { 
/**
 * Requests, photos included.
 */
requests: number, 
/**
 * Bytes of request bodies with records.
 */
pushed_bytes: number, 
/**
 * Bytes of reply bodies with records.
 */
pulled_bytes: number, 
/**
 * Bytes of request bodies with photos.
 */
photo_bytes: number, 
/**
 * Own changes the server newly acknowledged.
 */
pushed_changes: number, 
/**
 * Changes pulled and applied.
 */
pulled_changes: number, 
/**
 * Segments of others handed back to a restored server.
 */
handed_back: number, 
/**
 * Bundles of other phones the server took from this one.
 */
bundles_delivered: number, 
/**
 * Bytes of request bodies with bundles.
 */
bundle_bytes: number, 
/**
 * Photo files sent.
 */
photos_sent: number, 
/**
 * Photo files still waiting.
 */
photos_waiting: number, 
/**
 * Why photos wait: code of the pause, if not all were sent.
 */
photos_paused: string | null, 
/**
 * Do both sides agree?
 */
agreed: Agreement, 
/**
 * True if this database turned out to be a copy and its tail was re-issued.
 */
forked: boolean, 
/**
 * Changes re-issued in a new epoch.
 */
reissued: number, 
/**
 * True if the server is in a new generation (restored from a backup).
 */
new_generation: boolean, 
/**
 * Segments of others that contradict what this phone holds: an alarm, the server's history was changed.
 */
contradictions: number, 
/**
 * Segments kept unread because a newer app wrote them.
 */
unread_segments: number, 
/**
 * Own clock less the server's, ms.
 */
skew_ms: number, 
/**
 * True if the skew is beyond 5 minutes and should be shown.
 */
skew_flagged: boolean, 
/**
 * True if the office revoked this phone.
 */
revoked: boolean, 
/**
 * True if it may be wiped: revoked, and everything own is held by the server.
 */
may_wipe: boolean, 
/**
 * True if the sync was paused before it was through.
 */
paused: boolean, 
/**
 * Times the connection was lost or the server busy.
 */
retries: number, };

/**
 * What a county-town site is.
 */
export type TownKind = "market" | "road" | "community" | "old_estate" | "service";

/**
 * What became of a visit to a household.
 */
export type Visit = "entered" | "refused" | "absent";


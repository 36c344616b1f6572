-- The server's own tables beside the ledger's.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account BLOB NOT NULL CHECK (length(account) = 16),
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    key BLOB NOT NULL CHECK (length(key) = 32),
    name TEXT NOT NULL,
    enrolled_at_ms INTEGER NOT NULL,
    -- Last request counter: it only grows.
    counter INTEGER NOT NULL DEFAULT 0,
    last_sync_ms INTEGER,
    skew_ms INTEGER NOT NULL DEFAULT 0,
    revoked_at_ms INTEGER,
    revoked_reason TEXT NOT NULL DEFAULT '',
    quarantine_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX devices_by_campaign ON devices (campaign, enrolled_at_ms);

-- Projection: records as lists show them.
CREATE TABLE entries (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    kind TEXT NOT NULL,
    site BLOB CHECK (site IS NULL OR length(site) = 16),
    township TEXT,
    "group" BLOB CHECK ("group" IS NULL OR length("group") = 16),
    author BLOB NOT NULL CHECK (length(author) = 16),
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    visit TEXT NOT NULL,
    form TEXT NOT NULL,
    answered INTEGER NOT NULL,
    items INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    score_e4 INTEGER,
    written_ms INTEGER NOT NULL,
    arrived_ms INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    begun_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX entries_by_arrival ON entries (campaign, arrived_ms, no);

-- Projection: photo records, for the rights to a blob, for "n of m arrived" and for the photo wall with its flags. What
-- else is known of a photo is read from its record.
CREATE TABLE photos (
    no INTEGER PRIMARY KEY REFERENCES records (no),
    scope INTEGER NOT NULL REFERENCES scopes (no),
    target BLOB NOT NULL CHECK (length(target) = 16),
    item TEXT,
    stored BLOB CHECK (stored IS NULL OR length(stored) = 32),
    thumb BLOB CHECK (thumb IS NULL OR length(thumb) = 32),
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    -- Kind of the target.
    kind TEXT NOT NULL,
    original BLOB CHECK (original IS NULL OR length(original) = 32),
    stored_bytes INTEGER,
    thumb_bytes INTEGER,
    author BLOB NOT NULL CHECK (length(author) = 16),
    device BLOB NOT NULL CHECK (length(device) = 16),
    taken_ms INTEGER,
    exif_ms INTEGER,
    lat_e7 INTEGER,
    lon_e7 INTEGER,
    album INTEGER NOT NULL CHECK (album IN (0, 1)),
    stage TEXT,
    written_ms INTEGER NOT NULL,
    -- When it first arrived.
    arrived_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX photos_by_target ON photos (target);
CREATE INDEX photos_by_original ON photos (original) WHERE original IS NOT NULL;
CREATE INDEX photos_by_arrival ON photos (arrived_ms, no);
CREATE INDEX photos_by_stored ON photos (stored) WHERE stored IS NOT NULL;
CREATE INDEX photos_by_thumb ON photos (thumb) WHERE thumb IS NOT NULL;

-- Campaigns that are rehearsals: written before the first record, so that no real campaign can become one. Only these
-- may be erased.
CREATE TABLE rehearsals (
    campaign BLOB NOT NULL PRIMARY KEY CHECK (length(campaign) = 16),
    made_at_ms INTEGER NOT NULL,
    wiped_at_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TRIGGER rehearsals_are_made_first BEFORE INSERT ON rehearsals
WHEN EXISTS (SELECT 1 FROM scopes WHERE campaign = NEW.campaign)
BEGIN SELECT RAISE(ABORT, 'a campaign that has records cannot become a rehearsal'); END;
CREATE TRIGGER rehearsals_remain BEFORE DELETE ON rehearsals
BEGIN SELECT RAISE(ABORT, 'what was a rehearsal stays known'); END;
CREATE TRIGGER segments_stay BEFORE DELETE ON segments
WHEN NOT EXISTS (
    SELECT 1 FROM scopes JOIN rehearsals ON rehearsals.campaign = scopes.campaign WHERE scopes.no = OLD.scope)
BEGIN SELECT RAISE(ABORT, 'segments of a real campaign are never dropped'); END;

-- Devices of rehearsals that were wiped, so that their phones can be told.
CREATE TABLE wiped_devices (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;

-- Projection: the ledger of issues. Lists of words stand one a line, each between two line ends.
CREATE TABLE issues (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    number TEXT NOT NULL,
    site BLOB CHECK (site IS NULL OR length(site) = 16),
    township TEXT,
    village TEXT,
    "group" BLOB CHECK ("group" IS NULL OR length("group") = 16),
    place TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    description TEXT NOT NULL,
    found_ms INTEGER NOT NULL,
    lat_e7 INTEGER,
    lon_e7 INTEGER,
    accuracy_m INTEGER,
    author BLOB NOT NULL CHECK (length(author) = 16),
    fixed INTEGER NOT NULL CHECK (fixed IN (0, 1)),
    fixed_note TEXT NOT NULL,
    lead_unit TEXT,
    assisting_units TEXT NOT NULL,
    person TEXT,
    sponsor TEXT,
    due_on TEXT,
    measure TEXT NOT NULL,
    remark TEXT NOT NULL,
    root_causes TEXT NOT NULL,
    state TEXT NOT NULL,
    reported_on TEXT,
    closed_on TEXT,
    verifier TEXT,
    duplicate_of BLOB CHECK (duplicate_of IS NULL OR length(duplicate_of) = 16),
    distinct_from TEXT NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX issues_by_number ON issues (campaign, number, id);

-- What came in and is not counted, with the office's decision.
CREATE TABLE held (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    code TEXT NOT NULL,
    device BLOB NOT NULL CHECK (length(device) = 16),
    scope BLOB NOT NULL CHECK (length(scope) = 16),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    record BLOB CHECK (record IS NULL OR length(record) = 16),
    kind TEXT NOT NULL,
    site BLOB CHECK (site IS NULL OR length(site) = 16),
    account BLOB NOT NULL CHECK (length(account) = 16),
    why TEXT NOT NULL,
    changes INTEGER NOT NULL,
    written_ms INTEGER,
    arrived_ms INTEGER NOT NULL,
    accepted INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    by TEXT NOT NULL DEFAULT '',
    decided_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX held_by_campaign ON held (campaign, decided_ms);

-- Requests done once: what was sent (hash), and what it was answered; no status: not answered yet.
CREATE TABLE idempotency_keys (
    login BLOB NOT NULL CHECK (length(login) = 16),
    key TEXT NOT NULL,
    request BLOB NOT NULL CHECK (length(request) = 32),
    status INTEGER,
    media TEXT NOT NULL,
    body BLOB NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (login, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (made_ms);

-- Who of the office made which changes of the server's logs, and why.
CREATE TABLE acts (
    scope BLOB NOT NULL CHECK (length(scope) = 16),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (scope, epoch, first)
) STRICT, WITHOUT ROWID;

-- The ledger: logs, their segments, and the registers they make. The same on phone and server.
CREATE TABLE names (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE scopes (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    letter INTEGER NOT NULL,
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    owner BLOB NOT NULL CHECK (length(owner) = 16),
    -- Last position given out in the scope's feed (server only).
    gseq INTEGER NOT NULL DEFAULT 0,
    -- 16 buckets of 8 bytes: the digest of its live values, less what `tail.delta` adds to it.
    digest BLOB NOT NULL DEFAULT (zeroblob(128))
) STRICT;

CREATE TABLE logs (
    no INTEGER PRIMARY KEY,
    device BLOB NOT NULL CHECK (length(device) = 16),
    scope INTEGER NOT NULL REFERENCES scopes (no),
    epoch INTEGER NOT NULL,
    branch INTEGER NOT NULL DEFAULT 0,
    -- Last sealed seq and the chain after it.
    head INTEGER NOT NULL DEFAULT 0,
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    -- Up to where the other side said it holds it (phone only).
    acked INTEGER NOT NULL DEFAULT 0,
    UNIQUE (device, scope, epoch, branch)
) STRICT;

CREATE TABLE segments (
    no INTEGER PRIMARY KEY,
    log INTEGER NOT NULL REFERENCES logs (no),
    scope INTEGER NOT NULL REFERENCES scopes (no),
    first INTEGER NOT NULL CHECK (first > 0),
    count INTEGER NOT NULL CHECK (count > 0),
    -- Place in the scope's feed; 0 outside it (phone; quarantine; a branch).
    gseq INTEGER NOT NULL DEFAULT 0,
    arrived_ms INTEGER NOT NULL,
    -- 1: in the registers. 0: kept unread (newer layout), or outside every result (quarantine, branch).
    applied INTEGER NOT NULL DEFAULT 1,
    header BLOB NOT NULL,
    payload BLOB NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    UNIQUE (log, first)
) STRICT;

-- Own changes not sealed yet.
CREATE TABLE tail (
    log INTEGER NOT NULL REFERENCES logs (no),
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    record INTEGER NOT NULL REFERENCES records (no),
    field INTEGER NOT NULL REFERENCES names (no),
    value BLOB NOT NULL,
    -- Pairs of log number and seq, 8 bytes big endian each; empty for none.
    supersedes BLOB NOT NULL,
    -- Seed (16 bytes) and place in the run (8 bytes) if this change minted its record; else empty.
    minted BLOB NOT NULL,
    -- What this change added to its record's bucket of the digest (wrapping), so that an autosave need not rewrite the
    -- scope's row.
    delta INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind INTEGER NOT NULL REFERENCES names (no),
    scope INTEGER NOT NULL REFERENCES scopes (no)
) STRICT;

-- Live values. More than one per (record, field) are siblings.
CREATE TABLE cells (
    record INTEGER NOT NULL,
    field INTEGER NOT NULL,
    log INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (record, field, log, seq)
) STRICT, WITHOUT ROWID;

-- Superseded dots whose change is not applied, because it has not arrived or is kept outside: dead once it is.
CREATE TABLE dead (
    log INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    record INTEGER NOT NULL,
    field INTEGER NOT NULL,
    PRIMARY KEY (log, seq, record, field)
) STRICT, WITHOUT ROWID;

-- Changes a verdict names. In force: they are not applied.
CREATE TABLE verdicts (
    record INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    log INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    -- Limited to this record's id, or null.
    target BLOB,
    code TEXT NOT NULL,
    in_force INTEGER NOT NULL
) STRICT;
CREATE INDEX verdicts_by_log ON verdicts (log);

-- Fields whose live values differ.
CREATE TABLE conflicts (
    record INTEGER NOT NULL,
    field INTEGER NOT NULL,
    PRIMARY KEY (record, field)
) STRICT, WITHOUT ROWID;

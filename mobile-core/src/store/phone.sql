-- What only a phone keeps, beside the ledger's tables.

-- Identity, key seed, cursor, counter, lease: one value a key (`store/meta.rs` lists the keys).
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Records this author answers for: all of his own sealed and household scopes, and those elsewhere that this device
-- wrote to. So that "is it safe?" costs what is own, not what the group shares.
CREATE TABLE own_records (
    record INTEGER PRIMARY KEY REFERENCES records (no)
) STRICT;

-- The epoch in which this phone writes to a scope now. A copied database starts new ones.
CREATE TABLE epochs (
    scope BLOB PRIMARY KEY CHECK (length(scope) = 16),
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The short indexes by which the server names scopes in digests.
CREATE TABLE server_scopes (
    idx INTEGER PRIMARY KEY,
    scope BLOB NOT NULL CHECK (length(scope) = 16)
) STRICT;

-- Own photos whose bytes are on this phone, and the files they are made of.
CREATE TABLE photos (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    stored BLOB NOT NULL CHECK (length(stored) = 32),
    thumbnail BLOB NOT NULL CHECK (length(thumbnail) = 32)
) STRICT, WITHOUT ROWID;

-- Files to send, one row a hash. role 0: thumbnail, 1: copy.
-- state 0: waits, 1: partly sent, 2: held by the server, 3: damaged here, 4: refused by the server.
CREATE TABLE blobs (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    role INTEGER NOT NULL CHECK (role IN (0, 1)),
    size_bytes INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4),
    offset_bytes INTEGER NOT NULL DEFAULT 0,
    -- HTTP status of a refusal.
    status INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX blobs_by_turn ON blobs (state, role, size_bytes);

-- Bundles of other phones that this one carries to the server: opaque files in the photo folder, by their SHA-256.
-- state 0: waits, 1: the server has it, 2: refused by the server (code says why).
CREATE TABLE carried (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    device BLOB NOT NULL CHECK (length(device) = 16),
    made_ms INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    taken_ms INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
    code TEXT
) STRICT, WITHOUT ROWID;

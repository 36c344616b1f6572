-- The supervisor's desk: filters that logins keep, clocks that were wrong, what phones say they still hold, branches.
CREATE TABLE saved_filters (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    login BLOB NOT NULL CHECK (length(login) = 16),
    campaign BLOB NOT NULL CHECK (length(campaign) = 16),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    UNIQUE (login, campaign, name)
) STRICT, WITHOUT ROWID;

-- Changes whose writer's clock was wrong ('off') or had gone back ('back').
CREATE TABLE clock_flags (
    record BLOB NOT NULL CHECK (length(record) = 16),
    device BLOB NOT NULL CHECK (length(device) = 16),
    scope BLOB NOT NULL CHECK (length(scope) = 16),
    epoch INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('back', 'off')),
    by_ms INTEGER NOT NULL,
    PRIMARY KEY (record, device, scope, epoch, branch, seq, kind)
) STRICT, WITHOUT ROWID;

-- Time of the last change held of each log, by its writer's clock.
CREATE TABLE log_clocks (
    device BLOB NOT NULL CHECK (length(device) = 16),
    scope BLOB NOT NULL CHECK (length(scope) = 16),
    epoch INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (device, scope, epoch, branch)
) STRICT, WITHOUT ROWID;

-- What a device said at its last request that only it holds; null: it never said.
ALTER TABLE devices ADD COLUMN left_changes INTEGER;
ALTER TABLE devices ADD COLUMN left_photos INTEGER;
ALTER TABLE devices ADD COLUMN left_photo_bytes INTEGER;

-- The branch of a forked log; 0: the log itself.
ALTER TABLE held ADD COLUMN branch INTEGER NOT NULL DEFAULT 0;

-- Who may sign in, sessions, one-time secrets and codes, and the audit. No secret is stored in clear.

CREATE TABLE logins (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- As typed at set-up, trimmed; compared in lower case (`user_key`).
    user_name TEXT NOT NULL,
    user_key TEXT NOT NULL UNIQUE,
    -- PHC string, argon2id.
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    -- The account of the roster, if the login belongs to one.
    account BLOB CHECK (account IS NULL OR length(account) = 16),
    -- What a role with a narrower reach sees: a division code or a department's name; a group's number.
    unit TEXT,
    group_number INTEGER,
    -- Last day it may be used, YYYY-MM-DD, Asia/Shanghai; null: no end.
    expires_on TEXT,
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at_ms INTEGER NOT NULL,
    last_sign_in_ms INTEGER,
    password_set_at_ms INTEGER NOT NULL,
    -- 1: the next thing it does must be a new password.
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1))
) STRICT;

-- Hashes of earlier passwords, newest last: they are not taken again.
CREATE TABLE earlier_passwords (
    no INTEGER PRIMARY KEY,
    login BLOB NOT NULL REFERENCES logins (id),
    password_hash TEXT NOT NULL
) STRICT;
CREATE INDEX earlier_passwords_by_login ON earlier_passwords (login, no);

-- Counted for any name, existing or not, so that the answer does not tell which names exist.
CREATE TABLE sign_in_failures (
    user_key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One-time secrets that make a login, or give one a new password: the first one is printed at the first start.
CREATE TABLE setup_secrets (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    -- Null: makes a login of the role below. Else that login gets a new password and keeps what it may do.
    login BLOB REFERENCES logins (id),
    role TEXT NOT NULL,
    account BLOB CHECK (account IS NULL OR length(account) = 16),
    unit TEXT,
    group_number INTEGER,
    expires_on TEXT,
    issued_by TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    -- Null: does not expire (the first one).
    expires_at_ms INTEGER,
    used_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE console_sessions (
    -- SHA-256 of the session id: a stolen backup opens no session.
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    -- JSON of the session's values.
    data TEXT NOT NULL,
    -- Whose it is, once somebody signed in; so that all of a login's can be ended at once.
    login BLOB CHECK (login IS NULL OR length(login) = 16),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX console_sessions_by_expiry ON console_sessions (expires_at_ms);
CREATE INDEX console_sessions_by_login ON console_sessions (login);

CREATE TABLE enrolment_codes (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    account BLOB NOT NULL CHECK (length(account) = 16),
    issued_by TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entries (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    ok INTEGER NOT NULL CHECK (ok IN (0, 1)),
    detail TEXT NOT NULL,
    -- SHA-256 of the previous entry's chain and of this entry.
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_entries_remain BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

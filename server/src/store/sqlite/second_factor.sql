-- Generators of codes beside the password, their recovery codes, and sign-ins that wait for a code.

-- The secret stands here as it is: the server computes with it, and a key beside it would protect nothing.
CREATE TABLE second_factors (
    login BLOB NOT NULL PRIMARY KEY REFERENCES logins (id),
    secret BLOB NOT NULL CHECK (length(secret) = 20),
    since_ms INTEGER NOT NULL,
    -- The 30-second step of the last code taken: none is taken twice, and none before it.
    last_step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    login BLOB NOT NULL REFERENCES logins (id),
    used_at_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_codes_by_login ON recovery_codes (login);

-- The password was right, the code is asked for. No session: it opens nothing.
CREATE TABLE pending_sign_ins (
    -- SHA-256 of the token in the browser.
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    login BLOB NOT NULL REFERENCES logins (id),
    -- Under which its tries are counted: the name's, or a familiar browser's own.
    tries_key TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_sign_ins_by_login ON pending_sign_ins (login);

-- Actions that were given an id, with what they answered: asked for again, the answer is given again.
CREATE TABLE applied (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- JSON.
    answer BLOB NOT NULL
) STRICT;

-- The audit entry of the act; null: written by an earlier version.
ALTER TABLE acts ADD COLUMN audit INTEGER;

-- The chain after the last audit entry, kept apart from it: entries cut off the end show.
CREATE TABLE audit_end (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
INSERT INTO audit_end (one, chain) SELECT 1, chain FROM audit_entries ORDER BY id DESC LIMIT 1;
CREATE TRIGGER audit_entries_end AFTER INSERT ON audit_entries
BEGIN
    INSERT INTO audit_end (one, chain) VALUES (1, NEW.chain) ON CONFLICT (one) DO UPDATE SET chain = excluded.chain;
END;

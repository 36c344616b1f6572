-- Server only: the feed of a scope, and records by kind.
CREATE INDEX segments_by_gseq ON segments (scope, gseq);
CREATE INDEX records_by_kind ON records (kind);

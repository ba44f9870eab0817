-- What each party may fetch from this node: one row for every object that a
-- release made to it holds, in the order in which it came to be there. The rows
-- of a release go when it is recalled or withheld.

-- +goose Up
CREATE TABLE feed (
    recipient TEXT    NOT NULL,
    added     INTEGER NOT NULL, -- strictly increasing for each recipient
    id        BLOB    NOT NULL, -- as sent
    type      TEXT    NOT NULL,
    version   TEXT    NOT NULL, -- exactly as its creator wrote it; '' where there is none
    moment    TEXT    NOT NULL, -- the same as an instant, which sorts as text
    hash      BLOB    NOT NULL, -- of the bytes sent
    release   INTEGER NOT NULL REFERENCES releases (seq),
    is_shown  INTEGER NOT NULL, -- 0: an earlier release brought this version already
    is_first  INTEGER NOT NULL, -- the oldest version shown
    is_last   INTEGER NOT NULL, -- the newest version shown
    PRIMARY KEY (recipient, added)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_type ON feed (recipient, type, added);
CREATE INDEX feed_id ON feed (recipient, id, added);

-- Without statistics SQLite reads a feed from its beginning to find one object,
-- since that needs no second look. What it is told: a party has a hundred
-- thousand rows, a tenth of them of one type, two of one object.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('feed', 'feed', '1000000 100000 1'),
    ('feed', 'feed_type', '1000000 100000 10000 1'),
    ('feed', 'feed_id', '1000000 100000 2 1');

-- The first place of a release in the feed; its items follow one another.
ALTER TABLE releases ADD COLUMN fed INTEGER;
-- When its recipient first fetched something of it.
ALTER TABLE releases ADD COLUMN fetched_at INTEGER;
CREATE INDEX releases_unfed ON releases (seq) WHERE fed IS NULL AND state IN ('queued', 'delivered', 'refused');

-- Secrets by which programs of a party show whose they are, by their digest.
CREATE TABLE credentials (
    seq        INTEGER NOT NULL PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    party      TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    granted_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- What became of objects that a party added, for as long as it may ask.
CREATE TABLE contributions (
    seq           INTEGER NOT NULL PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    party         TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    sealed_report BLOB    NOT NULL -- JSON
) STRICT;
CREATE INDEX contributions_at ON contributions (at);

-- What a party may fetch is seen as a whole and by the instruments it was
-- released under: one row for every object in a feed and every instrument that
-- opened the way for it, with its own oldest and newest versions.

-- +goose Up
CREATE TABLE feed_under (
    recipient  TEXT    NOT NULL,
    instrument TEXT    NOT NULL,
    added      INTEGER NOT NULL, -- as in the feed
    id         BLOB    NOT NULL,
    type       TEXT    NOT NULL,
    moment     TEXT    NOT NULL,
    is_shown   INTEGER NOT NULL, -- 0: under this instrument, an earlier release brought this version already
    is_first   INTEGER NOT NULL,
    is_last    INTEGER NOT NULL,
    PRIMARY KEY (recipient, instrument, added)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_under_type ON feed_under (recipient, instrument, type, added);
CREATE INDEX feed_under_id ON feed_under (recipient, instrument, id, added);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('feed_under', 'feed_under', '1000000 200000 100000 1'),
    ('feed_under', 'feed_under_type', '1000000 200000 100000 10000 1'),
    ('feed_under', 'feed_under_id', '1000000 200000 100000 2 1');

-- The instruments under which anything was ever released to a party.
CREATE TABLE feed_collections (
    recipient  TEXT NOT NULL,
    instrument TEXT NOT NULL,
    PRIMARY KEY (recipient, instrument)
) STRICT, WITHOUT ROWID;

-- Where the places of a release in the feed end, exclusive: they lie apart where
-- its objects came with dates of their own. NULL until it is in the collections.
ALTER TABLE releases ADD COLUMN fed_upto INTEGER;
CREATE INDEX releases_uncollected ON releases (seq) WHERE fed IS NOT NULL AND fed_upto IS NULL;

-- When a version was added to the collection it was served from before.
ALTER TABLE objects ADD COLUMN dated INTEGER;

-- What a party may fetch is seen as a whole and by the instruments it was
-- released under: one row for every object in a feed and every instrument that
-- opened the way for it, with its own oldest and newest versions.

-- +goose Up
CREATE TABLE feed_under (
    recipient  TEXT COLLATE "C" NOT NULL,
    instrument TEXT COLLATE "C" NOT NULL,
    added      BIGINT NOT NULL, -- as in the feed
    id         BYTEA NOT NULL,
    type       TEXT COLLATE "C" NOT NULL,
    moment     TEXT COLLATE "C" NOT NULL,
    is_shown   BIGINT NOT NULL, -- 0: under this instrument, an earlier release brought this version already
    is_first   BIGINT NOT NULL,
    is_last    BIGINT NOT NULL,
    PRIMARY KEY (recipient, instrument, added)
);
CREATE INDEX feed_under_type ON feed_under (recipient, instrument, type, added);
CREATE INDEX feed_under_id ON feed_under (recipient, instrument, id, added);

-- The instruments under which anything was ever released to a party.
CREATE TABLE feed_collections (
    recipient  TEXT COLLATE "C" NOT NULL,
    instrument TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (recipient, instrument)
);

-- Where the places of a release in the feed end, exclusive: they lie apart where
-- its objects came with dates of their own. NULL until it is in the collections.
ALTER TABLE releases ADD COLUMN fed_upto BIGINT;
CREATE INDEX releases_uncollected ON releases (seq) WHERE fed IS NOT NULL AND fed_upto IS NULL;

-- When a version was added to the collection it was served from before.
ALTER TABLE objects ADD COLUMN dated BIGINT;

-- What each party may fetch from this node: one row for every object that a
-- release made to it holds, in the order in which it came to be there. The rows
-- of a release go when it is recalled or withheld.

-- +goose Up
CREATE TABLE feed (
    recipient TEXT COLLATE "C" NOT NULL,
    added     BIGINT NOT NULL, -- strictly increasing for each recipient
    id        BYTEA NOT NULL, -- as sent
    type      TEXT COLLATE "C" NOT NULL,
    version   TEXT COLLATE "C" NOT NULL, -- exactly as its creator wrote it; '' where there is none
    moment    TEXT COLLATE "C" NOT NULL, -- the same as an instant, which sorts as text
    hash      BYTEA NOT NULL, -- of the bytes sent
    release   BIGINT NOT NULL REFERENCES releases (seq),
    is_shown  BIGINT NOT NULL, -- 0: an earlier release brought this version already
    is_first  BIGINT NOT NULL, -- the oldest version shown
    is_last   BIGINT NOT NULL, -- the newest version shown
    PRIMARY KEY (recipient, added)
);
CREATE INDEX feed_type ON feed (recipient, type, added);
CREATE INDEX feed_id ON feed (recipient, id, added);

-- The first place of a release in the feed; its items follow one another.
ALTER TABLE releases ADD COLUMN fed BIGINT;
-- When its recipient first fetched something of it.
ALTER TABLE releases ADD COLUMN fetched_at BIGINT;
CREATE INDEX releases_unfed ON releases (seq) WHERE fed IS NULL AND state IN ('queued', 'delivered', 'refused');

-- Secrets by which programs of a party show whose they are, by their digest.
CREATE TABLE credentials (
    seq        BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    party      TEXT COLLATE "C" NOT NULL,
    label      TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- What became of objects that a party added, for as long as it may ask.
CREATE TABLE contributions (
    seq           BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            TEXT COLLATE "C" NOT NULL UNIQUE,
    party         TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL,
    sealed_report BYTEA NOT NULL -- JSON
);
CREATE INDEX contributions_at ON contributions (at);

-- Identifiers of objects are packed (16-byte UUID and type, see codec.go),
-- digests are 32 bytes, times are microseconds since 1970 UTC. A column called
-- sealed… holds the SHA-256 of what follows it, checked at every read.
-- Keys grow at their right edge; the random indexes are the ones on digests and
-- object ids, and there are as few of them as the queries allow.

-- +goose Up
CREATE TABLE epochs (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO epochs (id, value) VALUES (1, 0);

CREATE TABLE parties (
    seq         INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    changed_at    INTEGER NOT NULL,
    sealed_card   BLOB    NOT NULL -- JSON
) STRICT;

CREATE TABLE instruments (
    seq           INTEGER NOT NULL PRIMARY KEY,
    id            TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    hash          BLOB    NOT NULL,
    activated_at  INTEGER NOT NULL,
    activated_by  TEXT    NOT NULL,
    sealed_source BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX instruments_version ON instruments (id, version);

CREATE TABLE facts (
    seq          INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    withdrawn_at INTEGER,
    sealed_fact  BLOB    NOT NULL -- JSON
) STRICT;

CREATE TABLE objects (
    seq               INTEGER NOT NULL PRIMARY KEY,
    id                BLOB    NOT NULL,
    hash              BLOB    NOT NULL,
    type              TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    version           TEXT    NOT NULL,
    revoked           INTEGER NOT NULL, -- 0 or 1
    origin            TEXT    NOT NULL, -- party it came from
    leaf              INTEGER NOT NULL,
    sealed_meta       BLOB    NOT NULL, -- JSON: what is not looked up by
    sealed_upgraded   BLOB,             -- STIX 2.0 bytes it was made from
    raw               BLOB              -- hash is its digest; NULL once erased
) STRICT;
CREATE UNIQUE INDEX objects_id ON objects (id, hash);
CREATE INDEX objects_live ON objects (type, seq) WHERE state = 'live';

CREATE TABLE refs (
    target BLOB    NOT NULL,
    source INTEGER NOT NULL REFERENCES objects (seq),
    PRIMARY KEY (target, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    seq        INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    origin     TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    object_id  TEXT    NOT NULL,
    pointer    TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    next       TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    sealed_raw BLOB
) STRICT;

CREATE TABLE decisions (
    seq       INTEGER NOT NULL PRIMARY KEY,
    digest    BLOB    NOT NULL, -- of body
    object_id BLOB    NOT NULL,
    object    BLOB    NOT NULL,
    recipient TEXT    NOT NULL,
    outcome   TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    release   TEXT    NOT NULL,
    leaf      INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;
CREATE INDEX decisions_digest ON decisions (digest);
CREATE INDEX decisions_object ON decisions (object_id, recipient, seq);

CREATE TABLE releases (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    recipient       TEXT    NOT NULL,
    purpose         TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,
    preview         BLOB    NOT NULL,
    state           TEXT    NOT NULL,
    state_at        INTEGER NOT NULL,
    leaf            INTEGER NOT NULL,
    items           INTEGER NOT NULL,
    sealed_envelope BLOB,
    sealed_receipt  BLOB
) STRICT;
CREATE INDEX releases_recipient ON releases (recipient, seq);
CREATE INDEX releases_epoch ON releases (epoch) WHERE state IN ('queued', 'delivered', 'refused');

-- What leaves is the same for every recipient of a class, so the bytes are kept
-- once, and not at all where they are those of the object itself.
CREATE TABLE forms (
    seq  INTEGER NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    raw  BLOB -- NULL once erased
) STRICT;

CREATE TABLE release_items (
    release   INTEGER NOT NULL REFERENCES releases (seq),
    position  INTEGER NOT NULL,
    object_id BLOB    NOT NULL,
    original  BLOB    NOT NULL,
    sent_id   BLOB    NOT NULL,
    sent_hash BLOB    NOT NULL,
    decision  BLOB    NOT NULL,
    PRIMARY KEY (release, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_items_object ON release_items (object_id, release);

CREATE TABLE deliveries (
    seq        INTEGER NOT NULL PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    ref        TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    last_error TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state IN ('queued', 'retrying');
CREATE INDEX deliveries_ref ON deliveries (ref);

CREATE TABLE recalls (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    release         TEXT    NOT NULL,
    recipient       TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    due             INTEGER,
    state_at        INTEGER NOT NULL,
    leaf            INTEGER NOT NULL,
    sealed_envelope BLOB,
    sealed_receipt  BLOB
) STRICT;
CREATE INDEX recalls_release ON recalls (release);

CREATE TABLE received (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    origin          TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    hash            BLOB    NOT NULL,
    leaf            INTEGER NOT NULL,
    accepted        INTEGER NOT NULL,
    refused         INTEGER NOT NULL,
    recalled_at     INTEGER, -- when its sender took it back
    sealed_envelope BLOB,
    sealed_receipt  BLOB
) STRICT;

-- Which release of a partner brought what, so that a recall takes back only what
-- no other release brought.
CREATE TABLE received_items (
    hash     BLOB    NOT NULL,
    received INTEGER NOT NULL REFERENCES received (seq),
    PRIMARY KEY (hash, received)
) STRICT, WITHOUT ROWID;

CREATE TABLE duties (
    seq         INTEGER NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    done_at     INTEGER,
    sealed_duty BLOB    NOT NULL -- JSON
) STRICT;
CREATE INDEX duties_open ON duties (seq) WHERE done_at IS NULL;

-- Salt and body are NULL once an event is erased; its hash stays in the tiles.
CREATE TABLE log_entries (
    position INTEGER NOT NULL PRIMARY KEY,
    type     TEXT    NOT NULL,
    salt     BLOB,
    body     BLOB
) STRICT;

CREATE TABLE log_tiles (
    level  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    hashes BLOB    NOT NULL,
    PRIMARY KEY (level, n)
) STRICT;

-- The row every batch compares and swaps: one sequencer at a time.
CREATE TABLE log_head (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size       INTEGER NOT NULL,
    root       BLOB    NOT NULL,
    checkpoint BLOB
) STRICT;
INSERT INTO log_head (id, size, root)
VALUES (1, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

-- Identifiers of objects are packed (16-byte UUID and type, see codec.go),
-- digests are 32 bytes, times are microseconds since 1970 UTC. A column called
-- sealed… holds the SHA-256 of what follows it, checked at every read.
-- Keys grow at their right edge; the random indexes are the ones on digests and
-- object ids, and there are as few of them as the queries allow.

-- +goose Up
CREATE TABLE epochs (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO epochs (id, value) VALUES (1, 0);

CREATE TABLE parties (
    seq         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    changed_at    BIGINT NOT NULL,
    sealed_card   BYTEA  NOT NULL -- JSON
);

CREATE TABLE instruments (
    seq           BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            TEXT COLLATE "C" NOT NULL,
    version       TEXT COLLATE "C" NOT NULL,
    hash          BYTEA  NOT NULL,
    activated_at  BIGINT NOT NULL,
    activated_by  TEXT COLLATE "C" NOT NULL,
    sealed_source BYTEA  NOT NULL
);
CREATE UNIQUE INDEX instruments_version ON instruments (id, version);

CREATE TABLE facts (
    seq          BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    withdrawn_at BIGINT,
    sealed_fact  BYTEA  NOT NULL -- JSON
);

CREATE TABLE objects (
    seq               BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id                BYTEA  NOT NULL,
    hash              BYTEA  NOT NULL,
    type              TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL,
    version           TEXT COLLATE "C" NOT NULL,
    revoked           BIGINT NOT NULL, -- 0 or 1
    origin            TEXT COLLATE "C" NOT NULL, -- party it came from
    leaf              BIGINT NOT NULL,
    sealed_meta       BYTEA  NOT NULL, -- JSON: what is not looked up by
    sealed_upgraded   BYTEA,             -- STIX 2.0 bytes it was made from
    raw               BYTEA              -- hash is its digest; NULL once erased
);
CREATE UNIQUE INDEX objects_id ON objects (id, hash);
CREATE INDEX objects_live ON objects (type, seq) WHERE state = 'live';

CREATE TABLE refs (
    target BYTEA  NOT NULL,
    source BIGINT NOT NULL REFERENCES objects (seq),
    PRIMARY KEY (target, source)
);

CREATE TABLE quarantine (
    seq        BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         BIGINT NOT NULL,
    origin     TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    object_id  TEXT COLLATE "C" NOT NULL,
    pointer    TEXT COLLATE "C" NOT NULL,
    code       TEXT COLLATE "C" NOT NULL,
    detail     TEXT COLLATE "C" NOT NULL,
    next       TEXT COLLATE "C" NOT NULL,
    hash       BYTEA  NOT NULL,
    sealed_raw BYTEA
);

CREATE TABLE decisions (
    seq       BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest    BYTEA  NOT NULL, -- of body
    object_id BYTEA  NOT NULL,
    object    BYTEA  NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    outcome   TEXT COLLATE "C" NOT NULL,
    epoch     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    release   TEXT COLLATE "C" NOT NULL,
    leaf      BIGINT NOT NULL,
    body      BYTEA  NOT NULL
);
CREATE INDEX decisions_digest ON decisions (digest);
CREATE INDEX decisions_object ON decisions (object_id, recipient, seq);

CREATE TABLE releases (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    recipient       TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    epoch           BIGINT NOT NULL,
    preview         BYTEA  NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    state_at        BIGINT NOT NULL,
    leaf            BIGINT NOT NULL,
    items           BIGINT NOT NULL,
    sealed_envelope BYTEA,
    sealed_receipt  BYTEA
);
CREATE INDEX releases_recipient ON releases (recipient, seq);
CREATE INDEX releases_epoch ON releases (epoch) WHERE state IN ('queued', 'delivered', 'refused');

-- What leaves is the same for every recipient of a class, so the bytes are kept
-- once, and not at all where they are those of the object itself.
CREATE TABLE forms (
    seq  BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    raw  BYTEA -- NULL once erased
);

CREATE TABLE release_items (
    release   BIGINT NOT NULL REFERENCES releases (seq),
    position  BIGINT NOT NULL,
    object_id BYTEA  NOT NULL,
    original  BYTEA  NOT NULL,
    sent_id   BYTEA  NOT NULL,
    sent_hash BYTEA  NOT NULL,
    decision  BYTEA  NOT NULL,
    PRIMARY KEY (release, position)
);
CREATE INDEX release_items_object ON release_items (object_id, release);

CREATE TABLE deliveries (
    seq        BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    kind       TEXT COLLATE "C" NOT NULL,
    ref        TEXT COLLATE "C" NOT NULL,
    recipient  TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    attempts   BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    last_error TEXT COLLATE "C" NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state IN ('queued', 'retrying');
CREATE INDEX deliveries_ref ON deliveries (ref);

CREATE TABLE recalls (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    release         TEXT COLLATE "C" NOT NULL,
    recipient       TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    due             BIGINT,
    state_at        BIGINT NOT NULL,
    leaf            BIGINT NOT NULL,
    sealed_envelope BYTEA,
    sealed_receipt  BYTEA
);
CREATE INDEX recalls_release ON recalls (release);

CREATE TABLE received (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    kind            TEXT COLLATE "C" NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    hash            BYTEA  NOT NULL,
    leaf            BIGINT NOT NULL,
    accepted        BIGINT NOT NULL,
    refused         BIGINT NOT NULL,
    recalled_at     BIGINT, -- when its sender took it back
    sealed_envelope BYTEA,
    sealed_receipt  BYTEA
);

-- Which release of a partner brought what, so that a recall takes back only what
-- no other release brought.
CREATE TABLE received_items (
    hash     BYTEA  NOT NULL,
    received BIGINT NOT NULL REFERENCES received (seq),
    PRIMARY KEY (hash, received)
);

CREATE TABLE duties (
    seq         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    done_at     BIGINT,
    sealed_duty BYTEA  NOT NULL -- JSON
);
CREATE INDEX duties_open ON duties (seq) WHERE done_at IS NULL;

-- Salt and body are NULL once an event is erased; its hash stays in the tiles.
CREATE TABLE log_entries (
    position BIGINT NOT NULL PRIMARY KEY,
    type     TEXT COLLATE "C" NOT NULL,
    salt     BYTEA,
    body     BYTEA
);

CREATE TABLE log_tiles (
    level  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    PRIMARY KEY (level, n)
);

-- The row every batch compares and swaps: one sequencer at a time.
CREATE TABLE log_head (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    size       BIGINT NOT NULL,
    root       BYTEA  NOT NULL,
    checkpoint BYTEA
);
INSERT INTO log_head (id, size, root)
VALUES (1, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

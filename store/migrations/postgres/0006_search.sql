-- What live objects are found by. Rows here belong to live versions only: they
-- go when a version is set aside, overtaken or erased.

-- +goose Up
CREATE TABLE search_objects (
    seq     BIGINT NOT NULL PRIMARY KEY REFERENCES objects (seq),
    type    TEXT COLLATE "C" NOT NULL,
    tlp     TEXT COLLATE "C" NOT NULL, -- '' until it is worked out
    origin  TEXT COLLATE "C" NOT NULL, -- party it came from
    year    TEXT COLLATE "C" NOT NULL, -- in which its author last changed it; '' where it does not say
    at      BIGINT NOT NULL, -- when it came
    waiting BIGINT NOT NULL  -- 0: all is here; 1: its words are to come; 2: everything is
);
CREATE INDEX search_waiting ON search_objects (seq) WHERE waiting > 0;

-- The values an object is about.
CREATE TABLE atoms (
    object BIGINT NOT NULL REFERENCES objects (seq),
    kind   TEXT COLLATE "C" NOT NULL,
    value  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (object, kind, value)
);
CREATE INDEX atoms_value ON atoms (value, object, kind);

-- The words of an object, cut and folded by package search, and their index.
CREATE TABLE search_words (
    seq   BIGINT NOT NULL PRIMARY KEY REFERENCES objects (seq),
    words TSVECTOR NOT NULL
);
CREATE INDEX search_text ON search_words USING gin (words);

-- Lists of values that are often reported by mistake.
CREATE TABLE warninglists (
    seq           BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            TEXT COLLATE "C" NOT NULL UNIQUE,
    added_at      BIGINT NOT NULL,
    hash          BYTEA NOT NULL,
    sealed_source BYTEA NOT NULL
);

-- Objects that are here already are worked out by the running node.
INSERT INTO search_objects (seq, type, tlp, origin, year, at, waiting)
SELECT seq, type, '', origin, '', 0, 2 FROM objects WHERE state = 'live';

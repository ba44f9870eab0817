-- What live objects are found by. Rows here belong to live versions only: they
-- go when a version is set aside, overtaken or erased.

-- +goose Up
CREATE TABLE search_objects (
    seq     INTEGER NOT NULL PRIMARY KEY REFERENCES objects (seq),
    type    TEXT    NOT NULL,
    tlp     TEXT    NOT NULL, -- '' until it is worked out
    origin  TEXT    NOT NULL, -- party it came from
    year    TEXT    NOT NULL, -- in which its author last changed it; '' where it does not say
    at      INTEGER NOT NULL, -- when it came
    waiting INTEGER NOT NULL  -- 0: all is here; 1: its words are to come; 2: everything is
) STRICT;
CREATE INDEX search_waiting ON search_objects (seq) WHERE waiting > 0;

-- The values an object is about.
CREATE TABLE atoms (
    object INTEGER NOT NULL REFERENCES objects (seq),
    kind   TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    PRIMARY KEY (object, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX atoms_value ON atoms (value, object, kind);

-- The words of an object, cut and folded by package search, and their index,
-- which forgets a word in the pages themselves when its object goes.
CREATE TABLE search_words (
    seq   INTEGER NOT NULL PRIMARY KEY REFERENCES objects (seq),
    words TEXT    NOT NULL
) STRICT;
CREATE VIRTUAL TABLE search_text USING fts5 (words, content = 'search_words', content_rowid = 'seq', columnsize = 0, tokenize = "ascii tokenchars '='");
INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1);
-- +goose StatementBegin
CREATE TRIGGER search_words_added AFTER INSERT ON search_words BEGIN
    INSERT INTO search_text (rowid, words) VALUES (new.seq, new.words);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER search_words_removed AFTER DELETE ON search_words BEGIN
    INSERT INTO search_text (search_text, rowid, words) VALUES ('delete', old.seq, old.words);
END;
-- +goose StatementEnd

-- Lists of values that are often reported by mistake.
CREATE TABLE warninglists (
    seq           INTEGER NOT NULL PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    added_at      INTEGER NOT NULL,
    hash          BLOB    NOT NULL,
    sealed_source BLOB    NOT NULL
) STRICT;

-- Objects that are here already are worked out by the running node.
INSERT INTO search_objects (seq, type, tlp, origin, year, at, waiting)
SELECT seq, type, '', origin, '', 0, 2 FROM objects WHERE state = 'live';

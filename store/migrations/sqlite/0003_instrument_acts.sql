-- Texts that a party proposed or that this node signed. They bind nobody here
-- until a person activates them, which adds a row to instruments.

-- +goose Up
CREATE TABLE instrument_texts (
    seq           INTEGER NOT NULL PRIMARY KEY,
    hash          BLOB    NOT NULL UNIQUE, -- of the canonical text, what acts are about
    id            TEXT    NOT NULL,
    version       TEXT    NOT NULL,
    file          TEXT    NOT NULL,
    origin        TEXT    NOT NULL, -- party it came from
    at            INTEGER NOT NULL,
    leaf          INTEGER NOT NULL,
    sealed_source BLOB    NOT NULL
) STRICT;

CREATE TABLE instrument_acts (
    seq             INTEGER NOT NULL PRIMARY KEY,
    digest          BLOB    NOT NULL UNIQUE, -- of the envelope
    hash            BLOB    NOT NULL,        -- of the text
    party           TEXT    NOT NULL,        -- who signed it
    origin          TEXT    NOT NULL,        -- who brought it
    at              INTEGER NOT NULL,        -- when it came
    leaf            INTEGER NOT NULL,
    sealed_envelope BLOB    NOT NULL
) STRICT;

CREATE TABLE publications (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    hash            BLOB    NOT NULL, -- of the text
    recipient       TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    state_at        INTEGER NOT NULL,
    leaf            INTEGER NOT NULL,
    sealed_envelope BLOB,
    sealed_receipt  BLOB
) STRICT;

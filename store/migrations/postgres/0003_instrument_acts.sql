-- Texts that a party proposed or that this node signed. They bind nobody here
-- until a person activates them, which adds a row to instruments.

-- +goose Up
CREATE TABLE instrument_texts (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash            BYTEA NOT NULL UNIQUE, -- of the canonical text, what acts are about
    id              TEXT COLLATE "C" NOT NULL,
    version         TEXT COLLATE "C" NOT NULL,
    file            TEXT COLLATE "C" NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL, -- party it came from
    at              BIGINT NOT NULL,
    leaf            BIGINT NOT NULL,
    sealed_source   BYTEA NOT NULL
);

CREATE TABLE instrument_acts (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest          BYTEA NOT NULL UNIQUE, -- of the envelope
    hash            BYTEA NOT NULL, -- of the text
    party           TEXT COLLATE "C" NOT NULL, -- who signed it
    origin          TEXT COLLATE "C" NOT NULL, -- who brought it
    at              BIGINT NOT NULL, -- when it came
    leaf            BIGINT NOT NULL,
    sealed_envelope BYTEA NOT NULL
);

CREATE TABLE publications (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    hash            BYTEA NOT NULL, -- of the text
    recipient       TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    state_at        BIGINT NOT NULL,
    leaf            BIGINT NOT NULL,
    sealed_envelope BYTEA,
    sealed_receipt  BYTEA
);

-- Cases, their events as they travelled, and what was sent about them. What is
-- kept of a case besides serves lists: where it stands follows from its events.

-- +goose Up
CREATE TABLE cases (
    seq         BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    opener      TEXT COLLATE "C" NOT NULL,
    final       INTEGER NOT NULL,
    sealed_case BYTEA NOT NULL -- JSON
);
CREATE INDEX cases_opener ON cases (opener) WHERE final = 0;

CREATE TABLE case_events (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id         TEXT COLLATE "C" NOT NULL,
    digest          BYTEA NOT NULL, -- of the envelope
    place           INTEGER NOT NULL, -- in the orders; 0: none
    sealed_event    BYTEA NOT NULL, -- JSON
    sealed_envelope BYTEA NOT NULL,
    UNIQUE (case_id, digest)
);
CREATE INDEX case_events_place ON case_events (case_id, place);

CREATE TABLE case_messages (
    seq             BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    case_id         TEXT COLLATE "C" NOT NULL,
    sealed_message  BYTEA NOT NULL, -- JSON
    sealed_head     BYTEA,
    sealed_envelope BYTEA NOT NULL,
    sealed_receipt  BYTEA
);
CREATE INDEX case_messages_case ON case_messages (case_id, seq);

-- Cases, their events as they travelled, and what was sent about them. What is
-- kept of a case besides serves lists: where it stands follows from its events.

-- +goose Up
CREATE TABLE cases (
    seq         INTEGER NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    opener      TEXT    NOT NULL,
    final       INTEGER NOT NULL,
    sealed_case BLOB    NOT NULL  -- JSON
) STRICT;
CREATE INDEX cases_opener ON cases (opener) WHERE final = 0;

CREATE TABLE case_events (
    seq             INTEGER NOT NULL PRIMARY KEY,
    case_id         TEXT    NOT NULL,
    digest          BLOB    NOT NULL, -- of the envelope
    place           INTEGER NOT NULL, -- in the orders; 0: none
    sealed_event    BLOB    NOT NULL, -- JSON
    sealed_envelope BLOB    NOT NULL,
    UNIQUE (case_id, digest)
) STRICT;
CREATE INDEX case_events_place ON case_events (case_id, place);

CREATE TABLE case_messages (
    seq             INTEGER NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    case_id         TEXT    NOT NULL,
    sealed_message  BLOB    NOT NULL, -- JSON
    sealed_head     BLOB,
    sealed_envelope BLOB    NOT NULL,
    sealed_receipt  BLOB
) STRICT;
CREATE INDEX case_messages_case ON case_messages (case_id, seq);

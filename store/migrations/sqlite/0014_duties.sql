-- Duties by when they are due and when somebody has to look at them next, what is
-- on record about the matters they are about, and the notices that went out. A
-- duty of an older version (-1) gets its columns when the store is next opened.

-- +goose Up
DROP INDEX duties_open;
ALTER TABLE duties RENAME COLUMN done_at TO closed_at;
ALTER TABLE duties ADD COLUMN due_at INTEGER NOT NULL DEFAULT 9223372036854775807; -- the default: none
ALTER TABLE duties ADD COLUMN wake_at INTEGER DEFAULT -1;
ALTER TABLE duties ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE duties ADD COLUMN release TEXT NOT NULL DEFAULT '';
CREATE INDEX duties_due ON duties (due_at, id);
CREATE INDEX duties_open ON duties (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX duties_wake ON duties (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX duties_about ON duties (about, due_at, id) WHERE about <> '';
CREATE INDEX duties_release ON duties (release, due_at, id) WHERE release <> '';

-- No two notices have the same name, so none goes out twice.
CREATE TABLE duty_notices (
    seq           INTEGER NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    duty          TEXT    NOT NULL,
    sealed_notice BLOB    NOT NULL -- JSON
) STRICT;
CREATE INDEX duty_notices_duty ON duty_notices (duty);

CREATE TABLE matter_events (
    seq          INTEGER NOT NULL PRIMARY KEY,
    matter       TEXT NOT NULL,
    event        TEXT NOT NULL,
    sealed_event BLOB NOT NULL, -- JSON
    UNIQUE (matter, event)
) STRICT;

-- What the operator said about duties, and up to where readers were told.
CREATE TABLE duty_settings (
    seq          INTEGER NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    sealed_value BLOB NOT NULL -- JSON
) STRICT;

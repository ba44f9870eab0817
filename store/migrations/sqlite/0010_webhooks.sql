-- Addresses at which the tools of a party are told what was released to it and
-- what was recalled, with up to where they have been told.

-- +goose Up
CREATE TABLE webhooks (
    seq            INTEGER NOT NULL PRIMARY KEY,
    id             TEXT    NOT NULL UNIQUE,
    sealed_webhook BLOB    NOT NULL -- JSON
) STRICT;

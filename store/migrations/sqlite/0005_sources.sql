-- Foreign servers from which this node collects objects by itself, with how far
-- it came. The secret is encrypted with a key that is not in the database.

-- +goose Up
CREATE TABLE sources (
    seq           INTEGER NOT NULL PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    sealed_source BLOB    NOT NULL, -- JSON
    sealed_secret BLOB
) STRICT;

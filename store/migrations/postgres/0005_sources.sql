-- Foreign servers from which this node collects objects by itself, with how far
-- it came. The secret is encrypted with a key that is not in the database.

-- +goose Up
CREATE TABLE sources (
    seq           BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            TEXT COLLATE "C" NOT NULL UNIQUE,
    sealed_source BYTEA NOT NULL, -- JSON
    sealed_secret BYTEA
);

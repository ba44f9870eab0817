-- Addresses at which the tools of a party are told what was released to it and
-- what was recalled, with up to where they have been told.

-- +goose Up
CREATE TABLE webhooks (
    seq            BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             TEXT COLLATE "C" NOT NULL UNIQUE,
    sealed_webhook BYTEA NOT NULL -- JSON
);

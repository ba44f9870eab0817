-- Which parties sent a marking definition that is held already: it counts for
-- their objects too.

-- +goose Up
CREATE TABLE vouched (
    hash  BYTEA NOT NULL, -- of the definition held
    party TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (hash, party)
);

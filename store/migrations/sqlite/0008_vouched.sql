-- Which parties sent a marking definition that is held already: it counts for
-- their objects too.

-- +goose Up
CREATE TABLE vouched (
    hash  BLOB NOT NULL, -- of the definition held
    party TEXT NOT NULL,
    PRIMARY KEY (hash, party)
) STRICT, WITHOUT ROWID;

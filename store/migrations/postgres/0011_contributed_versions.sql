-- A copy of an event that a party added goes with the bytes of any version of an
-- object that it brought. What the copies there are brought was not noted, so they
-- go now; of each event the last edition is kept from now on.

-- +goose Up
DELETE FROM contributions WHERE event <> '';
CREATE TABLE contributed_versions (
    contribution BIGINT NOT NULL REFERENCES contributions (seq) ON DELETE CASCADE,
    id           BYTEA  NOT NULL, -- of an object, packed
    hash         BYTEA  NOT NULL
);
CREATE INDEX contributed_versions_contribution ON contributed_versions (contribution);
CREATE INDEX contributed_versions_id ON contributed_versions (id, hash);

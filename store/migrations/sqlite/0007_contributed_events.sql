-- What a party added as a MISP event it may read back for as long as it may ask
-- what became of it.

-- +goose Up
ALTER TABLE contributions ADD COLUMN event TEXT NOT NULL DEFAULT ''; -- UUID, '' for a list of objects
ALTER TABLE contributions ADD COLUMN sealed_document BLOB;
CREATE INDEX contributions_event ON contributions (party, event, at) WHERE event <> '';

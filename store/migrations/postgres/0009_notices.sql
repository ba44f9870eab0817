-- A party that is told what is new asks from where it was told last.

-- +goose Up
CREATE INDEX releases_fed ON releases (recipient, fed);
CREATE INDEX recalls_recipient ON recalls (recipient, seq);

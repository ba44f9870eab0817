-- What the law looks at in a decision, kept once however often it was asked: a
-- draft is tried on the history by deciding each question again.

-- +goose Up
CREATE TABLE questions (
    seq    INTEGER NOT NULL PRIMARY KEY,
    digest BLOB    NOT NULL UNIQUE, -- of body
    body   BLOB    NOT NULL
) STRICT;

-- NULL: not worked out yet, see store/whatif.go; 0: it cannot be.
ALTER TABLE decisions ADD COLUMN question INTEGER;
CREATE INDEX decisions_question ON decisions (question, at);

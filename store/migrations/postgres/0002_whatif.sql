-- What the law looks at in a decision, kept once however often it was asked: a
-- draft is tried on the history by deciding each question again.

-- +goose Up
CREATE TABLE questions (
    seq    BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest BYTEA  NOT NULL UNIQUE, -- of body
    body   BYTEA  NOT NULL
);

-- NULL: not worked out yet, see store/whatif.go; 0: it cannot be.
ALTER TABLE decisions ADD COLUMN question BIGINT;
CREATE INDEX decisions_question ON decisions (question, at) INCLUDE (seq);

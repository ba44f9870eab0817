-- What each party sent here itself, whoever else sent it too: what it is told of
-- an object follows from this and from nothing else.

-- +goose Up
CREATE TABLE offered (
    party   TEXT COLLATE "C" NOT NULL,
    id      BYTEA   NOT NULL,
    hash    BYTEA   NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    revoked BIGINT  NOT NULL, -- 0 or 1
    state   TEXT COLLATE "C" NOT NULL, -- what the version would be if nobody else had sent any
    content BYTEA,             -- digest of the canonical JSON; NULL for what came before this was kept
    source  BYTEA,             -- digest of what it was converted from
    PRIMARY KEY (party, id, hash)
);

INSERT INTO offered (party, id, hash, version, revoked, state)
SELECT r.origin, o.id, o.hash, o.version, o.revoked, CASE WHEN COUNT(*) > COUNT(r.recalled_at) THEN 'live' ELSE 'erased' END
FROM received_items i JOIN received r ON r.seq = i.received JOIN objects o ON o.hash = i.hash
GROUP BY r.origin, o.id, o.hash, o.version, o.revoked;

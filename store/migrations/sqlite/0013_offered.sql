-- What each party sent here itself, whoever else sent it too: what it is told of
-- an object follows from this and from nothing else.

-- +goose Up
CREATE TABLE offered (
    party   TEXT    NOT NULL,
    id      BLOB    NOT NULL,
    hash    BLOB    NOT NULL,
    version TEXT    NOT NULL,
    revoked INTEGER NOT NULL, -- 0 or 1
    state   TEXT    NOT NULL, -- what the version would be if nobody else had sent any
    content BLOB,             -- digest of the canonical JSON; NULL for what came before this was kept
    source  BLOB,             -- digest of what it was converted from
    PRIMARY KEY (party, id, hash)
) STRICT, WITHOUT ROWID;

INSERT INTO offered (party, id, hash, version, revoked, state)
SELECT r.origin, o.id, o.hash, o.version, o.revoked, CASE WHEN COUNT(*) > COUNT(r.recalled_at) THEN 'live' ELSE 'erased' END
FROM received_items i JOIN received r ON r.seq = i.received JOIN objects o ON o.hash = i.hash
GROUP BY r.origin, o.id, o.hash, o.version, o.revoked;

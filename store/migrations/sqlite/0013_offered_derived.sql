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

-- Under which other id a party has an object: what it says of that id, it says of
-- the object.
CREATE TABLE derived (
    sent_id   BLOB NOT NULL,
    party     TEXT NOT NULL,
    object_id BLOB NOT NULL,
    PRIMARY KEY (sent_id, party, object_id)
) STRICT, WITHOUT ROWID;

INSERT INTO derived (sent_id, party, object_id)
SELECT DISTINCT i.sent_id, r.recipient, i.object_id
FROM release_items i JOIN releases r ON r.seq = i.release WHERE i.sent_id <> i.object_id;

INSERT INTO refs (target, source)
SELECT d.object_id, o.seq
FROM refs f JOIN objects o ON o.seq = f.source JOIN derived d ON d.sent_id = f.target AND d.party = o.origin
WHERE NOT EXISTS (SELECT 1 FROM derived e WHERE e.sent_id = d.sent_id AND e.party = d.party AND e.object_id <> d.object_id)
ON CONFLICT (target, source) DO NOTHING;

-- When a message was first given out as a file: its recipient may have it.
ALTER TABLE deliveries ADD COLUMN handed_out INTEGER;

-- What was taken in from each party, and how much may be where that was set. What
-- came before this was kept is not counted.
CREATE TABLE usage_of_parties (
    party       TEXT NOT NULL PRIMARY KEY,
    day         INTEGER NOT NULL, -- of the day counters
    day_objects INTEGER NOT NULL,
    day_bytes   INTEGER NOT NULL,
    objects     INTEGER NOT NULL,
    bytes       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quotas (
    party       TEXT NOT NULL PRIMARY KEY,
    day_objects INTEGER NOT NULL,
    day_bytes   INTEGER NOT NULL,
    objects     INTEGER NOT NULL,
    bytes       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether the identity on a party's card counts. Those that counted before somebody
-- had to confirm it go on counting.
ALTER TABLE parties ADD COLUMN identity_confirmed INTEGER NOT NULL DEFAULT 1;

-- How many objects each party sent that name an identity as their creator. What
-- came before this was kept is not counted.
CREATE TABLE makers (
    identity BLOB NOT NULL,
    party    TEXT NOT NULL,
    objects  INTEGER NOT NULL,
    PRIMARY KEY (identity, party)
) STRICT, WITHOUT ROWID;

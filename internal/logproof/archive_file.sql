-- An archive file: a stretch of the log that proves itself. It is made once,
-- named by its SHA-256 in the log, and never written again.

CREATE TABLE entries (
    idx      INTEGER PRIMARY KEY,
    v        INTEGER NOT NULL,
    wall     INTEGER NOT NULL,
    mono     INTEGER NOT NULL,
    boot     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    fields   TEXT NOT NULL,
    personal BLOB NOT NULL,
    hash     BLOB NOT NULL
) STRICT;

-- The tree's edge where the stretch begins: with it the root after the stretch
-- is computed from the entries alone.
CREATE TABLE nodes (
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

-- The checkpoint over the log up to the end of the stretch.
CREATE TABLE head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;

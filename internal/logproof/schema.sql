-- The audit log. Rows are written once; the triggers say so, and the Merkle
-- tree over them proves it.

-- One row an entry. The leaf commits to every column as it stands here.
CREATE TABLE entries (
    idx      INTEGER PRIMARY KEY,
    v        INTEGER NOT NULL,   -- version of the leaf
    wall     INTEGER NOT NULL,   -- wall clock, Unix nanoseconds; may jump
    mono     INTEGER NOT NULL,   -- nanoseconds since boot, sleep included
    boot     TEXT NOT NULL,      -- names the boot that mono counts from
    kind     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    fields   TEXT NOT NULL,      -- canonical JSON object of strings
    personal BLOB NOT NULL,      -- salted HMACs of the personal fields
    hash     BLOB NOT NULL       -- of the leaf: names the row that was changed
) STRICT;

CREATE TRIGGER entries_no_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entries_in_order BEFORE INSERT ON entries
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM entries)
BEGIN SELECT RAISE(ABORT, 'the log is numbered without gaps'); END;

-- The personal fields themselves, salt and value sealed together. A row may be
-- erased; the leaf stays provable.
CREATE TABLE entry_personal (
    idx    INTEGER NOT NULL,
    name   TEXT NOT NULL,
    sealed BLOB NOT NULL,
    crc    INTEGER NOT NULL,     -- CRC-32C of sealed: damage shows without keys
    PRIMARY KEY (idx, name)
) STRICT, WITHOUT ROWID;

-- Roots of the complete subtrees of 256 leaves (level 1), of 65,536 (level 2)
-- and so on: the tree's edge is found from a few hundred rows.
CREATE TABLE nodes (
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER nodes_no_update BEFORE UPDATE ON nodes
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER nodes_no_delete BEFORE DELETE ON nodes
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- Also stops INSERT OR REPLACE, which deletes without the trigger above.
CREATE TRIGGER nodes_in_order BEFORE INSERT ON nodes
WHEN NEW.n IS NOT (SELECT coalesce(max(n) + 1, 0) FROM nodes WHERE level = NEW.level)
BEGIN SELECT RAISE(ABORT, 'the log is numbered without gaps'); END;

-- Earlier checkpoints, about one a minute.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    note BLOB NOT NULL
) STRICT;

CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER checkpoints_in_order BEFORE INSERT ON checkpoints
WHEN NEW.size <= (SELECT max(size) FROM checkpoints)
BEGIN SELECT RAISE(ABORT, 'a checkpoint only grows'); END;

-- The newest checkpoint. It covers every entry and only ever grows.
CREATE TABLE head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    note BLOB NOT NULL
) STRICT;

CREATE TRIGGER head_grows BEFORE UPDATE ON head
WHEN NEW.size <= OLD.size OR NEW.id IS NOT OLD.id
BEGIN SELECT RAISE(ABORT, 'a checkpoint only grows'); END;
CREATE TRIGGER head_once BEFORE INSERT ON head
WHEN (SELECT count(*) FROM head) > 0
BEGIN SELECT RAISE(ABORT, 'a checkpoint only grows'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

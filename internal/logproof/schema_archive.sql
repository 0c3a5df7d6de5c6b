-- Entries that were moved into archive files. What may be deleted from entries
-- is what an archive was put on record for, and that only grows. Personal
-- fields stay here: an archive holds their commitments alone, so that a person
-- can be erased and keys be rotated without touching it.

-- The leaves of archived entries, 256 a row, one hash after the other: the
-- whole tree, every checkpoint and every proof hold without the files.
CREATE TABLE leaves (
    n      INTEGER PRIMARY KEY,
    hashes BLOB NOT NULL CHECK (length(hashes) = 8192)
) STRICT;

CREATE TRIGGER leaves_no_update BEFORE UPDATE ON leaves
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER leaves_no_delete BEFORE DELETE ON leaves
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER leaves_in_order BEFORE INSERT ON leaves
WHEN NEW.n IS NOT (SELECT coalesce(max(n) + 1, 0) FROM leaves)
BEGIN SELECT RAISE(ABORT, 'the log is numbered without gaps'); END;

-- Archive files, without gaps from entry 0 on.
CREATE TABLE archives (
    from_idx INTEGER PRIMARY KEY,
    to_idx   INTEGER NOT NULL,   -- not included
    name     TEXT NOT NULL,      -- of the file in the archive folder
    sha256   BLOB NOT NULL       -- of the file
) STRICT;

CREATE TRIGGER archives_no_update BEFORE UPDATE ON archives
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER archives_no_delete BEFORE DELETE ON archives
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER archives_in_order BEFORE INSERT ON archives
WHEN NEW.from_idx IS NOT (SELECT coalesce(max(to_idx), 0) FROM archives)
  OR NEW.to_idx <= NEW.from_idx OR NEW.to_idx % 256 <> 0
  OR NEW.to_idx > (SELECT coalesce(max(n) + 1, 0) * 256 FROM leaves)
  OR NEW.to_idx > (SELECT coalesce(max(idx), 0) FROM entries)
BEGIN SELECT RAISE(ABORT, 'the log is archived in whole stretches, without gaps'); END;

-- What was signed over the list of kept checkpoints: none can be taken out.
CREATE TABLE checkpoint_chain (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL,
    note  BLOB NOT NULL
) STRICT;

INSERT INTO checkpoint_chain VALUES (1, 0, x''); -- signed when the log is opened

CREATE TRIGGER checkpoint_chain_grows BEFORE UPDATE ON checkpoint_chain
WHEN NEW.count <= OLD.count OR NEW.id IS NOT OLD.id
BEGIN SELECT RAISE(ABORT, 'a checkpoint only grows'); END;
CREATE TRIGGER checkpoint_chain_once BEFORE INSERT ON checkpoint_chain
BEGIN SELECT RAISE(ABORT, 'a checkpoint only grows'); END;
CREATE TRIGGER checkpoint_chain_no_delete BEFORE DELETE ON checkpoint_chain
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

DROP TRIGGER entries_no_delete;
CREATE TRIGGER entries_no_delete BEFORE DELETE ON entries
WHEN OLD.idx >= (SELECT coalesce(max(to_idx), 0) FROM archives)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

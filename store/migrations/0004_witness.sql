-- The newest checkpoint of this log that each witness cosigned. It only ever
-- grows; a second copy lies beside the database, so that an older database in
-- its place is noticed.
CREATE TABLE witnessed (
    name TEXT PRIMARY KEY,         -- "cloud", or the site policy's name for it
    size INTEGER NOT NULL,
    unix INTEGER NOT NULL,         -- the witness's clock
    note BLOB NOT NULL             -- with its cosignature
) STRICT;

CREATE TRIGGER witnessed_grows BEFORE UPDATE ON witnessed
WHEN NEW.size < OLD.size OR NEW.name IS NOT OLD.name
BEGIN SELECT RAISE(ABORT, 'what was witnessed only grows'); END;
CREATE TRIGGER witnessed_no_delete BEFORE DELETE ON witnessed
BEGIN SELECT RAISE(ABORT, 'what was witnessed only grows'); END;

-- What is on record already of a log that is not what was witnessed.
CREATE TABLE witness_findings (
    name TEXT NOT NULL,
    code TEXT NOT NULL,            -- "shrunk", "forked"
    size INTEGER NOT NULL,         -- that was witnessed
    PRIMARY KEY (name, code, size)
) STRICT, WITHOUT ROWID;

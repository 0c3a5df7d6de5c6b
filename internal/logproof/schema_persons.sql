-- Whose personal fields they are, so that a person can be erased. Everything
-- sealed under a person's key is destroyed with the one row that holds it.

CREATE TABLE persons (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: an erased person's rows fit no other
    same       BLOB NOT NULL UNIQUE, -- blind index over all that names the person together
    sealed_key BLOB NOT NULL         -- AES-256 key of the person's fields
) STRICT;

-- Each word a person goes by: account, e-mail, initials, name. An HMAC under a
-- key of its own; the same initials may be several people's.
CREATE TABLE person_names (
    blind  BLOB NOT NULL,
    person INTEGER NOT NULL,
    PRIMARY KEY (blind, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_names_person ON person_names (person);

-- A change of the data keys that is under way: up to where which table stands.
CREATE TABLE key_rotation (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    old      INTEGER NOT NULL,       -- key that is going
    new      INTEGER NOT NULL,       -- key that takes its place
    begun_ms INTEGER NOT NULL,
    col      INTEGER NOT NULL,       -- of the list of sealed columns, by its order
    a        ANY,                    -- last row done: its key, or the two parts of it
    b        ANY,
    done     INTEGER NOT NULL,       -- rows that were sealed again
    actor    TEXT NOT NULL
) STRICT;

-- What the activity page narrows by, on ten million entries. All of it is made
-- from the log's own rows and can be made again at any time.

-- One row for every 1,024 entries, written in the transaction that adds the
-- last of them.
CREATE TABLE activity_blocks (
    block   INTEGER PRIMARY KEY,   -- entries block * 1024 …
    v       INTEGER NOT NULL,      -- version of the form
    last    BLOB NOT NULL,         -- hash of its last entry: which log it is of
    min_ms  INTEGER NOT NULL,      -- earliest wall clock
    max_ms  INTEGER NOT NULL,
    groups  INTEGER NOT NULL,      -- a bit for each group of kinds in it
    sign    BLOB NOT NULL,         -- Bloom filter of its words and subjects
    said    BLOB NOT NULL,         -- what each of its entries says, for an exact answer
    crc     INTEGER NOT NULL       -- CRC-32C of sign and said
) STRICT;

-- The same of 64 blocks together, but for what each entry says: a search reads
-- a few megabytes that lie together.
CREATE TABLE activity_segments (
    segment INTEGER PRIMARY KEY,   -- blocks segment * 64 …
    heads   BLOB NOT NULL,         -- min_ms, max_ms and groups of each block
    signs   BLOB NOT NULL,
    crc     INTEGER NOT NULL       -- CRC-32C of heads and signs
) STRICT;

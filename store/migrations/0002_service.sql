-- What the service keeps beside the audit log. Columns named sealed hold
-- AES-256-GCM ciphertext bound to table, row and column (P15).

CREATE TABLE keysets (
    purpose TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL          -- Tink keyset under the system's key
) STRICT;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL            -- "epoch": made with the database
) STRICT;

CREATE TABLE notifications (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    code         TEXT NOT NULL,
    severity     INTEGER NOT NULL,
    state        TEXT NOT NULL,
    source       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    count        INTEGER NOT NULL,
    raised_ms    INTEGER NOT NULL,
    last_ms      INTEGER NOT NULL,
    ack_ms       INTEGER NOT NULL,
    cleared_ms   INTEGER NOT NULL,
    verified     INTEGER NOT NULL,
    sealed_texts BLOB NOT NULL,    -- title and advice in each language
    sealed_by    BLOB              -- who acknowledged
) STRICT;
CREATE INDEX notifications_open ON notifications (code, subject, id) WHERE state <> 'cleared';

CREATE TABLE events (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
    key    TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- One row, rewritten to find out whether the disk takes writes again.
CREATE TABLE probe (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    data BLOB NOT NULL
) STRICT;

-- What happened, in one order, for the auditor and the SIEM.
--
-- event_leaves is the Merkle log: it is never changed and never deleted. A leaf
-- commits to number, time and region, and by "rest" to everything else, so that
-- what retention deletes of events leaves its proof.
CREATE TABLE event_leaves (
	seq    INTEGER NOT NULL PRIMARY KEY, -- from 1, without a gap
	at_ms  INTEGER NOT NULL,
	region TEXT NOT NULL,
	rest   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_leaves_stay BEFORE UPDATE ON event_leaves BEGIN SELECT RAISE(ABORT, 'the log of events is not changed'); END;
CREATE TRIGGER event_leaves_kept BEFORE DELETE ON event_leaves BEGIN SELECT RAISE(ABORT, 'the log of events is not deleted'); END;

-- Roots of complete subtrees above the leaves (package logproof).
CREATE TABLE event_nodes (
	level INTEGER NOT NULL,
	n     INTEGER NOT NULL,
	hash  BLOB NOT NULL,
	PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_nodes_stay BEFORE UPDATE ON event_nodes BEGIN SELECT RAISE(ABORT, 'the log of events is not changed'); END;
CREATE TRIGGER event_nodes_kept BEFORE DELETE ON event_nodes BEGIN SELECT RAISE(ABORT, 'the log of events is not deleted'); END;

CREATE TABLE event_head (
	id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	size INTEGER NOT NULL,
	root BLOB NOT NULL DEFAULT x''
) STRICT, WITHOUT ROWID;
INSERT INTO event_head (id, size) VALUES (1, 0);

-- Signed by the cloud's own key, newest last.
CREATE TABLE event_checkpoints (
	size  INTEGER NOT NULL PRIMARY KEY,
	note  TEXT NOT NULL,
	at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_checkpoints_stay BEFORE UPDATE ON event_checkpoints BEGIN SELECT RAISE(ABORT, 'a checkpoint is not changed'); END;
CREATE TRIGGER event_checkpoints_kept BEFORE DELETE ON event_checkpoints BEGIN SELECT RAISE(ABORT, 'a checkpoint is not deleted'); END;

-- What each leaf is of, as long as retention says.
CREATE TABLE events (
	seq      INTEGER NOT NULL PRIMARY KEY REFERENCES event_leaves,
	at_ms    INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	severity INTEGER NOT NULL,
	region   TEXT NOT NULL,
	device   TEXT NOT NULL,
	request  TEXT NOT NULL,
	who      BLOB NOT NULL, -- keyed hash of the actor; empty for nobody known
	mac      BLOB NOT NULL, -- salted HMAC of what is sealed
	body     BLOB NOT NULL  -- sealed: salt, actor, address, fields
) STRICT, WITHOUT ROWID;
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the log of events is not changed'); END;
CREATE INDEX events_time    ON events (at_ms, seq);
CREATE INDEX events_region  ON events (region, seq);
CREATE INDEX events_kind    ON events (kind, region, seq);
CREATE INDEX events_device  ON events (device, seq) WHERE device <> '';
CREATE INDEX events_request ON events (request, seq) WHERE request <> '';
CREATE INDEX events_who     ON events (who, seq);

-- How far each receiver has confirmed the log.
CREATE TABLE event_cursors (
	name  TEXT NOT NULL PRIMARY KEY,
	seq   INTEGER NOT NULL,
	at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What somebody sent as a file, and what the scanner said of it. Nobody opens
-- one that is not 'clean'.
CREATE TABLE uploads (
	kind       TEXT NOT NULL, -- 'help-logs'
	object     TEXT NOT NULL, -- the request
	device     TEXT NOT NULL REFERENCES devices,
	sha256     TEXT NOT NULL, -- of what was scanned, or is to be
	state      TEXT NOT NULL, -- 'scanning', 'clean', 'refused', 'unavailable'
	why        TEXT NOT NULL DEFAULT '', -- what was found, or why nobody could look
	scanner    TEXT NOT NULL DEFAULT '',
	tries      INTEGER NOT NULL DEFAULT 0,
	at_ms      INTEGER NOT NULL,
	scanned_ms INTEGER NOT NULL DEFAULT 0,
	next_ms    INTEGER NOT NULL DEFAULT 0, -- not looked at again before
	PRIMARY KEY (kind, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_waiting ON uploads (next_ms) WHERE state IN ('scanning', 'unavailable');
-- Logs that came before there was a scanner are looked at too.
INSERT INTO uploads (kind, object, device, sha256, state, at_ms) SELECT 'help-logs', request, device, sha256, 'scanning', at_ms FROM help_logs;

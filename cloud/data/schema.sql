CREATE TABLE devices (
	id            TEXT PRIMARY KEY,
	key_hash      BLOB NOT NULL,
	region        TEXT NOT NULL,
	serial        TEXT NOT NULL,
	type          TEXT NOT NULL,
	terms         TEXT NOT NULL,
	email         BLOB NOT NULL, -- sealed
	name          BLOB NOT NULL, -- sealed
	log_verifier  TEXT NOT NULL DEFAULT '',
	registered_ms INTEGER NOT NULL,
	updated_ms    INTEGER NOT NULL,
	online        INTEGER NOT NULL DEFAULT 0,
	since_ms      INTEGER NOT NULL DEFAULT 0,
	status        TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_serial ON devices (type, serial);

-- Online history (P14).
CREATE TABLE presence (
	id     INTEGER PRIMARY KEY,
	device TEXT NOT NULL REFERENCES devices,
	online INTEGER NOT NULL,
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX presence_device ON presence (device, at_ms);

-- What was taken in: everything up to "upto", and what arrived early.
CREATE TABLE inbox (
	device  TEXT NOT NULL,
	epoch   TEXT NOT NULL,
	upto    INTEGER NOT NULL,
	used_ms INTEGER NOT NULL,
	PRIMARY KEY (device, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE inbox_early (
	device TEXT NOT NULL,
	epoch  TEXT NOT NULL,
	seq    INTEGER NOT NULL,
	PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
	device  TEXT NOT NULL REFERENCES devices,
	epoch   TEXT NOT NULL,
	id      INTEGER NOT NULL,
	last_ms INTEGER NOT NULL,
	body    TEXT NOT NULL,
	PRIMARY KEY (device, epoch, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_last ON notifications (device, last_ms);

CREATE TABLE requests (
	id         TEXT PRIMARY KEY,
	device     TEXT NOT NULL REFERENCES devices,
	state      TEXT NOT NULL, -- 'announced' by its socket only, 'waiting', 'connected', 'ended'
	reason     BLOB NOT NULL, -- sealed
	alarm      TEXT NOT NULL,
	since_ms   INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_open ON requests (state, expires_ms);

-- The session log (P14, P24).
CREATE TABLE session_events (
	id       INTEGER PRIMARY KEY,
	device   TEXT NOT NULL REFERENCES devices,
	request  TEXT NOT NULL,
	session  TEXT NOT NULL,
	kind     TEXT NOT NULL,
	time_ms  INTEGER NOT NULL, -- the device's clock
	at_ms    INTEGER NOT NULL, -- ours
	body     BLOB NOT NULL     -- sealed: who, and the fields
) STRICT;
CREATE INDEX session_events_request ON session_events (request);

-- The witness's memory of each device's log.
CREATE TABLE checkpoints (
	id     INTEGER PRIMARY KEY,
	device TEXT NOT NULL REFERENCES devices,
	origin TEXT NOT NULL,
	size   INTEGER NOT NULL,
	root   BLOB NOT NULL,
	note   TEXT NOT NULL,
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX checkpoints_size ON checkpoints (device, origin, size);

-- What the cloud itself has to say about a device.
CREATE TABLE alarms (
	id      INTEGER PRIMARY KEY,
	device  TEXT NOT NULL,
	code    TEXT NOT NULL,
	subject TEXT NOT NULL,
	title   TEXT NOT NULL,
	count   INTEGER NOT NULL,
	at_ms   INTEGER NOT NULL,
	last_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX alarms_one ON alarms (device, code, subject);

CREATE TABLE staff_sessions (
	hash       BLOB PRIMARY KEY, -- of the token; the token itself is nowhere
	identity   BLOB NOT NULL,    -- sealed
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE used_tokens (
	hash       BLOB PRIMARY KEY,
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every engineer's certificate ever issued.
CREATE TABLE certificates (
	serial       TEXT PRIMARY KEY,
	device       TEXT NOT NULL,
	request      TEXT NOT NULL,
	identity     BLOB NOT NULL, -- sealed
	at_ms        INTEGER NOT NULL,
	not_after_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cases: who has taken a request, who was invited, what was noted.
CREATE TABLE cases (
	number     TEXT PRIMARY KEY,
	device     TEXT NOT NULL REFERENCES devices,
	request    TEXT NOT NULL,               -- the newest of its requests
	opened_ms  INTEGER NOT NULL,
	waiting_ms INTEGER NOT NULL,            -- its place in the queue
	holder     BLOB NOT NULL,               -- keyed hash of the account; empty: nobody
	person     BLOB NOT NULL,               -- sealed: who that is
	taken_ms   INTEGER NOT NULL DEFAULT 0,
	ticket     TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_device ON cases (device, opened_ms);
CREATE INDEX cases_holder ON cases (holder, opened_ms);

CREATE TABLE case_requests (
	request  TEXT PRIMARY KEY,
	number   TEXT NOT NULL REFERENCES cases,
	since_ms INTEGER NOT NULL,
	severity TEXT NOT NULL,                 -- of the alarm behind it, when it came
	engineer BLOB NOT NULL,                 -- keyed hash of who proved the code; empty: nobody
	person   BLOB NOT NULL,                 -- sealed: who that is
	begun_ms INTEGER NOT NULL DEFAULT 0,
	ended_ms INTEGER NOT NULL DEFAULT 0,
	ended    TEXT NOT NULL DEFAULT '',      -- why
	staff    INTEGER NOT NULL DEFAULT 0     -- ended by the vendor's staff: the PC is told when it comes to the relay
) STRICT, WITHOUT ROWID;
CREATE INDEX case_requests_number ON case_requests (number, since_ms);

CREATE TABLE case_guests (
	number TEXT NOT NULL REFERENCES cases,
	who    BLOB NOT NULL,                   -- keyed hash of the account
	person BLOB NOT NULL,                   -- sealed
	at_ms  INTEGER NOT NULL,
	PRIMARY KEY (number, who)
) STRICT, WITHOUT ROWID;

CREATE TABLE case_notes (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	number TEXT NOT NULL REFERENCES cases,
	amends INTEGER NOT NULL,                -- the note that this one replaces; 0: none
	who    BLOB NOT NULL,                   -- keyed hash of the account
	body   BLOB NOT NULL,                   -- sealed: who, and the text
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX case_notes_number ON case_notes (number, id);

CREATE TABLE case_acts (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	number TEXT NOT NULL REFERENCES cases,
	act    TEXT NOT NULL,
	body   BLOB NOT NULL,                   -- sealed: who, and to whom
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX case_acts_number ON case_acts (number, id);

-- Staff the desk has seen, with what they were allowed when they were here last.
CREATE TABLE colleagues (
	who      BLOB PRIMARY KEY,              -- keyed hash of the account
	identity BLOB NOT NULL,                 -- sealed
	seen_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

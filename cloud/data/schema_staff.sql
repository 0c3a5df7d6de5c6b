-- Who may do what for how long, acts that take two people, and mail that waits.
--
-- Accounts are sealed; "who" is the keyed hash that finds them (accountIndex).
ALTER TABLE staff_sessions ADD COLUMN who      BLOB NOT NULL DEFAULT x'';
ALTER TABLE staff_sessions ADD COLUMN begun_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_sessions ADD COLUMN used_ms  INTEGER NOT NULL DEFAULT 0; -- by a person's hand
CREATE INDEX staff_sessions_who ON staff_sessions (who);

-- The cloud's own word on somebody: it narrows what the SSO says of them.
CREATE TABLE staff_people (
	who        BLOB PRIMARY KEY,
	person     BLOB NOT NULL, -- sealed: account, training, sites
	removed    INTEGER NOT NULL DEFAULT 0,
	changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Places somebody has signed in from: keyed hashes of account, network and
-- kind of browser.
CREATE TABLE staff_places (
	place   BLOB PRIMARY KEY,
	who     BLOB NOT NULL,
	used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_places_who ON staff_places (who);

-- Sign-ins from a new place that wait for the link in a mail.
CREATE TABLE staff_waiting (
	hash       BLOB PRIMARY KEY, -- of the link's token
	browser    BLOB NOT NULL,    -- hash of what the same browser must show
	who        BLOB NOT NULL,
	place      BLOB NOT NULL,
	identity   BLOB NOT NULL,    -- sealed
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Administrative acts: proposed by one, confirmed by another.
CREATE TABLE acts (
	id          TEXT PRIMARY KEY,
	kind        TEXT NOT NULL,
	region      TEXT NOT NULL,  -- whose administrators decide; '': any
	state       TEXT NOT NULL,  -- 'waiting', 'confirmed', 'done', 'failed', 'rejected', 'expired'
	digest      BLOB NOT NULL,  -- of what was shown
	body        BLOB NOT NULL,  -- sealed: what, by whom, why
	proposer    BLOB NOT NULL,  -- who
	session     BLOB NOT NULL,  -- hash of the session it was proposed in
	decision    BLOB NOT NULL DEFAULT x'', -- sealed: by whom, why; what came of it
	at_ms       INTEGER NOT NULL,
	expires_ms  INTEGER NOT NULL,
	decided_ms  INTEGER NOT NULL DEFAULT 0,
	carried_ms  INTEGER NOT NULL DEFAULT 0  -- when somebody last began to carry it out
) STRICT, WITHOUT ROWID;
CREATE INDEX acts_state ON acts (state, at_ms);

-- Mail that waits for the server to take it.
CREATE TABLE mails (
	id       TEXT PRIMARY KEY,
	to_who   BLOB NOT NULL,   -- keyed hash of the address
	body     BLOB NOT NULL,   -- sealed: the message
	at_ms    INTEGER NOT NULL,
	tries    INTEGER NOT NULL DEFAULT 0,
	next_ms  INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	state    TEXT NOT NULL DEFAULT 'waiting' -- 'waiting', 'sent': kept without its text for the rate
) STRICT, WITHOUT ROWID;
CREATE INDEX mails_next ON mails (state, next_ms);
CREATE INDEX mails_to   ON mails (to_who, at_ms);

-- Notifications of the whole fleet, newest first and filtered, in a page's
-- time whatever is asked for: every filter is a step of an index.
--
-- What a text search looks at (code, source, subject, title) is the same in
-- thousands of notifications, and is kept once.
CREATE TABLE labels (
	id       INTEGER PRIMARY KEY,
	severity INTEGER NOT NULL,
	text     TEXT NOT NULL, -- small letters
	UNIQUE (severity, text)
) STRICT;

CREATE TABLE feed (
	seq       INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order they came first
	device    TEXT NOT NULL REFERENCES devices,
	epoch     TEXT NOT NULL,                     -- '' for what the cloud itself says
	id        INTEGER NOT NULL,                  -- below 0: a digest
	region    TEXT NOT NULL,                     -- the device's, moved with it
	severity  INTEGER NOT NULL,
	state     INTEGER NOT NULL,
	label     INTEGER NOT NULL REFERENCES labels,
	parent    INTEGER NOT NULL,                  -- the group or digest (below 0) it is folded into; 0: none
	listed    INTEGER NOT NULL,                  -- it stands in the list itself
	raised_ms INTEGER NOT NULL,                  -- the device's clock
	last_ms   INTEGER NOT NULL,
	body      TEXT NOT NULL,
	UNIQUE (device, epoch, id)
) STRICT;

INSERT INTO labels (severity, text)
	SELECT DISTINCT
		CASE json_extract(body, '$.severity') WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END,
		lower(json_extract(body, '$.code') || ' ' || json_extract(body, '$.source') || ' ' || json_extract(body, '$.subject') || ' ' || json_extract(body, '$.title'))
	FROM notifications;
INSERT INTO feed (device, epoch, id, region, severity, state, label, parent, listed, raised_ms, last_ms, body)
	SELECT n.device, n.epoch, n.id, d.region, l.severity,
		CASE json_extract(n.body, '$.state') WHEN 'raised' THEN 1 WHEN 'acknowledged' THEN 2 ELSE 4 END,
		l.id, 0, 1, json_extract(n.body, '$.raisedMs'), n.last_ms, n.body
	FROM notifications n JOIN devices d ON d.id = n.device JOIN labels l ON
		l.severity = CASE json_extract(n.body, '$.severity') WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END
		AND l.text = lower(json_extract(n.body, '$.code') || ' ' || json_extract(n.body, '$.source') || ' ' || json_extract(n.body, '$.subject') || ' ' || json_extract(n.body, '$.title'))
	ORDER BY n.last_ms, n.device, n.id;
DROP TABLE notifications;

CREATE INDEX feed_filter ON feed (region, severity, state, seq) WHERE listed = 1;
CREATE INDEX feed_label  ON feed (label, region, state, seq);
CREATE INDEX feed_device ON feed (device, listed, seq);
CREATE INDEX feed_parent ON feed (device, epoch, parent, seq) WHERE parent <> 0;
CREATE INDEX feed_last   ON feed (device, last_ms);

ALTER TABLE requests ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN profile TEXT NOT NULL DEFAULT '';

-- Scrubbed logs that a technician sent with a request (B8). They go when the
-- request has been over for as long as the data table says.
CREATE TABLE help_logs (
	request TEXT PRIMARY KEY,
	device  TEXT NOT NULL REFERENCES devices,
	sha256  TEXT NOT NULL,
	lines   INTEGER NOT NULL,
	text    BLOB NOT NULL, -- sealed
	at_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX help_logs_device ON help_logs (device, at_ms);

-- Who looked at what of a technician's (P16).
CREATE TABLE accesses (
	id       INTEGER PRIMARY KEY,
	what     TEXT NOT NULL, -- 'help-logs'
	device   TEXT NOT NULL,
	object   TEXT NOT NULL, -- the request
	identity BLOB NOT NULL, -- sealed
	at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX accesses_object ON accesses (what, object);

-- Messages to technicians, and to whom each went.
CREATE TABLE messages (
	id         TEXT PRIMARY KEY,
	number     INTEGER NOT NULL UNIQUE,
	at_ms      INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	regions    TEXT NOT NULL, -- JSON: of the devices it went to
	devices    INTEGER NOT NULL,
	delivered  INTEGER NOT NULL DEFAULT 0, -- of the devices, so many acknowledged it
	note       BLOB NOT NULL, -- sealed
	request    BLOB NOT NULL, -- sealed: what was asked for
	identity   BLOB NOT NULL  -- sealed: who sent it
) STRICT, WITHOUT ROWID;
CREATE TABLE deliveries (
	message      TEXT NOT NULL REFERENCES messages ON DELETE CASCADE,
	device       TEXT NOT NULL REFERENCES devices,
	delivered_ms INTEGER NOT NULL DEFAULT 0, -- 0: not yet
	PRIMARY KEY (message, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_waiting ON deliveries (device) WHERE delivered_ms = 0;
CREATE INDEX devices_region ON devices (region, type);

-- What the cloud itself says stands in the fleet's list too.
INSERT OR IGNORE INTO labels (severity, text) SELECT DISTINCT 4, lower(code || ' cloud ' || subject || ' ' || title) FROM alarms;
INSERT INTO feed (device, epoch, id, region, severity, state, label, parent, listed, raised_ms, last_ms, body)
	SELECT a.device, '', a.id, d.region, 4, 1, l.id, 0, 1, a.at_ms, a.last_ms, json_object('id', a.id, 'code', a.code, 'severity', 'high', 'state', 'raised',
		'source', 'cloud', 'subject', a.subject, 'title', a.title, 'count', a.count, 'raisedMs', a.at_ms, 'lastMs', a.last_ms, 'verified', json('true'))
	FROM alarms a JOIN devices d ON d.id = a.device JOIN labels l ON l.severity = 4 AND l.text = lower(a.code || ' cloud ' || a.subject || ' ' || a.title)
	ORDER BY a.last_ms;

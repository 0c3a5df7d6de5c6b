-- Which node a device is connected to: a node that starts again, or that is
-- gone, left only its own devices online.
ALTER TABLE devices ADD COLUMN node TEXT NOT NULL DEFAULT '';
CREATE INDEX devices_node ON devices (node) WHERE online = 1;
CREATE TABLE nodes (
	name    TEXT PRIMARY KEY,
	seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is true of the database as a whole.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where reading of a hub's stream stands, and which node reads which part of it.
-- hub names the stream: host, name and consumer group.
CREATE TABLE hub_partitions (
	hub      TEXT NOT NULL,
	part     TEXT NOT NULL,                -- the hub's name of the partition
	node     TEXT NOT NULL DEFAULT '',     -- who reads it; '': nobody
	until_ms INTEGER NOT NULL DEFAULT 0,   -- the node's lease
	epoch    INTEGER NOT NULL DEFAULT 0,   -- counted up with every change of node
	place    INTEGER NOT NULL DEFAULT -1,  -- number of the last message whose effect is stored
	PRIMARY KEY (hub, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE hub_readers (
	hub     TEXT NOT NULL,
	node    TEXT NOT NULL,
	seen_ms INTEGER NOT NULL,
	PRIMARY KEY (hub, node)
) STRICT, WITHOUT ROWID;

-- What the hub last said of a device's connection.
CREATE TABLE hub_devices (
	hub       TEXT NOT NULL,
	device    TEXT NOT NULL,
	part      TEXT NOT NULL,
	connected INTEGER NOT NULL,
	number    TEXT NOT NULL, -- the hub's, hexadecimal; a higher one is newer
	PRIMARY KEY (hub, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX hub_devices_part ON hub_devices (hub, part) WHERE connected = 1;

-- Sites, groups, and what becomes of a device after it was registered.
CREATE TABLE sites (
	id         TEXT PRIMARY KEY, -- random
	region     TEXT NOT NULL,    -- and stays: a site of another region is another site
	name       TEXT NOT NULL,
	address    BLOB NOT NULL,    -- sealed
	created_ms INTEGER NOT NULL,
	closed_ms  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sites_name ON sites (region, name);

CREATE TABLE device_groups (
	id         TEXT PRIMARY KEY, -- random
	region     TEXT NOT NULL,
	name       TEXT NOT NULL,
	created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_groups_name ON device_groups (region, name);
CREATE TABLE device_group_members (
	member_of TEXT NOT NULL REFERENCES device_groups ON DELETE CASCADE,
	device    TEXT NOT NULL REFERENCES devices,
	PRIMARY KEY (member_of, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_group_members_device ON device_group_members (device);

ALTER TABLE devices ADD COLUMN site         TEXT NOT NULL DEFAULT '';   -- '': not assigned yet
ALTER TABLE devices ADD COLUMN version      TEXT NOT NULL DEFAULT '';   -- of its latest status
ALTER TABLE devices ADD COLUMN channel      TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN version_ms   INTEGER NOT NULL DEFAULT 0; -- since when
ALTER TABLE devices ADD COLUMN confirmed_ms INTEGER NOT NULL DEFAULT 0; -- who registered it followed the link in the mail
ALTER TABLE devices ADD COLUMN asked_ms     INTEGER NOT NULL DEFAULT 0; -- when that mail was sent; 0: it is to be
ALTER TABLE devices ADD COLUMN retired_ms   INTEGER NOT NULL DEFAULT 0; -- its life here is over
ALTER TABLE devices ADD COLUMN moved_to     TEXT NOT NULL DEFAULT '';   -- it went to another deployment: where it registers
ALTER TABLE devices ADD COLUMN erase_ms     INTEGER NOT NULL DEFAULT 0; -- when its personal data goes; 0: not planned
ALTER TABLE devices ADD COLUMN erased_ms    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN sas_number   INTEGER NOT NULL DEFAULT 1; -- of the key its tokens are made with
ALTER TABLE devices ADD COLUMN sas_ms       INTEGER NOT NULL DEFAULT 0; -- when that key took the place of the one before
CREATE INDEX devices_site    ON devices (site);
CREATE INDEX devices_version ON devices (version);
CREATE INDEX devices_erase   ON devices (erase_ms) WHERE erase_ms > 0 AND erased_ms = 0;

-- The links in mails that ask for a confirmation. The link itself is nowhere.
CREATE TABLE confirmations (
	hash       BLOB PRIMARY KEY, -- of the link's token
	device     TEXT NOT NULL REFERENCES devices,
	who        BLOB NOT NULL,    -- keyed hash of the address
	sent_ms    INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	used_ms    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX confirmations_device ON confirmations (device);
CREATE INDEX confirmations_who    ON confirmations (who, sent_ms);

-- What became of a device, for whoever looks at it.
CREATE TABLE device_history (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	device TEXT NOT NULL REFERENCES devices,
	kind   TEXT NOT NULL, -- 'site', 'group', 'region', 'version', 'confirmed', 'retired', 'moved', 'erased', 'note'
	body   BLOB NOT NULL, -- sealed: by whom, from, to, text
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX device_history_device ON device_history (device, id);

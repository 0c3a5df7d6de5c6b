-- How each device's identity stands, and what was decided about it.
ALTER TABLE devices ADD COLUMN public_key  BLOB NOT NULL DEFAULT x'';   -- SubjectPublicKeyInfo; empty until it registers again
ALTER TABLE devices ADD COLUMN machine     TEXT NOT NULL DEFAULT '';    -- cloudapi.MachineID
ALTER TABLE devices ADD COLUMN copied_ms   INTEGER NOT NULL DEFAULT 0;  -- when it was seen on two PCs
ALTER TABLE devices ADD COLUMN revoked_ms  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN replaced_by TEXT NOT NULL DEFAULT '';    -- the device that took its place
ALTER TABLE alarms  ADD COLUMN cleared     INTEGER NOT NULL DEFAULT 0;

CREATE TABLE identity_record (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	device TEXT NOT NULL REFERENCES devices,
	kind   TEXT NOT NULL, -- 'registered', 'updated', 'copied', 'revoked', 'restored', 'replaced', 'log-began'
	other  TEXT NOT NULL, -- a device, or a log's name
	body   BLOB NOT NULL, -- sealed: who, and why
	at_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX identity_record_device ON identity_record (device, id);
CREATE TRIGGER identity_record_stays BEFORE UPDATE ON identity_record BEGIN SELECT RAISE(ABORT, 'the record of identities is not changed'); END;
CREATE TRIGGER identity_record_kept BEFORE DELETE ON identity_record BEGIN SELECT RAISE(ABORT, 'the record of identities is not deleted'); END;

-- An engineer's own part of the record is looked up by account, which is
-- sealed: "who" is a keyed hash of it, whose key is sealed too.
CREATE TABLE secrets (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL -- sealed
) STRICT, WITHOUT ROWID;
ALTER TABLE certificates ADD COLUMN who BLOB NOT NULL DEFAULT x'';
CREATE INDEX certificates_who ON certificates (who, request);
CREATE INDEX certificates_request ON certificates (request, device);

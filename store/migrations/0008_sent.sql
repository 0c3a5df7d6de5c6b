-- What the cloud acknowledged stays for a time: a cloud that was put back from
-- a backup can ask for it again.
ALTER TABLE outbox ADD COLUMN sent_ms INTEGER NOT NULL DEFAULT 0; -- when it was acknowledged; 0: it waits
ALTER TABLE outbox ADD COLUMN upto INTEGER NOT NULL DEFAULT 0;    -- bytes acknowledged until then, its own among them
CREATE INDEX outbox_waiting ON outbox (seq) WHERE sent_ms = 0;
CREATE INDEX outbox_sent ON outbox (sent_ms) WHERE sent_ms > 0;
CREATE INDEX outbox_upto ON outbox (upto) WHERE sent_ms > 0;

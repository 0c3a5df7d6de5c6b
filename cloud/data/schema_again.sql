-- The number of the message that a row of the list is the effect of: what is
-- sent again is older than what is there.
ALTER TABLE feed ADD COLUMN message INTEGER NOT NULL DEFAULT 0;

-- The life of an alarm (B9), and a list of them that answers on a million rows.

-- What notifications say: code, subject and publisher, plain and searchable,
-- with the texts beside them. Many notifications say the same, so a search
-- looks at thousands of topics, not at a million rows, and texts are kept once.
CREATE TABLE topics (
    id        INTEGER PRIMARY KEY,
    code      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    publisher TEXT NOT NULL,
    fold      TEXT NOT NULL        -- the three in lower case, one a line
) STRICT;
CREATE INDEX topics_same ON topics (code, subject, publisher);
CREATE INDEX topics_fold ON topics (fold); -- a search reads this from end to end

CREATE TABLE topic_texts (
    topic  INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL           -- title and advice in each language
) STRICT;

ALTER TABLE notifications ADD COLUMN topic        INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN publisher    TEXT    NOT NULL DEFAULT '';
ALTER TABLE notifications ADD COLUMN sample       INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN apart        INTEGER NOT NULL DEFAULT 0; -- never put into a group
ALTER TABLE notifications ADD COLUMN event        INTEGER NOT NULL DEFAULT 0; -- nothing says when it is over
ALTER TABLE notifications ADD COLUMN seen_ms      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN escalated_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN shelved_ms   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN shelf_ms     INTEGER NOT NULL DEFAULT 0; -- end of the shelf
ALTER TABLE notifications ADD COLUMN sealed_shelf BLOB;                       -- who, and why
ALTER TABLE notifications ADD COLUMN group_id     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN group_kind   TEXT    NOT NULL DEFAULT ''; -- of a group
ALTER TABLE notifications ADD COLUMN members      INTEGER NOT NULL DEFAULT 0;  -- of a group
ALTER TABLE notifications ADD COLUMN chatters     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN turned_ms    INTEGER NOT NULL DEFAULT 0; -- last change while it chatters
ALTER TABLE notifications ADD COLUMN over_ms      INTEGER NOT NULL DEFAULT 0; -- it ended while it was held open
ALTER TABLE notifications ADD COLUMN until_ms     INTEGER NOT NULL DEFAULT 0; -- it is over by itself then
ALTER TABLE notifications ADD COLUMN asked_ms     INTEGER NOT NULL DEFAULT 0; -- a person is waited for since
ALTER TABLE notifications ADD COLUMN due_ms       INTEGER NOT NULL DEFAULT 0; -- the service has to look then

-- What a list is narrowed by, in one number: severity, state, source, and
-- whether it stands in a group. A generated column would not be read from the
-- indices, so the writer sets it.
ALTER TABLE notifications ADD COLUMN facet INTEGER NOT NULL DEFAULT 0;

INSERT INTO topics (code, subject, publisher, fold)
SELECT DISTINCT code, subject, '', lower(code || char(10) || subject || char(10)) FROM notifications;
UPDATE notifications SET
    topic = (SELECT t.id FROM topics t WHERE t.code = notifications.code AND t.subject = notifications.subject),
    asked_ms = CASE state WHEN 'raised' THEN raised_ms ELSE 0 END;

-- At most one is open for a code and subject; the database itself says so.
UPDATE notifications SET state = 'cleared', cleared_ms = last_ms, asked_ms = 0
WHERE state <> 'cleared' AND id < (SELECT max(o.id) FROM notifications o WHERE o.code = notifications.code AND o.subject = notifications.subject AND o.state <> 'cleared');
UPDATE notifications SET facet = severity * 64
    + CASE state WHEN 'raised' THEN 0 WHEN 'acknowledged' THEN 1 WHEN 'shelved' THEN 2 ELSE 3 END * 16
    + CASE source WHEN 'machine' THEN 1 WHEN 'instrument-log' THEN 2 WHEN 'local' THEN 3 WHEN 'probe' THEN 4 WHEN 'cloud' THEN 5 WHEN 'self' THEN 6 ELSE 0 END * 2;
DROP INDEX notifications_open;
CREATE UNIQUE INDEX notifications_open ON notifications (code, subject) WHERE state <> 'cleared';

CREATE INDEX notifications_facet ON notifications (facet, id, raised_ms, topic);
CREATE INDEX notifications_topic ON notifications (topic, id, facet, raised_ms);
CREATE INDEX notifications_group ON notifications (group_id, id, facet, raised_ms, topic) WHERE group_id > 0;
CREATE INDEX notifications_members ON notifications (group_id, state, severity, id) WHERE group_id > 0 AND state <> 'cleared';
CREATE INDEX notifications_calling ON notifications (severity) WHERE state = 'raised' AND group_id = 0;
CREATE INDEX notifications_asked ON notifications (severity, asked_ms) WHERE asked_ms > 0;
CREATE INDEX notifications_due ON notifications (due_ms) WHERE due_ms > 0;
CREATE INDEX notifications_cleared ON notifications (cleared_ms) WHERE cleared_ms > 0;

-- Between which times the notifications of a block of numbers were raised: a
-- clock may jump, so numbers and times need not go together, but mostly do.
CREATE TABLE notification_spans (
    block  INTEGER PRIMARY KEY,    -- id / 4096
    min_ms INTEGER NOT NULL,
    max_ms INTEGER NOT NULL
) STRICT;
INSERT INTO notification_spans (block, min_ms, max_ms)
SELECT id / 4096, min(raised_ms), max(raised_ms) FROM notifications GROUP BY id / 4096;

-- What was raised in the last minutes, to tell a flood and chatter by.
CREATE TABLE notification_recent (
    id      INTEGER PRIMARY KEY,
    code    TEXT NOT NULL,
    subject TEXT NOT NULL,
    ms      INTEGER NOT NULL,
    apart   INTEGER NOT NULL
) STRICT;
CREATE INDEX notification_recent_same ON notification_recent (code, subject);
CREATE INDEX notification_recent_ms ON notification_recent (ms);

-- What persons and the service did to a notification, for its page. The proof
-- is the audit log's.
CREATE TABLE notification_steps (
    notification INTEGER NOT NULL,
    n            INTEGER NOT NULL,
    ms           INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    sealed       BLOB,             -- who, and what they typed
    PRIMARY KEY (notification, n)
) STRICT, WITHOUT ROWID;

-- A message with ahead = 1 is sent before all others, alone.
ALTER TABLE outbox ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_ahead ON outbox (seq) WHERE ahead = 1;

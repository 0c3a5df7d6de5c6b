package data

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// Severities and states as the list's index knows them, by cloudapi's words.
// A digest is no state of an alarm: it is listed unless a state is asked for.
var (
	severityCodes = map[string]int{"info": 1, "low": 2, "medium": 3, "high": 4}
	stateCodes    = map[string]int{"raised": 1, "acknowledged": 2, "shelved": 3, "cleared": 4, stateDigest: 5}
)

const (
	stateDigest   = "digest"
	epochCloud    = "" // of what the cloud itself says
	sourceOfCloud = "cloud"
)

// PutNotification keeps the latest form of a notification, which is that of the
// highest number: what is sent again changes nothing that came later. One that
// stands in a group is folded into it; one that a digest told of, into the
// digest once it is over (B9).
func (t *Tx) PutNotification(epoch string, seq uint64, n cloudapi.Notification) error {
	parent := int64(n.Group)
	if parent == 0 {
		var err error
		if parent, err = t.digestOf(epoch, n.LastMS); err != nil {
			return err
		}
	}
	listed := parent == 0 || parent < 0 && n.State != "cleared"
	return t.db.putFeed(t.tx, feedRow{
		device: t.device, epoch: epoch, id: int64(n.ID), seq: int64(seq), severity: n.Severity, state: n.State, label: label(n),
		parent: parent, listed: listed, raisedMS: n.RaisedMS, lastMS: n.LastMS, body: n,
	})
}

// digestOf gives the newest digest whose time this falls into, 0 for none.
func (t *Tx) digestOf(epoch string, atMS int64) (int64, error) {
	var id, from, to int64
	err := t.tx.QueryRow("SELECT id, raised_ms, last_ms FROM feed WHERE device=? AND epoch=? AND id<0 ORDER BY id LIMIT 1", t.device, epoch).Scan(&id, &from, &to)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil || atMS < from || atMS > to {
		return 0, err
	}
	return id, nil
}

// PutDigest keeps what a device did while nobody heard it. seq is the
// message's number: digests and notifications share no numbers.
func (t *Tx) PutDigest(epoch string, seq uint64, d cloudapi.Digest) error {
	worst := "info"
	for severity, n := range d.Raised {
		if n > 0 && severityCodes[severity] > severityCodes[worst] {
			worst = severity
		}
	}
	return t.db.putFeed(t.tx, feedRow{
		device: t.device, epoch: epoch, id: -int64(seq), seq: int64(seq), severity: worst, state: stateDigest, label: stateDigest,
		listed: true, raisedMS: d.FromMS, lastMS: d.ToMS, body: d,
	})
}

// feedRow is what stands in the table.
type feedRow struct {
	device, epoch    string
	id               int64
	seq              int64 // of the message; 0: the cloud's own
	severity, state  string
	label            string
	parent           int64
	listed           bool
	raisedMS, lastMS int64
	body             any
}

func label(n cloudapi.Notification) string {
	return strings.ToLower(strings.Join([]string{n.Code, n.Source, n.Subject, n.Title}, " "))
}

func (db *DB) putFeed(tx *sql.Tx, r feedRow) error {
	text, err := json.Marshal(r.body)
	if err != nil {
		return err
	}
	severity, state := severityCodes[r.severity], stateCodes[r.state]
	labelID, err := db.labelID(tx, severity, r.label)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO feed (device, epoch, id, region, severity, state, label, parent, listed, raised_ms, last_ms, body, message)
		VALUES (?1,?2,?3,(SELECT region FROM devices WHERE id=?1),?4,?5,?6,?7,?8,?9,?10,?11,?12)
		ON CONFLICT (device, epoch, id) DO UPDATE SET region=excluded.region, severity=excluded.severity, state=excluded.state, label=excluded.label,
			parent=excluded.parent, listed=excluded.listed, raised_ms=excluded.raised_ms, last_ms=excluded.last_ms, body=excluded.body, message=excluded.message WHERE excluded.message >= feed.message`,
		r.device, r.epoch, r.id, severity, state, labelID, r.parent, r.listed, r.raisedMS, r.lastMS, string(text), r.seq)
	return err
}

func (db *DB) labelID(tx *sql.Tx, severity int, text string) (id int64, err error) {
	err = tx.QueryRow("SELECT id FROM labels WHERE severity=? AND text=?", severity, text).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	return id, tx.QueryRow("INSERT INTO labels (severity, text) VALUES (?,?) RETURNING id", severity, text).Scan(&id)
}

// raise keeps an alarm of the cloud's own about a device, and lists it. The
// console says code and values in its own words, title is the English of it.
func (db *DB) raise(tx *sql.Tx, device, code, subject, title string, values cloudapi.Values) error {
	now := db.nowMS()
	n := cloudapi.Notification{Code: code, Severity: "high", State: "raised", Source: sourceOfCloud, Subject: subject, Title: title, LastMS: now, Verified: true}
	err := tx.QueryRow(`INSERT INTO alarms (device, code, subject, title, count, at_ms, last_ms) VALUES (?,?,?,?,1,?,?)
		ON CONFLICT (device, code, subject) DO UPDATE SET title=excluded.title, count=alarms.count+1, last_ms=excluded.last_ms, cleared=0 RETURNING id, count, at_ms`,
		device, code, subject, title, now, now).Scan(&n.ID, &n.Count, &n.RaisedMS)
	if err != nil {
		return err
	}
	return db.putFeed(tx, feedRow{
		device: device, epoch: epochCloud, id: int64(n.ID), severity: n.Severity, state: n.State, label: label(n),
		listed: true, raisedMS: n.RaisedMS, lastMS: n.LastMS, body: cloudapi.DeviceAlarm{Notification: n, Values: values},
	})
}

// clear ends an alarm of the cloud's own; it may not be there. Raised again it
// begins anew.
func (db *DB) clear(tx *sql.Tx, device, code, subject string) error {
	n := cloudapi.Notification{Code: code, Severity: "high", State: "cleared", Source: sourceOfCloud, Subject: subject, LastMS: db.nowMS(), Verified: true}
	err := tx.QueryRow("UPDATE alarms SET cleared=1, last_ms=? WHERE device=? AND code=? AND subject=? RETURNING id, title, count, at_ms", n.LastMS, device, code, subject).
		Scan(&n.ID, &n.Title, &n.Count, &n.RaisedMS)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return db.putFeed(tx, feedRow{
		device: device, epoch: epochCloud, id: int64(n.ID), severity: n.Severity, state: n.State, label: label(n),
		listed: true, raisedMS: n.RaisedMS, lastMS: n.LastMS, body: n,
	})
}

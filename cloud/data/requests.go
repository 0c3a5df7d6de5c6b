package data

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// ownRequest checks whose request it is: nil for this device's own,
// ErrNotYours for another's, ErrNotFound for one nobody named yet.
func (db *DB) ownRequest(tx *sql.Tx, id, device string) error {
	var owner string
	err := tx.QueryRow("SELECT device FROM requests WHERE id = ?", id).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case owner != device:
		return ErrNotYours
	}
	return nil
}

// ClaimRequest makes id this device's when nobody named it yet: a host's
// socket may be quicker than its message. What is another device's is
// ErrNotYours, what has ended or expired is ErrNotFound.
func (db *DB) ClaimRequest(ctx context.Context, id, device string, untilMS int64) (cloudapi.Request, error) {
	err := db.update(ctx, func(tx *sql.Tx) error {
		err := db.ownRequest(tx, id, device)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		reason, err := db.seal.sealText("", "requests", id, "reason")
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO requests (id, device, state, reason, alarm, since_ms, expires_ms) VALUES (?,?,?,?,'',?,?)",
			id, device, stateAnnounced, reason, db.nowMS(), untilMS)
		return err
	})
	if err != nil {
		return cloudapi.Request{}, fmt.Errorf("data: claim request: %w", err)
	}
	return db.OpenRequest(ctx, id)
}

const requestQuery = `SELECT r.id, r.device, r.state, r.reason, r.alarm, r.version, r.profile,
	EXISTS (SELECT 1 FROM help_logs l WHERE l.request = r.id AND l.device = r.device), r.since_ms, r.expires_ms, d.serial, d.type, d.region, d.name
	FROM requests r JOIN devices d ON d.id = r.device WHERE r.state <> 'ended' AND r.expires_ms > ? AND `

// OpenRequest gives a request that has neither ended nor expired, or ErrNotFound.
func (db *DB) OpenRequest(ctx context.Context, id string) (cloudapi.Request, error) {
	row := db.sql.QueryRowContext(ctx, requestQuery+"r.id = ?", db.nowMS(), id)
	r, err := db.scanRequest(row.Scan)
	if err != nil {
		return r, fmt.Errorf("data: request: %w", err)
	}
	return r, nil
}

// OpenRequests gives what technicians wait with, longest waiting first.
func (db *DB) OpenRequests(ctx context.Context) ([]cloudapi.Request, error) {
	rows, err := db.sql.QueryContext(ctx, requestQuery+"r.state <> 'announced' ORDER BY r.since_ms, r.id", db.nowMS())
	if err != nil {
		return nil, fmt.Errorf("data: requests: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.Request{}
	for rows.Next() {
		r, err := db.scanRequest(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("data: requests: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func (db *DB) scanRequest(scan func(...any) error) (cloudapi.Request, error) {
	var (
		r            cloudapi.Request
		reason, name []byte
	)
	err := scan(&r.ID, &r.Device, &r.State, &reason, &r.AlarmCode, &r.Version, &r.Profile, &r.HasLogs, &r.SinceMS, &r.ExpiresMS, &r.Serial, &r.Type, &r.Region, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, err
	}
	if r.Reason, err = db.seal.openText(reason, "requests", r.ID, "reason"); err != nil {
		return r, err
	}
	r.Technician, err = db.seal.openText(name, "devices", r.Device, "name")
	return r, err
}

// Notifications gives a device's notifications, newest first, the cloud's own
// words about the device before them.
func (db *DB) Notifications(ctx context.Context, device string, limit int) ([]cloudapi.DeviceAlarm, error) {
	list := []cloudapi.DeviceAlarm{}
	own, err := db.sql.QueryContext(ctx, `SELECT a.id, a.code, a.subject, a.title, a.count, a.at_ms, a.last_ms, CASE a.cleared WHEN 0 THEN 'raised' ELSE 'cleared' END, coalesce(f.body, '')
		FROM alarms a LEFT JOIN feed f ON f.device=a.device AND f.epoch='' AND f.id=a.id WHERE a.device=? ORDER BY a.last_ms DESC LIMIT ?`, device, limit)
	if err != nil {
		return nil, fmt.Errorf("data: notifications: %w", err)
	}
	defer own.Close()
	for own.Next() {
		n := cloudapi.DeviceAlarm{Notification: cloudapi.Notification{Severity: "high", Source: sourceOfCloud}}
		var listed string
		if err := own.Scan(&n.ID, &n.Code, &n.Subject, &n.Title, &n.Count, &n.RaisedMS, &n.LastMS, &n.State, &listed); err != nil {
			return nil, fmt.Errorf("data: notifications: %w", err)
		}
		if listed != "" {
			var said struct{ Values cloudapi.Values }
			if err := json.Unmarshal([]byte(listed), &said); err != nil {
				return nil, fmt.Errorf("data: notifications: %w", err)
			}
			n.Values = said.Values
		}
		list = append(list, n)
	}
	if err := own.Err(); err != nil {
		return nil, fmt.Errorf("data: notifications: %w", err)
	}
	rows, err := db.sql.QueryContext(ctx, "SELECT body FROM feed WHERE device=? AND epoch<>'' AND id>0 ORDER BY last_ms DESC, id DESC LIMIT ?", device, limit)
	if err != nil {
		return nil, fmt.Errorf("data: notifications: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("data: notifications: %w", err)
		}
		var n cloudapi.DeviceAlarm
		if err := json.Unmarshal([]byte(body), &n.Notification); err != nil {
			return nil, fmt.Errorf("data: notifications: %w", err)
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// LoggedEvent is one line of the session log.
type LoggedEvent struct {
	cloudapi.SessionEvent
	Device string
	TimeMS int64 // the device's clock
	AtMS   int64 // ours

	id int64
}

// SessionEvents gives the session log of one request, whoever wrote it, in the
// order it came.
func (db *DB) SessionEvents(ctx context.Context, request string) ([]LoggedEvent, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT id, device, time_ms, at_ms, body FROM session_events WHERE request=? ORDER BY id", request)
	if err != nil {
		return nil, fmt.Errorf("data: session events: %w", err)
	}
	defer rows.Close()
	var list []LoggedEvent
	for rows.Next() {
		e, _, err := db.scanEvent(rows)
		if err != nil {
			return nil, fmt.Errorf("data: session events: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

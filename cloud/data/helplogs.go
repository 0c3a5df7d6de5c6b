package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Help logs are kept until the request has been over for helpLogsFor, and at
// most maxHelpLogs of one device.
const (
	helpLogsFor = 30 * 24 * time.Hour
	maxHelpLogs = 20
)

// PutHelpLogs keeps the scrubbed text of a request, sealed. They belong to the
// device that sent them, and the first ones stay: they are what the technician
// looked at.
func (t *Tx) PutHelpLogs(l cloudapi.HelpLogs) error {
	if err := t.db.ownRequest(t.tx, l.Request, t.device); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	sealed, err := t.db.seal.sealText(l.Text, "help_logs", l.Request, "text")
	if err != nil {
		return err
	}
	// Only what somebody else sent under a name that was not theirs gives way.
	if _, err := t.tx.Exec(`INSERT INTO help_logs (request, device, sha256, lines, text, at_ms) VALUES (?,?,?,?,?,?)
		ON CONFLICT DO UPDATE SET device=excluded.device, sha256=excluded.sha256, lines=excluded.lines, text=excluded.text, at_ms=excluded.at_ms
		WHERE help_logs.device <> excluded.device AND EXISTS (SELECT 1 FROM requests r WHERE r.id = excluded.request AND r.device = excluded.device)`,
		l.Request, t.device, l.SHA256, l.Lines, sealed, t.db.nowMS()); err != nil {
		return err
	}
	_, err = t.tx.Exec("DELETE FROM help_logs WHERE device = ?1 AND request IN (SELECT request FROM help_logs WHERE device = ?1 ORDER BY at_ms DESC, request LIMIT -1 OFFSET ?2)",
		t.device, maxHelpLogs)
	if err != nil {
		return err
	}
	return t.db.putUpload(t.tx, uploadHelpLogs, l.Request, t.device)
}

// HelpLogs gives the logs that came with a request, and the device they are
// of. ErrNotFound when there are none, or the request is another device's; an
// *UploadError while no scanner has found them clean.
func (db *DB) HelpLogs(ctx context.Context, request string) (device DeviceRecord, l cloudapi.HelpLogs, err error) {
	var (
		id     string
		sealed []byte
	)
	l.Request = request
	err = db.sql.QueryRowContext(ctx, `SELECT l.device, l.sha256, l.lines, l.text FROM help_logs l WHERE l.request = ?1
		AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.id = l.request AND r.device <> l.device)`, request).Scan(&id, &l.SHA256, &l.Lines, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err == nil {
		device, err = db.Device(ctx, id)
	}
	if err == nil {
		err = db.uploadOpen(ctx, uploadHelpLogs, request, l.SHA256)
	}
	if err == nil {
		l.Text, err = db.seal.openText(sealed, "help_logs", request, "text")
	}
	var notOpen *UploadError
	if errors.As(err, &notOpen) {
		return device, cloudapi.HelpLogs{Request: request}, err
	}
	if err != nil {
		return DeviceRecord{}, cloudapi.HelpLogs{}, fmt.Errorf("data: help logs: %w", err)
	}
	return device, l, nil
}

// LogAccess keeps who looked at what of a device. It is called before anything
// is shown.
func (db *DB) LogAccess(ctx context.Context, who cloudapi.Staff, what, device, object string) error {
	identity, err := db.seal.sealJSON(who, "accesses", what+"|"+object, "identity")
	if err == nil {
		err = db.update(ctx, func(tx *sql.Tx) error {
			if _, err := tx.Exec("INSERT INTO accesses (what, device, object, identity, at_ms) VALUES (?,?,?,?,?)", what, device, object, identity, db.nowMS()); err != nil {
				return err
			}
			return db.noteOf(tx, accessEvent(who, what, device, object))
		})
	}
	if err != nil {
		return fmt.Errorf("data: log access: %w", err)
	}
	return nil
}

// Access is one look at something.
type Access struct {
	Who  cloudapi.Staff
	AtMS int64
}

// Accesses gives who looked at something, in the order they did.
func (db *DB) Accesses(ctx context.Context, what, object string) ([]Access, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT identity, at_ms FROM accesses WHERE what=? AND object=? ORDER BY id", what, object)
	if err != nil {
		return nil, fmt.Errorf("data: accesses: %w", err)
	}
	defer rows.Close()
	var list []Access
	for rows.Next() {
		var (
			a        Access
			identity []byte
		)
		if err := rows.Scan(&identity, &a.AtMS); err != nil {
			return nil, fmt.Errorf("data: accesses: %w", err)
		}
		if err := db.seal.openJSON(identity, &a.Who, "accesses", what+"|"+object, "identity"); err != nil {
			return nil, fmt.Errorf("data: accesses: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// Expire deletes what has been kept as long as the data table says. It is
// called every so often.
func (db *DB) Expire(ctx context.Context) error {
	now := db.now()
	err := db.update(ctx, func(tx *sql.Tx) error {
		// The last change of each device stays, however old: it says how it is.
		if _, err := tx.Exec(`DELETE FROM presence WHERE at_ms < ? AND EXISTS
			(SELECT 1 FROM presence n WHERE n.device = presence.device AND n.at_ms >= presence.at_ms AND n.id > presence.id)`,
			now.Add(-presenceFor).UnixMilli()); err != nil {
			return err
		}
		over := now.Add(-helpLogsFor).UnixMilli()
		if _, err := tx.Exec(`DELETE FROM help_logs WHERE CASE WHEN EXISTS (SELECT 1 FROM requests r WHERE r.id = request)
			THEN (SELECT expires_ms FROM requests r WHERE r.id = request) ELSE at_ms END < ?`, over); err != nil {
			return err
		}
		if err := dropUploads(tx); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM messages WHERE expires_ms < ?", now.Add(-presenceFor).UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: expire: %w", err)
	}
	return nil
}

package data

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// Kinds of uploads.
const uploadHelpLogs = "help-logs"

// UploadState is how an upload stands with the malware scanner.
type UploadState string

// States. Only a clean one can be opened.
const (
	UploadScanning    UploadState = "scanning"
	UploadClean       UploadState = "clean"
	UploadRefused     UploadState = "refused"     // something was found: nobody opens it any more
	UploadUnavailable UploadState = "unavailable" // nobody could look, or only with old signatures; tried again
)

// AlarmUpload is raised about a device that sent something the scanner refuses.
const AlarmUpload = "CLOUD-UPLOAD-REFUSED"

const (
	eventUploadRefused = "upload.refused"
	severityAlert      = 1
)

// UploadError says that an upload cannot be opened now.
type UploadError struct {
	State UploadState
	Why   string
}

func (e *UploadError) Error() string { return "data: upload: " + string(e.State) + ": " + e.Why }

// Upload is something that was sent and is to be scanned.
type Upload struct {
	Kind, Object, Device string
	SHA256               string
	Tries                int
}

// putUpload has what was sent scanned. What was scanned and is the same stays
// as it stands.
func (db *DB) putUpload(tx *sql.Tx, kind, object, device string) error {
	if _, err := tx.Exec(`INSERT INTO uploads (kind, object, device, sha256, state, at_ms)
		SELECT ?, request, device, sha256, 'scanning', at_ms FROM help_logs WHERE request = ?
		ON CONFLICT (kind, object) DO UPDATE SET device=excluded.device, sha256=excluded.sha256, state='scanning', why='', scanner='', tries=0,
			at_ms=excluded.at_ms, scanned_ms=0, next_ms=0
		WHERE uploads.sha256 <> excluded.sha256 OR uploads.device <> excluded.device`, kind, object); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM uploads WHERE device = ? AND kind = ? AND NOT EXISTS (SELECT 1 FROM help_logs l WHERE l.request = uploads.object)", device, kind)
	return err
}

func dropUploads(tx *sql.Tx) error {
	_, err := tx.Exec("DELETE FROM uploads WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM help_logs l WHERE l.request = uploads.object)", uploadHelpLogs)
	return err
}

// uploadOpen is nil for what was found clean, and is what was found clean.
func (db *DB) uploadOpen(ctx context.Context, kind, object, sum string) error {
	var (
		state   UploadState
		why, of string
	)
	err := db.sql.QueryRowContext(ctx, "SELECT state, why, sha256 FROM uploads WHERE kind = ? AND object = ?", kind, object).Scan(&state, &why, &of)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && of != sum:
		return &UploadError{State: UploadScanning}
	case err != nil:
		return err
	case state != UploadClean:
		return &UploadError{State: state, Why: why}
	}
	return nil
}

// DueUploads gives what is to be scanned now, at most limit.
func (db *DB) DueUploads(ctx context.Context, limit int) ([]Upload, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT kind, object, device, sha256, tries FROM uploads
		WHERE state IN ('scanning', 'unavailable') AND next_ms <= ? ORDER BY next_ms, object LIMIT ?`, db.nowMS(), limit)
	if err != nil {
		return nil, fmt.Errorf("data: uploads: %w", err)
	}
	defer rows.Close()
	var list []Upload
	for rows.Next() {
		var u Upload
		if err := rows.Scan(&u.Kind, &u.Object, &u.Device, &u.SHA256, &u.Tries); err != nil {
			return nil, fmt.Errorf("data: uploads: %w", err)
		}
		list = append(list, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: uploads: %w", err)
	}
	return list, nil
}

// UploadContent gives what is to be scanned, for the scanner alone. ErrNotFound
// when it is there no more.
func (db *DB) UploadContent(ctx context.Context, u Upload) ([]byte, error) {
	var sealed []byte
	err := db.sql.QueryRowContext(ctx, "SELECT text FROM help_logs WHERE request = ? AND device = ?", u.Object, u.Device).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("data: upload: %w", err)
	}
	text, err := db.seal.openText(sealed, "help_logs", u.Object, "text")
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256([]byte(text)); hex.EncodeToString(sum[:]) != u.SHA256 {
		return nil, fmt.Errorf("data: upload: %w (it is not what was sent)", ErrDamaged)
	}
	return []byte(text), nil
}

// DropUpload forgets an upload whose content is there no more.
func (db *DB) DropUpload(ctx context.Context, u Upload) error {
	_, err := db.one(ctx, "DELETE FROM uploads WHERE kind=? AND object=? AND device=? AND NOT EXISTS (SELECT 1 FROM help_logs l WHERE l.request = uploads.object AND l.device = uploads.device)",
		u.Kind, u.Object, u.Device)
	return err
}

// UploadVerdict is what came of a scan.
type UploadVerdict struct {
	State   UploadState
	Why     string // what was found, or why nobody could look
	Scanner string
	NextMS  int64 // when it is tried again, for UploadUnavailable
}

// SetUpload keeps what came of a scan. What is refused is on record, and the
// staff are told, in the same transaction. What was sent anew meanwhile is not
// touched.
func (db *DB) SetUpload(ctx context.Context, u Upload, v UploadVerdict) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec(`UPDATE uploads SET state=?, why=?, scanner=?, tries=tries+1, scanned_ms=?, next_ms=?
			WHERE kind=? AND object=? AND sha256=? AND state IN ('scanning', 'unavailable')`,
			string(v.State), v.Why, v.Scanner, db.nowMS(), v.NextMS, u.Kind, u.Object, u.SHA256)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 || v.State != UploadRefused {
			return err
		}
		if err := db.noteOf(tx, Event{Kind: eventUploadRefused, Severity: severityAlert, Device: u.Device, Request: u.Object, Personal: EventPersonal{
			Actor: deviceActor(u.Device), Fields: map[string]string{"what": u.Kind, "sha256": u.SHA256, "found": v.Why, "scanner": v.Scanner},
		}}); err != nil {
			return err
		}
		return db.raise(tx, u.Device, AlarmUpload, u.Object, "The malware scanner refused what this device sent", nil)
	})
	if err != nil {
		return fmt.Errorf("data: upload: %w", err)
	}
	return nil
}

package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// Kinds of a device's history.
const (
	HistorySite      = "site"  // moved
	HistoryGroup     = "group" // put into one, or taken out
	HistoryRegion    = "region"
	HistoryVersion   = "version"
	HistoryConfirmed = "confirmed"
	HistoryRetired   = "retired"
	HistoryMoved     = "moved" // to another deployment
	HistoryErased    = "erased"
	HistoryNote      = "note"
	HistoryKey       = "token-key"
)

// maxHistory in one answer.
const maxHistory = 200

// sealedHistory is the sealed part of a cloudapi.History.
type sealedHistory struct {
	By   string `json:"by,omitempty"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Text string `json:"text,omitempty"`
}

// noteHistory writes down what became of a device.
func (db *DB) noteHistory(tx *sql.Tx, device string, h cloudapi.History) error {
	body, err := db.seal.sealJSON(sealedHistory{h.By, h.From, h.To, h.Text}, "device_history", device, "body")
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO device_history (device, kind, body, at_ms) VALUES (?,?,?,?)", device, h.Kind, body, db.nowMS())
	return err
}

// maxVersions of one device's history are kept, so that a device that names
// another one each time does not fill the disk.
const maxVersions = 100

// noteVersion keeps since when a device is on a version.
func (db *DB) noteVersion(tx *sql.Tx, device, version, channel string) error {
	var was, on string
	err := tx.QueryRow("SELECT version, channel FROM devices WHERE id=?", device).Scan(&was, &on)
	if errors.Is(err, sql.ErrNoRows) || err == nil && was == version && on == channel {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE devices SET version=?, channel=?, version_ms=? WHERE id=?", version, channel, db.nowMS(), device); err != nil || was == version {
		return err
	}
	if err := db.noteHistory(tx, device, cloudapi.History{Kind: HistoryVersion, From: was, To: version}); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM device_history WHERE device=? AND kind=? AND id NOT IN
		(SELECT id FROM device_history WHERE device=? AND kind=? ORDER BY id DESC LIMIT ?)`, device, HistoryVersion, device, HistoryVersion, maxVersions)
	return err
}

// DeviceHistory gives what became of a device, newest first.
func (db *DB) DeviceHistory(ctx context.Context, device string) ([]cloudapi.History, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT kind, body, at_ms FROM device_history WHERE device = ? ORDER BY id DESC LIMIT ?", device, maxHistory)
	if err != nil {
		return nil, fmt.Errorf("data: device history: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.History{}
	for rows.Next() {
		var (
			h      cloudapi.History
			body   []byte
			sealed sealedHistory
		)
		if err := rows.Scan(&h.Kind, &body, &h.AtMS); err != nil {
			return nil, fmt.Errorf("data: device history: %w", err)
		}
		if err := db.seal.openJSON(body, &sealed, "device_history", device, "body"); err != nil {
			return nil, fmt.Errorf("data: device history: %w", err)
		}
		h.By, h.From, h.To, h.Text = sealed.By, sealed.From, sealed.To, sealed.Text
		list = append(list, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: device history: %w", err)
	}
	return list, nil
}

// AddNote writes a note about a device. It is not changed afterwards.
func (db *DB) AddNote(ctx context.Context, device, by, text string) error {
	return db.decide(ctx, "note", device, func(tx *sql.Tx) error {
		return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryNote, By: by, Text: text})
	})
}

// DeviceSessions gives a device's support sessions, newest first, without who
// took part.
func (db *DB) DeviceSessions(ctx context.Context, device string, limit int) ([]cloudapi.DeviceSession, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT request, min(at_ms), max(at_ms), count(*) FROM session_events
		WHERE device = ? GROUP BY request ORDER BY min(at_ms) DESC, request LIMIT ?`, device, limit)
	if err != nil {
		return nil, fmt.Errorf("data: device sessions: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.DeviceSession{}
	for rows.Next() {
		var s cloudapi.DeviceSession
		if err := rows.Scan(&s.Request, &s.FromMS, &s.ToMS, &s.Events); err != nil {
			return nil, fmt.Errorf("data: device sessions: %w", err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: device sessions: %w", err)
	}
	return list, nil
}

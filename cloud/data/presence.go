package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// flap: a device that comes or goes and is back as it was within this time
// left no mark in its history. A link that flaps for a day is not a hundred
// thousand rows.
const flap = 10 * time.Second

// presenceFor is how long the history goes back (P14, the data table).
const presenceFor = 400 * 24 * time.Hour

// SetOnline records that a device came to this node or left it (P13, P14). It
// reports whether that is news: a device that went over to another node is as
// online as before, and has not left when the first one notices.
func (db *DB) SetOnline(ctx context.Context, device string, online bool) (bool, error) {
	changed := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		changed = false
		now := db.nowMS()
		res, err := tx.Exec("UPDATE devices SET online=?1, since_ms=?2, node=?3 WHERE id=?4 AND online<>?1 AND (?1=1 OR node=?3)", online, now, db.node, device)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			if online {
				_, err = tx.Exec("UPDATE devices SET node=?1 WHERE id=?2 AND node<>?1", db.node, device)
			}
			return err
		}
		changed = true
		return note(tx, device, online, now)
	})
	if err != nil {
		return false, fmt.Errorf("data: presence: %w", err)
	}
	return changed, nil
}

// note writes a change down, or takes the one before back when both together
// were no more than a flap. The first change of all stays: before it nothing is
// known.
func note(tx *sql.Tx, device string, online bool, now int64) error {
	var id, at int64
	err := tx.QueryRow("SELECT id, at_ms FROM presence WHERE device=? ORDER BY at_ms DESC, id DESC LIMIT 1", device).Scan(&id, &at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var before int64
	if err == nil && now >= at && now-at < flap.Milliseconds() {
		err = tx.QueryRow("SELECT at_ms FROM presence WHERE device=? AND id<>? ORDER BY at_ms DESC, id DESC LIMIT 1", device, id).Scan(&before)
		if err == nil {
			if _, err = tx.Exec("DELETE FROM presence WHERE id=?", id); err == nil {
				_, err = tx.Exec("UPDATE devices SET since_ms=? WHERE id=?", before, device)
			}
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	_, err = tx.Exec("INSERT INTO presence (device, online, at_ms) VALUES (?,?,?)", device, online, now)
	return err
}

// AllOffline closes what this node left open when it was killed. It is called
// before any device can come in.
func (db *DB) AllOffline(ctx context.Context) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		return db.leave(tx, "node = ?", db.node)
	})
	if err != nil {
		return fmt.Errorf("data: presence: %w", err)
	}
	return nil
}

// leave marks online devices as gone for which where holds.
func (db *DB) leave(tx *sql.Tx, where string, args ...any) error {
	now := db.nowMS()
	if _, err := tx.Exec("INSERT INTO presence (device, online, at_ms) SELECT id, 0, ? FROM devices WHERE online = 1 AND "+where, append([]any{now}, args...)...); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE devices SET online = 0, since_ms = ? WHERE online = 1 AND "+where, append([]any{now}, args...)...)
	return err
}

// History gives a device's online history since a time, newest first, and the
// last change before it: what held when that time began.
func (db *DB) History(ctx context.Context, device string, since time.Time, limit int) ([]cloudapi.Presence, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT online, at_ms FROM presence WHERE device = ?1
		AND at_ms >= coalesce((SELECT max(at_ms) FROM presence WHERE device = ?1 AND at_ms < ?2), 0) ORDER BY at_ms DESC, id DESC LIMIT ?3`,
		device, since.UnixMilli(), limit)
	if err != nil {
		return nil, fmt.Errorf("data: history: %w", err)
	}
	defer rows.Close()
	list := []cloudapi.Presence{}
	for rows.Next() {
		var p cloudapi.Presence
		if err := rows.Scan(&p.Online, &p.AtMS); err != nil {
			return nil, fmt.Errorf("data: history: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

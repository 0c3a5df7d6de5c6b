package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// ErrRetired: the device's life here is over. It comes back by a new key only.
var ErrRetired = errors.New("this device's life here is over")

// MovedError is an ErrRevoked of a device that went to another deployment.
type MovedError struct{ To string }

func (e *MovedError) Error() string { return "this device registers at " + e.To + " now" }

// Is makes it an ErrRevoked.
func (e *MovedError) Is(target error) bool { return target == ErrRevoked }

// Kinds of IdentityRecord of a life that is over.
const (
	IdentityRetired = "retired"
	IdentityMoved   = "moved" // to another deployment
)

// Ending is the end of a device's life here.
type Ending struct {
	Device string
	To     string // the deployment it registers with from now on; "": none
	By     string
	Reason string
	Erase  time.Time // when its personal data goes
}

// Retire ends a device's life here: its identity counts no more, its requests
// end, and its personal data is planned to go. What the cloud has on record of
// it stays. A second time it does nothing.
func (db *DB) Retire(ctx context.Context, e Ending) error {
	return db.decide(ctx, "retire", e.Device, func(tx *sql.Tx) error {
		var retired int64
		if err := tx.QueryRow("SELECT retired_ms FROM devices WHERE id = ?", e.Device).Scan(&retired); err != nil || retired > 0 {
			return err
		}
		identity, kind := IdentityRetired, HistoryRetired
		if e.To != "" {
			identity, kind = IdentityMoved, HistoryMoved
		}
		if err := db.revoke(tx, IdentityRecord{Device: e.Device, Kind: identity, By: e.By, Reason: e.Reason}); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE devices SET retired_ms=?, moved_to=?, erase_ms=? WHERE id=?", db.nowMS(), e.To, e.Erase.UnixMilli(), e.Device); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE requests SET state='ended' WHERE device=? AND state<>'ended'", e.Device); err != nil {
			return err
		}
		if err := forgetAsks(tx, e.Device); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM device_group_members WHERE device=?", e.Device); err != nil {
			return err
		}
		return db.noteHistory(tx, e.Device, cloudapi.History{Kind: kind, By: e.By, To: e.To, Text: e.Reason})
	})
}

// OpenOf counts the requests for help of a device that are open.
func (db *DB) OpenOf(ctx context.Context, device string) (n int, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT count(*) FROM requests WHERE device=? AND state<>'ended' AND expires_ms>?", device, db.nowMS()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("data: open requests: %w", err)
	}
	return n, nil
}

// DueErasures gives retired devices whose personal data is to go now.
func (db *DB) DueErasures(ctx context.Context, limit int) ([]string, error) {
	list, err := strs(db.sql.QueryContext(ctx, "SELECT id FROM devices WHERE erase_ms > 0 AND erase_ms <= ? AND erased_ms = 0 ORDER BY erase_ms LIMIT ?", db.nowMS(), limit))
	if err != nil {
		return nil, fmt.Errorf("data: due erasures: %w", err)
	}
	return list, nil
}

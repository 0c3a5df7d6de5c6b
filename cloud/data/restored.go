package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What meta keeps.
const (
	metaRestored = "restored_ms"  // when a backup was restored
	metaBackupOf = "backup_of_ms" // as of when that backup was
)

// AlarmLost: what a device sent after a backup is missing in the restored
// database.
const AlarmLost = "CLOUD-RESTORED-GAP"

// Restored says when the database was restored and as of when; ok is false where
// it never was.
func (db *DB) Restored(ctx context.Context) (at, of time.Time, ok bool, err error) {
	a, o, err := restored(ctx, db.sql)
	if err != nil {
		return at, of, false, fmt.Errorf("data: restored: %w", named(err))
	}
	return time.UnixMilli(a), time.UnixMilli(o), a > 0, nil
}

func restored(ctx context.Context, from rows) (at, of int64, err error) {
	for name, to := range map[string]*int64{metaRestored: &at, metaBackupOf: &of} {
		err := from.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(to)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, 0, err
		}
	}
	return at, of, nil
}

// noteGap tells staff once that messages of a device are missing which it sent,
// and was told were kept, after the backup that this database comes from. They
// are in the device's own log; a device that keeps what it sent has said so
// before (Missing), and is asked for them.
func (db *DB) noteGap(tx *sql.Tx, device, epoch string, upto, seq int64) error {
	if seq <= upto+1 {
		return nil
	}
	at, of, err := restored(context.Background(), tx)
	if err != nil || at == 0 {
		return err
	}
	var used int64
	if err := tx.QueryRow("SELECT used_ms FROM inbox WHERE device=? AND epoch=?", device, epoch).Scan(&used); err != nil || used >= at {
		return err // it was heard since: messages out of order are nothing new
	}
	early, err := db.early(tx, device, epoch)
	if err != nil {
		return err
	}
	if upto = highest(upto, early); seq <= upto+1 {
		return nil
	}
	return db.raiseLost(tx, device, epoch, of, upto+1, seq-1)
}

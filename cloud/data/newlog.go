package data

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// newLog takes another log of a device up, for which its key spoke.
func (db *DB) newLog(tx *sql.Tx, device, verifier string) error {
	var old string
	if err := tx.QueryRow("SELECT log_verifier FROM devices WHERE id=?", device).Scan(&old); err != nil {
		return err
	}
	origin, name := logName(old), logName(verifier)
	var size int64
	err := tx.QueryRow("SELECT size FROM checkpoints WHERE device=? AND origin=? ORDER BY size DESC LIMIT 1", device, origin).Scan(&size)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := tx.Exec("UPDATE devices SET log_verifier=? WHERE id=?", verifier, device); err != nil {
		return err
	}
	if err := db.noteIdentity(tx, IdentityRecord{Device: device, Kind: IdentityLogBegan, Other: name, Reason: fmt.Sprintf("%s %d", origin, size)}); err != nil {
		return err
	}
	return db.raise(tx, device, AlarmNewLog, name, fmt.Sprintf("A new log of this device began; the old one ended at %d entries as far as they were witnessed", size),
		cloudapi.Values{"entries": strconv.FormatInt(size, 10)})
}

// logName is the name in a note verifier.
func logName(verifier string) string {
	name, _, _ := strings.Cut(verifier, "+")
	return name
}

package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Missing says which messages of a device are to be asked for again: those of
// what it keeps that were not taken in. A database that was restored lacks what
// came after the backup; staff is told, once a device, of what the device does
// not keep any more either. nil: nothing.
func (t *Tx) Missing(k cloudapi.Kept) ([]cloudapi.Range, error) {
	at, of, err := restored(context.Background(), t.tx)
	if err != nil {
		return nil, err
	}
	var upto, used int64
	err = t.tx.QueryRow("SELECT upto, used_ms FROM inbox WHERE device=? AND epoch=?", t.device, k.Epoch).Scan(&upto, &used)
	switch {
	case errors.Is(err, sql.ErrNoRows) && at == 0:
		return nil, nil // forgotten, not lost: what it sent is here
	case errors.Is(err, sql.ErrNoRows):
		used = -1
		err = t.db.newEpoch(t.tx, t.device, k.Epoch)
	}
	if err != nil {
		return nil, err
	}
	early, err := t.db.early(t.tx, t.device, k.Epoch)
	if err != nil {
		return nil, err
	}
	if used < at { // not heard since
		if from, to := highest(upto, early)+1, int64(k.Oldest)-1; from <= to {
			if err := t.db.raiseLost(t.tx, t.device, k.Epoch, of, from, to); err != nil {
				return nil, err
			}
		}
		if _, err := t.tx.Exec("UPDATE inbox SET used_ms=? WHERE device=? AND epoch=?", t.db.nowMS(), t.device, k.Epoch); err != nil {
			return nil, err
		}
	}
	list := missing(max(upto+1, int64(k.Oldest)), int64(k.Newest), early)
	// The last ones: what came after a backup is there, and numbers that are
	// missing for good, because a newer state took their place, are below.
	return list[max(0, len(list)-cloudapi.MaxAgain):], nil
}

// highest is the highest number that was taken in. What is missing below it was
// missing when it came, and so is no loss of a restore.
func highest(upto int64, early []int64) int64 {
	if len(early) == 0 {
		return upto
	}
	return max(upto, early[len(early)-1])
}

// missing gives the ranges within from and to that have none of the numbers in
// early, which ascend.
func missing(from, to int64, early []int64) (list []cloudapi.Range) {
	add := func(from, to int64) {
		if from <= to {
			list = append(list, cloudapi.Range{From: uint64(from), To: uint64(to)})
		}
	}
	for _, seq := range early {
		if seq > to {
			break
		}
		add(from, seq-1)
		from = max(from, seq+1)
	}
	add(from, to)
	return list
}

// early gives the numbers that arrived before others were taken in.
func (db *DB) early(tx *sql.Tx, device, epoch string) ([]int64, error) {
	rows, err := tx.Query("SELECT seq FROM inbox_early WHERE device=? AND epoch=? ORDER BY seq", device, epoch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var early []int64
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		early = append(early, seq)
	}
	return early, rows.Err()
}

// raiseLost tells staff that messages of a device are missing for good.
func (db *DB) raiseLost(tx *sql.Tx, device, epoch string, of, from, to int64) error {
	return db.raise(tx, device, AlarmLost, epoch, fmt.Sprintf("The cloud was restored as of %s: messages %d to %d of this device came later and are missing here; its own log has them",
		time.UnixMilli(of).UTC().Format("2006-01-02 15:04Z"), from, to),
		cloudapi.Values{"asOfMs": strconv.FormatInt(of, 10), "from": strconv.FormatInt(from, 10), "to": strconv.FormatInt(to, 10)})
}

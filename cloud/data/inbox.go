package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Bounds of the memory of what was taken in, per device. A device sends in
// order, so a few early messages are plenty; one that never fills a gap cannot
// make the table grow.
const (
	maxEarly  = 1024
	maxEpochs = 16
)

// Tx is one transaction of the intake: the effects of one message together
// with the memory that it was taken in (at least once, effect once).
type Tx struct {
	db     *DB
	tx     *sql.Tx
	device string
}

// Take runs effect once for (device, epoch, seq), however often the message
// arrives, and reports whether this was the time (scenarios 42, 43). Messages
// may arrive in any order. When effect fails nothing is kept.
func (db *DB) Take(ctx context.Context, device, epoch string, seq uint64, effect func(*Tx) error) (bool, error) {
	if seq == 0 || seq > 1<<62 || epoch == "" {
		return false, errors.New("data: take: a message without epoch or number")
	}
	fresh := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		var err error
		if fresh, err = db.mark(tx, device, epoch, int64(seq)); err != nil || !fresh {
			return err
		}
		return effect(&Tx{db: db, tx: tx, device: device})
	})
	if err != nil {
		return false, fmt.Errorf("data: take: %w", err)
	}
	return fresh, nil
}

// Do runs effect for a message that carries no number because only its latest
// counts.
func (db *DB) Do(ctx context.Context, device string, effect func(*Tx) error) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		return effect(&Tx{db: db, tx: tx, device: device})
	})
	if err != nil {
		return fmt.Errorf("data: take: %w", err)
	}
	return nil
}

// mark remembers seq and tells whether it is new.
func (db *DB) mark(tx *sql.Tx, device, epoch string, seq int64) (bool, error) {
	var upto int64
	err := tx.QueryRow("SELECT upto FROM inbox WHERE device=? AND epoch=?", device, epoch).Scan(&upto)
	if errors.Is(err, sql.ErrNoRows) {
		err = db.newEpoch(tx, device, epoch)
	}
	if err != nil {
		return false, err
	}
	if seq <= upto {
		return false, nil
	}
	if upto > 0 {
		if err := db.noteGap(tx, device, epoch, upto, seq); err != nil {
			return false, err
		}
	}
	res, err := tx.Exec("INSERT INTO inbox_early (device, epoch, seq) VALUES (?,?,?) ON CONFLICT (device, epoch, seq) DO NOTHING", device, epoch, seq)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, db.advance(tx, device, epoch, upto)
}

// advance moves "upto" over everything that follows without a gap, and over
// the gap itself when too much waits behind it.
func (db *DB) advance(tx *sql.Tx, device, epoch string, upto int64) error {
	early, err := db.early(tx, device, epoch)
	if err != nil {
		return err
	}
	if len(early) > maxEarly {
		upto = early[0] - 1
	}
	for _, seq := range early {
		if seq != upto+1 {
			break
		}
		upto = seq
	}
	if _, err := tx.Exec("DELETE FROM inbox_early WHERE device=? AND epoch=? AND seq<=?", device, epoch, upto); err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE inbox SET upto=?, used_ms=? WHERE device=? AND epoch=?", upto, db.nowMS(), device, epoch)
	return err
}

// newEpoch makes room for an epoch, at the expense of the longest unused one.
func (db *DB) newEpoch(tx *sql.Tx, device, epoch string) error {
	if _, err := tx.Exec("INSERT INTO inbox (device, epoch, upto, used_ms) VALUES (?,?,0,?)", device, epoch, db.nowMS()); err != nil {
		return err
	}
	const old = `SELECT epoch FROM inbox WHERE device = ?1 AND epoch <> ?2 ORDER BY used_ms DESC, epoch LIMIT 1000000 OFFSET ?3`
	if _, err := tx.Exec("DELETE FROM inbox_early WHERE device = ?1 AND epoch IN ("+old+")", device, epoch, maxEpochs-1); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM inbox WHERE device = ?1 AND epoch IN ("+old+")", device, epoch, maxEpochs-1)
	return err
}

package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"beckmanconnect/internal/logbinding"
)

// What becomes of an identity that no longer counts.
var (
	// ErrRevoked: the vendor took the identity back.
	ErrRevoked = errors.New("this device's identity was revoked")
	// ErrCopied: the identity was seen on two PCs; each needs a key of its own.
	ErrCopied = errors.New("this device's identity was copied")
)

// Kinds of IdentityRecord.
const (
	IdentityRegistered = "registered"
	IdentityUpdated    = "updated" // registered again with the same key
	IdentityCopied     = "copied"
	IdentityRevoked    = "revoked"
	IdentityRestored   = "restored"
	IdentityReplaced   = "replaced" // Other took its place
	IdentityLogBegan   = "log-began"
)

// Why the cloud itself took a device for copied: the Reason of IdentityCopied.
const (
	CopiedTwoPCs      = "two-pcs"      // it named two different PCs
	CopiedTwoServices = "two-services" // two services took the link from each other
)

// IdentityRecord is what happened to a device's identity. It is never changed.
type IdentityRecord struct {
	ID     int64  `json:"id"`
	Device string `json:"device"`
	Kind   string `json:"kind"`
	Other  string `json:"other,omitempty"`
	By     string `json:"by,omitempty"`     // who decided it; the device or the cloud itself where empty
	Reason string `json:"reason,omitempty"` // a person's words, a CopiedTwoPCs, or of IdentityLogBegan "NAME ENTRIES": the old log and how far it was witnessed
	AtMS   int64  `json:"atMs"`
}

// sealedIdentity is the sealed part of an IdentityRecord.
type sealedIdentity struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// noteIdentity puts something on record. The log of events comes first: its
// head is held until the transaction ends, so that numbers of this record are
// given in the order in which transactions are kept. A reader who asks for what
// is behind a number misses none.
func (db *DB) noteIdentity(tx *sql.Tx, r IdentityRecord) error {
	if err := db.noteOf(tx, identityEvent(r)); err != nil {
		return err
	}
	body, err := db.seal.sealJSON(sealedIdentity{r.By, r.Reason}, "identity_record", r.Device, "body")
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO identity_record (device, kind, other, body, at_ms) VALUES (?,?,?,?,?)", r.Device, r.Kind, r.Other, body, db.nowMS())
	return err
}

// IdentityRecords gives what happened to a device's identity, newest first.
func (db *DB) IdentityRecords(ctx context.Context, device string) ([]IdentityRecord, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT id, device, kind, other, body, at_ms FROM identity_record WHERE device = ? ORDER BY id DESC", device)
	if err != nil {
		return nil, fmt.Errorf("data: identity: %w", err)
	}
	defer rows.Close()
	var list []IdentityRecord
	for rows.Next() {
		var (
			r      IdentityRecord
			body   []byte
			sealed sealedIdentity
		)
		if err := rows.Scan(&r.ID, &r.Device, &r.Kind, &r.Other, &body, &r.AtMS); err != nil {
			return nil, fmt.Errorf("data: identity: %w", err)
		}
		if err := db.seal.openJSON(body, &sealed, "identity_record", r.Device, "body"); err != nil {
			return nil, fmt.Errorf("data: identity: %w", err)
		}
		r.By, r.Reason = sealed.By, sealed.Reason
		list = append(list, r)
	}
	return list, rows.Err()
}

// IdentityChange is a device whose identity has news on record.
type IdentityChange struct {
	Device   string
	Restored bool // it was accepted again
}

// IdentityChanged gives the devices whose identity has news after a record, and
// the newest record's number: a cloud that runs asks for what a tool beside it
// wrote.
func (db *DB) IdentityChanged(ctx context.Context, after int64) (changes []IdentityChange, last int64, err error) {
	// One look: what is kept between two would be counted and not told.
	rows, err := db.sql.QueryContext(ctx, "SELECT id, device, kind FROM identity_record WHERE id > ? ORDER BY id", after)
	if err != nil {
		return nil, after, fmt.Errorf("data: identity: %w", err)
	}
	defer rows.Close()
	last = after
	for rows.Next() {
		var device, kind string
		if err := rows.Scan(&last, &device, &kind); err != nil {
			return nil, after, fmt.Errorf("data: identity: %w", err)
		}
		i := slices.IndexFunc(changes, func(c IdentityChange) bool { return c.Device == device })
		if i < 0 {
			i, changes = len(changes), append(changes, IdentityChange{Device: device})
		}
		changes[i].Restored = changes[i].Restored || kind == IdentityRestored
	}
	if err := rows.Err(); err != nil {
		return nil, after, fmt.Errorf("data: identity: %w", err)
	}
	return changes, last, nil
}

// IdentityLast is the newest record's number.
func (db *DB) IdentityLast(ctx context.Context) (last int64, err error) {
	if err := db.sql.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM identity_record").Scan(&last); err != nil {
		return 0, fmt.Errorf("data: identity: %w", err)
	}
	return last, nil
}

// Standing says whether a device may come in: nil, ErrNotFound, ErrRevoked (a
// MovedError where it registers elsewhere now) or ErrCopied; any other error is
// a fault, and it may not come in either.
func (db *DB) Standing(ctx context.Context, device string) error {
	var copied, revoked int64
	var movedTo string
	err := db.sql.QueryRowContext(ctx, "SELECT copied_ms, revoked_ms, moved_to FROM devices WHERE id = ?", device).Scan(&copied, &revoked, &movedTo)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("data: standing: %w", err)
	}
	return standing(copied, revoked, movedTo)
}

func standing(copied, revoked int64, movedTo string) error {
	switch {
	case revoked > 0 && movedTo != "":
		return &MovedError{movedTo}
	case revoked > 0:
		return ErrRevoked
	case copied > 0:
		return ErrCopied
	}
	return nil
}

// MarkCopied keeps that a device was seen on two PCs, and tells staff, once.
func (db *DB) MarkCopied(ctx context.Context, device, how string) (news bool, err error) {
	err = db.update(ctx, func(tx *sql.Tx) (err error) {
		news, err = db.markCopied(tx, device, how)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("data: copied: %w", err)
	}
	return news, nil
}

func (db *DB) markCopied(tx *sql.Tx, device, how string) (bool, error) {
	res, err := tx.Exec("UPDATE devices SET copied_ms=? WHERE id=? AND copied_ms=0", db.nowMS(), device)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	if err := db.noteIdentity(tx, IdentityRecord{Device: device, Kind: IdentityCopied, Reason: how}); err != nil {
		return false, err
	}
	return true, db.raise(tx, device, AlarmCopied, "identity", "This device's identity is on two PCs; each has to be registered with a key of its own", nil)
}

// SeenOn keeps on which PC a device says it is. Another one than before is a
// copy; copied is true where that is news.
func (db *DB) SeenOn(ctx context.Context, device, machine string) (copied bool, err error) {
	if machine == "" {
		return false, nil
	}
	var known string
	err = db.sql.QueryRowContext(ctx, "SELECT machine FROM devices WHERE id = ?", device).Scan(&known)
	if err == nil && known == machine {
		return false, nil
	}
	if err == nil {
		err = db.update(ctx, func(tx *sql.Tx) (err error) {
			copied, err = db.pinMachine(tx, device, machine)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("data: seen on: %w", err)
	}
	return copied, nil
}

// pinMachine keeps the first machine; another one marks the device copied.
func (db *DB) pinMachine(tx *sql.Tx, device, machine string) (copied bool, err error) {
	var known string
	if err := tx.QueryRow("SELECT machine FROM devices WHERE id=?", device).Scan(&known); err != nil {
		return false, err
	}
	switch known {
	case machine:
		return false, nil
	case "":
		_, err := tx.Exec("UPDATE devices SET machine=? WHERE id=?", machine, device)
		return false, err
	}
	return db.markCopied(tx, device, CopiedTwoPCs)
}

// Revoke takes a device's identity back.
func (db *DB) Revoke(ctx context.Context, device, by, reason string) error {
	return db.decide(ctx, "revoke", device, func(tx *sql.Tx) error {
		return db.revoke(tx, IdentityRecord{Device: device, Kind: IdentityRevoked, By: by, Reason: reason})
	})
}

func (db *DB) revoke(tx *sql.Tx, r IdentityRecord) error {
	if _, err := tx.Exec("UPDATE devices SET revoked_ms=?, replaced_by=? WHERE id=?", db.nowMS(), r.Other, r.Device); err != nil {
		return err
	}
	return db.noteIdentity(tx, r)
}

// RestoreDevice accepts a device's identity again that was revoked or marked as
// copied.
func (db *DB) RestoreDevice(ctx context.Context, device, by, reason string) error {
	return db.decide(ctx, "restore", device, func(tx *sql.Tx) error {
		var retired int64
		if err := tx.QueryRow("SELECT retired_ms FROM devices WHERE id=?", device).Scan(&retired); err != nil {
			return err
		}
		if retired > 0 {
			return ErrRetired
		}
		// Which PC it is on is learnt anew.
		if _, err := tx.Exec("UPDATE devices SET revoked_ms=0, copied_ms=0, replaced_by='', machine='' WHERE id=?", device); err != nil {
			return err
		}
		if err := db.clear(tx, device, AlarmCopied, "identity"); err != nil {
			return err
		}
		return db.noteIdentity(tx, IdentityRecord{Device: device, Kind: IdentityRestored, By: by, Reason: reason})
	})
}

// Replace confirms that a new device took an old one's place: a replaced disk,
// a PC installed anew. The old identity counts no more.
func (db *DB) Replace(ctx context.Context, old, with, by, reason string) error {
	if old == with {
		return fmt.Errorf("data: replace: a device cannot take its own place")
	}
	return db.decide(ctx, "replace", old, func(tx *sql.Tx) error {
		if err := exists(tx, with); err != nil {
			return fmt.Errorf("%s: %w", with, err)
		}
		for _, pair := range [][2]string{{with, old}, {old, with}} { // whichever of the two came second carries the alarm
			if err := db.clear(tx, pair[0], AlarmSerialTwice, pair[1]); err != nil {
				return err
			}
		}
		return db.revoke(tx, IdentityRecord{Device: old, Kind: IdentityReplaced, Other: with, By: by, Reason: reason})
	})
}

// decide runs a decision about a device that exists.
func (db *DB) decide(ctx context.Context, op, device string, do func(*sql.Tx) error) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		if err := exists(tx, device); err != nil {
			return fmt.Errorf("%s: %w", device, err)
		}
		return do(tx)
	})
	if err != nil {
		return fmt.Errorf("data: %s: %w", op, err)
	}
	return nil
}

func exists(tx *sql.Tx, device string) error {
	var one int
	err := tx.QueryRow("SELECT 1 FROM devices WHERE id=?", device).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// BindVerifier gives the verifier of the device's log. The first one stays,
// unless the device's own key speaks for another: then a new log began, which
// staff is told, and where the old one ended.
func (t *Tx) BindVerifier(verifier, binding string) (string, error) {
	pinned, err := t.PinVerifier(verifier)
	if err != nil || binding == "" || verifier == "" || pinned == verifier {
		return pinned, err
	}
	var spki []byte
	if err := t.tx.QueryRow("SELECT public_key FROM devices WHERE id=?", t.device).Scan(&spki); err != nil {
		return "", err
	}
	if logbinding.Check(spki, t.device, verifier, binding) != nil {
		return pinned, nil
	}
	return verifier, t.db.newLog(t.tx, t.device, verifier)
}

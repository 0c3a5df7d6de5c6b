package data

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// ErrTooOften: this address was written to often enough for a day.
var ErrTooOften = errors.New("this address was written to often enough")

// asksADay is how many mails one address gets in a day, whoever registers what
// with it.
const asksADay = 3

// Ask is a registration whose address is to be asked.
type Ask struct {
	Device, Type, Serial, Region string
	Name, Email                  string
}

// sameAddress: what stands before the @ may count by case and in fact never does.
func sameAddress(a, b string) bool { return strings.EqualFold(a, b) }

func (db *DB) whoOf(email string) []byte { return db.index.of(strings.ToLower(email)) }

// noteAddress begins the confirmation anew when who answers for a known device
// changed, and takes the device out of its region when that did.
func (db *DB) noteAddress(tx *sql.Tx, r Registration) error {
	var (
		sealed []byte
		region string
	)
	if err := tx.QueryRow("SELECT email, region FROM devices WHERE id = ?", r.Device).Scan(&sealed, &region); err != nil {
		return err
	}
	email, err := db.seal.openText(sealed, "devices", r.Device, "email")
	if err != nil {
		return err
	}
	if !sameAddress(email, r.Email) {
		if err := forgetAsks(tx, r.Device); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE devices SET confirmed_ms = 0, asked_ms = 0 WHERE id = ?", r.Device); err != nil {
			return err
		}
	}
	if region != r.Region {
		return db.leaveRegion(tx, r.Device, region, r.Region)
	}
	return nil
}

// forgetAsks makes the links that are on their way good for nothing. They stay
// for the count of a day.
func forgetAsks(tx *sql.Tx, device string) error {
	_, err := tx.Exec("UPDATE confirmations SET expires_ms = 0 WHERE device = ? AND used_ms = 0", device)
	return err
}

// Unasked gives registrations whose address is to be asked, oldest first.
func (db *DB) Unasked(ctx context.Context, limit int) ([]Ask, error) {
	rows, err := db.sql.QueryContext(ctx, `SELECT id, type, serial, region, name, email FROM devices
		WHERE asked_ms = 0 AND confirmed_ms = 0 AND revoked_ms = 0 AND erased_ms = 0 ORDER BY updated_ms, id LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("data: unasked: %w", err)
	}
	defer rows.Close()
	var list []Ask
	for rows.Next() {
		var (
			a           Ask
			name, email []byte
		)
		if err := rows.Scan(&a.Device, &a.Type, &a.Serial, &a.Region, &name, &email); err != nil {
			return nil, fmt.Errorf("data: unasked: %w", err)
		}
		if a.Name, err = db.seal.openText(name, "devices", a.Device, "name"); err != nil {
			return nil, err
		}
		if a.Email, err = db.seal.openText(email, "devices", a.Device, "email"); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: unasked: %w", err)
	}
	return list, nil
}

// Asked keeps that a mail with this link goes out; a link before it counts no
// more. ErrTooOften when the address was written to often enough for today.
func (db *DB) Asked(ctx context.Context, a Ask, link string, expires time.Time) error {
	hash, who := sha256.Sum256([]byte(link)), db.whoOf(a.Email)
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.nowMS()
		day := now - (24 * time.Hour).Milliseconds()
		if _, err := tx.Exec("DELETE FROM confirmations WHERE expires_ms < ? AND sent_ms < ?", now, day); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM confirmations WHERE who = ? AND sent_ms > ?", who, day).Scan(&n); err != nil {
			return err
		}
		if n >= asksADay {
			return ErrTooOften
		}
		if err := forgetAsks(tx, a.Device); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO confirmations (hash, device, who, sent_ms, expires_ms) VALUES (?,?,?,?,?)",
			hash[:], a.Device, who, now, expires.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE devices SET asked_ms = ? WHERE id = ?", now, a.Device)
		return err
	})
	if err != nil {
		return fmt.Errorf("data: asked: %w", err)
	}
	return nil
}

// Unsent takes back that a mail goes out: it did not.
func (db *DB) Unsent(ctx context.Context, device, link string) error {
	hash := sha256.Sum256([]byte(link))
	err := db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM confirmations WHERE hash = ?", hash[:]); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE devices SET asked_ms = 0 WHERE id = ? AND confirmed_ms = 0", device)
		return err
	})
	if err != nil {
		return fmt.Errorf("data: unsent: %w", err)
	}
	return nil
}

// AskAgain has the address of a device asked once more.
func (db *DB) AskAgain(ctx context.Context, device string) error {
	return db.decide(ctx, "ask again", device, func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE devices SET asked_ms = 0 WHERE id = ? AND confirmed_ms = 0", device)
		return err
	})
}

// ToConfirm is what a link would confirm.
type ToConfirm struct{ Device, Type, Serial, Region string }

const confirmQuery = `SELECT d.id, d.type, d.serial, d.region FROM confirmations c JOIN devices d ON d.id = c.device
	WHERE c.hash = ? AND c.used_ms = 0 AND c.expires_ms > ? AND d.revoked_ms = 0`

// Confirmation says what a link would confirm. ErrNotFound for one that is
// used, over, or none.
func (db *DB) Confirmation(ctx context.Context, link string) (c ToConfirm, err error) {
	hash := sha256.Sum256([]byte(link))
	err = db.sql.QueryRowContext(ctx, confirmQuery, hash[:], db.nowMS()).Scan(&c.Device, &c.Type, &c.Serial, &c.Region)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("data: confirmation: %w", err)
	}
	return c, nil
}

// Confirm follows a link, once: who registered the device answers for it.
func (db *DB) Confirm(ctx context.Context, link string) (ToConfirm, error) {
	hash := sha256.Sum256([]byte(link))
	var found ToConfirm
	err := db.update(ctx, func(tx *sql.Tx) error {
		var c ToConfirm
		now := db.nowMS()
		err := tx.QueryRow(confirmQuery, hash[:], now).Scan(&c.Device, &c.Type, &c.Serial, &c.Region)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE confirmations SET used_ms = ? WHERE hash = ?", now, hash[:]); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE devices SET confirmed_ms = ? WHERE id = ?", now, c.Device); err != nil {
			return err
		}
		found = c
		return db.noteHistory(tx, c.Device, cloudapi.History{Kind: HistoryConfirmed})
	})
	if err != nil {
		return ToConfirm{}, fmt.Errorf("data: confirm: %w", err)
	}
	return found, nil
}

// Confirmed tells whether who registered a device followed the link.
func (db *DB) Confirmed(ctx context.Context, device string) (bool, error) {
	var at int64
	err := db.sql.QueryRowContext(ctx, "SELECT confirmed_ms FROM devices WHERE id = ?", device).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return false, fmt.Errorf("data: confirmed: %w", err)
	}
	return at > 0, nil
}

package data

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// PutStaffSession keeps a session under the hash of its token: who reads the
// database cannot act with what it finds (scenario 45).
func (db *DB) PutStaffSession(ctx context.Context, token string, who cloudapi.Staff, expires time.Time) error {
	hash := sha256.Sum256([]byte(token))
	identity, err := db.seal.sealJSON(who, "staff_sessions", hex.EncodeToString(hash[:]), "identity")
	if err != nil {
		return fmt.Errorf("data: staff session: %w", err)
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM staff_sessions WHERE expires_ms <= ?", db.nowMS()); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO staff_sessions (hash, identity, expires_ms) VALUES (?,?,?)", hash[:], identity, expires.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: staff session: %w", err)
	}
	return nil
}

// StaffSession gives who holds a token, or ErrNotFound.
func (db *DB) StaffSession(ctx context.Context, token string) (cloudapi.Staff, error) {
	var (
		who      cloudapi.Staff
		identity []byte
	)
	hash := sha256.Sum256([]byte(token))
	err := db.sql.QueryRowContext(ctx, "SELECT identity FROM staff_sessions WHERE hash=? AND expires_ms>?", hash[:], db.nowMS()).Scan(&identity)
	if errors.Is(err, sql.ErrNoRows) {
		return who, ErrNotFound
	}
	if err == nil {
		err = db.seal.openJSON(identity, &who, "staff_sessions", hex.EncodeToString(hash[:]), "identity")
	}
	if err != nil {
		return cloudapi.Staff{}, fmt.Errorf("data: staff session: %w", err)
	}
	return who, nil
}

// EndStaffSession forgets a token.
func (db *DB) EndStaffSession(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	if _, err := db.sql.ExecContext(ctx, "DELETE FROM staff_sessions WHERE hash=?", hash[:]); err != nil {
		return fmt.Errorf("data: staff session: %w", err)
	}
	return nil
}

// UseOnce remembers an ID token until it expires and reports whether this was
// its first use: a token is traded for a session once.
func (db *DB) UseOnce(ctx context.Context, token string, expires time.Time) (bool, error) {
	hash := sha256.Sum256([]byte(token))
	first := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM used_tokens WHERE expires_ms <= ?", db.nowMS()); err != nil {
			return err
		}
		res, err := tx.Exec("INSERT OR IGNORE INTO used_tokens (hash, expires_ms) VALUES (?,?)", hash[:], expires.UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("data: used token: %w", err)
	}
	return first, nil
}

// Issued is one engineer's certificate as it is kept for audit.
type Issued struct {
	Serial   string // hex
	Device   string
	Request  string
	Who      cloudapi.Staff
	NotAfter time.Time
}

// LogCertificate keeps who was given a certificate for whose request (P24).
// It is called before the certificate leaves.
func (db *DB) LogCertificate(ctx context.Context, c Issued) error {
	identity, err := db.seal.sealJSON(c.Who, "certificates", c.Serial, "identity")
	if err == nil {
		err = db.update(ctx, func(tx *sql.Tx) error {
			if _, err := tx.Exec("INSERT INTO certificates (serial, device, request, identity, who, at_ms, not_after_ms) VALUES (?,?,?,?,?,?,?)",
				c.Serial, c.Device, c.Request, identity, db.index.of(c.Who.Account), db.nowMS(), c.NotAfter.UnixMilli()); err != nil {
				return err
			}
			return db.noteOf(tx, certificateEvent(c))
		})
	}
	if err != nil {
		return fmt.Errorf("data: log certificate: %w", err)
	}
	return nil
}

// Certificates gives the certificates issued for a request, oldest first.
func (db *DB) Certificates(ctx context.Context, request string) ([]Issued, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT serial, device, request, identity, not_after_ms FROM certificates WHERE request=? ORDER BY at_ms, serial", request)
	if err != nil {
		return nil, fmt.Errorf("data: certificates: %w", err)
	}
	defer rows.Close()
	var list []Issued
	for rows.Next() {
		var (
			c        Issued
			identity []byte
			notAfter int64
		)
		if err := rows.Scan(&c.Serial, &c.Device, &c.Request, &identity, &notAfter); err != nil {
			return nil, fmt.Errorf("data: certificates: %w", err)
		}
		if err := db.seal.openJSON(identity, &c.Who, "certificates", c.Serial, "identity"); err != nil {
			return nil, fmt.Errorf("data: certificates: %w", err)
		}
		c.NotAfter = time.UnixMilli(notAfter)
		list = append(list, c)
	}
	return list, rows.Err()
}

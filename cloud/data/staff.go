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
		_, err := tx.Exec("INSERT INTO staff_sessions (hash, identity, expires_ms, who, begun_ms, used_ms) VALUES (?,?,?,?,?,?)",
			hash[:], identity, expires.UnixMilli(), db.index.of(who.Account), db.nowMS(), db.nowMS())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: staff session: %w", err)
	}
	return nil
}

// StaffLogin is a session of somebody, with the cloud's own word on them.
type StaffLogin struct {
	Staff  cloudapi.Staff // as the SSO said at sign-in
	Hash   []byte         // names the session
	UsedMS int64          // when a person last did something in it
	Person *StaffPerson   // nil: the cloud says nothing
}

// StaffSession gives who holds a token, or ErrNotFound.
func (db *DB) StaffSession(ctx context.Context, token string) (StaffLogin, error) {
	hash := sha256.Sum256([]byte(token))
	return db.StaffSessionByHash(ctx, hash[:])
}

// StaffSessionByHash gives a session by the hash of its token, or ErrNotFound.
func (db *DB) StaffSessionByHash(ctx context.Context, hash []byte) (StaffLogin, error) {
	var (
		l                StaffLogin
		who              []byte
		identity, person []byte
	)
	err := db.sql.QueryRowContext(ctx, `SELECT s.identity, s.used_ms, s.who, p.person FROM staff_sessions s
		LEFT JOIN staff_people p ON p.who = s.who WHERE s.hash=? AND s.expires_ms>?`, hash, db.nowMS()).Scan(&identity, &l.UsedMS, &who, &person)
	if errors.Is(err, sql.ErrNoRows) {
		return l, ErrNotFound
	}
	l.Hash = hash
	if err == nil {
		err = db.seal.openJSON(identity, &l.Staff, "staff_sessions", hex.EncodeToString(hash), "identity")
	}
	if err == nil && len(person) > 0 {
		l.Person, err = db.openPerson(who, person)
	}
	if err != nil {
		return StaffLogin{}, fmt.Errorf("data: staff session: %w", err)
	}
	return l, nil
}

// maxSignedIn bounds how many sessions are listed, the newest ones.
const maxSignedIn = 2000

// StaffSignedIn gives the sessions that run, the last used first.
func (db *DB) StaffSignedIn(ctx context.Context) ([]StaffLogin, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT hash, identity, used_ms FROM staff_sessions WHERE expires_ms>? ORDER BY used_ms DESC, hash LIMIT ?", db.nowMS(), maxSignedIn)
	if err != nil {
		return nil, fmt.Errorf("data: staff sessions: %w", err)
	}
	defer rows.Close()
	list := []StaffLogin{}
	for rows.Next() {
		var (
			l        StaffLogin
			identity []byte
		)
		if err := rows.Scan(&l.Hash, &identity, &l.UsedMS); err != nil {
			return nil, fmt.Errorf("data: staff sessions: %w", err)
		}
		if err := db.seal.openJSON(identity, &l.Staff, "staff_sessions", hex.EncodeToString(l.Hash), "identity"); err != nil {
			return nil, fmt.Errorf("data: staff sessions: %w", err)
		}
		list = append(list, l)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: staff sessions: %w", err)
	}
	return list, nil
}

// TouchStaffSession remembers that a person did something in a session.
func (db *DB) TouchStaffSession(ctx context.Context, hash []byte) error {
	if _, err := db.one(ctx, "UPDATE staff_sessions SET used_ms=? WHERE hash=?", db.nowMS(), hash); err != nil {
		return fmt.Errorf("data: staff session: %w", err)
	}
	return nil
}

// EndStaffSessions ends every session of an account and says how many there
// were. What waits for a mail ends too.
func (db *DB) EndStaffSessions(ctx context.Context, account string) (int64, error) {
	ended := int64(0)
	err := db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM staff_waiting WHERE who=?", db.index.of(account)); err != nil {
			return err
		}
		res, err := tx.Exec("DELETE FROM staff_sessions WHERE who=?", db.index.of(account))
		if err != nil {
			return err
		}
		ended, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("data: staff sessions: %w", err)
	}
	return ended, nil
}

// EndStaffSession forgets a token.
func (db *DB) EndStaffSession(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	if _, err := db.one(ctx, "DELETE FROM staff_sessions WHERE hash=?", hash[:]); err != nil {
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
		res, err := tx.Exec("INSERT INTO used_tokens (hash, expires_ms) VALUES (?,?) ON CONFLICT (hash) DO NOTHING", hash[:], expires.UnixMilli())
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

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

// placeLife is how long a place is remembered that nobody signs in from.
const placeLife = 90 * 24 * time.Hour

func (db *DB) placeOf(account, place string) []byte {
	return db.index.of("place|" + account + "|" + place)
}

// KnownPlace tells whether an account has signed in from a place lately, and
// remembers that it does so again.
func (db *DB) KnownPlace(ctx context.Context, account, place string) (bool, error) {
	known, err := db.one(ctx, "UPDATE staff_places SET used_ms=? WHERE place=? AND used_ms>?",
		db.nowMS(), db.placeOf(account, place), db.now().Add(-placeLife).UnixMilli())
	if err != nil {
		return false, fmt.Errorf("data: place: %w", err)
	}
	return known, nil
}

// SignInWaiting is a sign-in from a new place.
type SignInWaiting struct {
	Staff cloudapi.Staff
	Place string
}

// PutSignInWaiting keeps a sign-in until the link with token is opened by who
// shows browser. One account has one at a time.
func (db *DB) PutSignInWaiting(ctx context.Context, token, browser string, w SignInWaiting, expires time.Time) error {
	hash, shown := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(browser))
	identity, err := db.seal.sealJSON(w, "staff_waiting", hex.EncodeToString(hash[:]), "identity")
	if err != nil {
		return fmt.Errorf("data: waiting sign-in: %w", err)
	}
	who := db.index.of(w.Staff.Account)
	err = db.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM staff_waiting WHERE expires_ms<=? OR who=?", db.nowMS(), who); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO staff_waiting (hash, browser, who, place, identity, expires_ms) VALUES (?,?,?,?,?,?)",
			hash[:], shown[:], who, db.placeOf(w.Staff.Account, w.Place), identity, expires.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: waiting sign-in: %w", err)
	}
	return nil
}

// TakeSignInWaiting gives a waiting sign-in, once, to who has both the link's
// token and what the browser was given, and remembers its place. Otherwise it
// is ErrNotFound, and it waits on.
func (db *DB) TakeSignInWaiting(ctx context.Context, token, browser string) (SignInWaiting, error) {
	hash, shown := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(browser))
	var w SignInWaiting
	err := db.update(ctx, func(tx *sql.Tx) error {
		w = SignInWaiting{}
		var who, at, identity []byte
		err := tx.QueryRow("DELETE FROM staff_waiting WHERE hash=? AND browser=? AND expires_ms>? RETURNING who, place, identity", hash[:], shown[:], db.nowMS()).Scan(&who, &at, &identity)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := db.seal.openJSON(identity, &w, "staff_waiting", hex.EncodeToString(hash[:]), "identity"); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM staff_places WHERE used_ms<=?", db.now().Add(-placeLife).UnixMilli()); err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO staff_places (place, who, used_ms) VALUES (?,?,?) ON CONFLICT (place) DO UPDATE SET used_ms=excluded.used_ms", at, who, db.nowMS())
		return err
	})
	if err != nil {
		return SignInWaiting{}, fmt.Errorf("data: waiting sign-in: %w", err)
	}
	return w, nil
}

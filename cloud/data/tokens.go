package data

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// Secret gives the cloud's secret of a name, 32 random bytes, which are made
// when it is asked for first.
func (db *DB) Secret(ctx context.Context, name string) ([]byte, error) {
	var sealed []byte
	err := db.sql.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name=?", name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		err = db.makeSecret(ctx, name)
		if err == nil {
			err = db.sql.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name=?", name).Scan(&sealed)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("data: secret: %w", err)
	}
	text, err := db.seal.openText(sealed, "secrets", name, "value")
	return []byte(text), err
}

func (db *DB) makeSecret(ctx context.Context, name string) error {
	value := make([]byte, 32)
	if _, err := rand.Read(value); err != nil {
		return err
	}
	sealed, err := db.seal.sealText(string(value), "secrets", name, "value")
	if err != nil {
		return err
	}
	return db.update(ctx, func(tx *sql.Tx) error { // another node may have been quicker
		_, err := tx.Exec("INSERT INTO secrets (name, value) VALUES (?,?) ON CONFLICT (name) DO NOTHING", name, sealed)
		return err
	})
}

// TokenKey gives the number of the key that a device's tokens are made with,
// and since when.
func (db *DB) TokenKey(ctx context.Context, device string) (number, sinceMS int64, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT sas_number, sas_ms FROM devices WHERE id=?", device).Scan(&number, &sinceMS)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return 0, 0, fmt.Errorf("data: token key: %w", err)
	}
	return number, sinceMS, nil
}

// RotateTokenKey has a device's tokens made with another key.
func (db *DB) RotateTokenKey(ctx context.Context, device, by string) error {
	return db.decide(ctx, "rotate", device, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE devices SET sas_number=sas_number+1, sas_ms=? WHERE id=?", db.nowMS(), device); err != nil {
			return err
		}
		return db.noteHistory(tx, device, cloudapi.History{Kind: HistoryKey, By: by})
	})
}

package store

import (
	"context"
	"database/sql"
	"errors"
)

// Setting gives a setting and whether it is there. Values are sealed, keys are
// plain.
func (tx *Tx) Setting(key string) (string, bool, error) {
	var sealed []byte
	ok, err := tx.row([]any{&sealed}, "SELECT sealed FROM settings WHERE key = ?", key)
	if err != nil || !ok {
		return "", false, err
	}
	value, err := tx.s.seal.open("settings", key, "sealed", sealed)
	return string(value), err == nil, tx.fail(err)
}

// SetSetting writes a setting.
func (tx *Tx) SetSetting(key, value string) error {
	sealed, err := tx.s.seal.seal("settings", key, "sealed", []byte(value))
	if err != nil {
		return tx.fail(err)
	}
	return tx.exec("INSERT OR REPLACE INTO settings (key, sealed) VALUES (?, ?)", key, sealed)
}

// DeleteSetting takes a setting away.
func (tx *Tx) DeleteSetting(key string) error {
	return tx.exec("DELETE FROM settings WHERE key = ?", key)
}

// Setting reads a committed setting outside a transaction.
func (s *Store) Setting(ctx context.Context, key string) (string, bool, error) {
	var sealed []byte
	err := s.read.QueryRowContext(ctx, "SELECT sealed FROM settings WHERE key = ?", key).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, wrap("setting", err)
	}
	value, err := s.seal.open("settings", key, "sealed", sealed)
	return string(value), err == nil, err
}

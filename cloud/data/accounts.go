package data

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// accountIndex finds sealed rows by account: a keyed hash, so that who reads
// the database cannot try names against it (P15).
type accountIndex []byte

func (k accountIndex) of(account string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(account))
	return mac.Sum(nil)
}

const secretAccountIndex = "account-index"

// addAccountIndex belongs to the migration to version 2: it makes the key, and
// looks up the account of every certificate issued before.
func (db *DB) addAccountIndex(tx *sql.Tx) error {
	key := make([]byte, sha256.Size)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	sealed, err := db.seal.sealText(string(key), "secrets", secretAccountIndex, "value")
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO secrets (name, value) VALUES (?,?)", secretAccountIndex, sealed); err != nil {
		return err
	}
	accounts, err := db.certificateAccounts(tx)
	if err != nil {
		return err
	}
	for serial, account := range accounts {
		if _, err := tx.Exec("UPDATE certificates SET who=? WHERE serial=?", accountIndex(key).of(account), serial); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) certificateAccounts(tx *sql.Tx) (map[string]string, error) {
	rows, err := tx.Query("SELECT serial, identity FROM certificates")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	accounts := map[string]string{}
	for rows.Next() {
		var (
			serial   string
			identity []byte
			who      cloudapi.Staff
		)
		if err := rows.Scan(&serial, &identity); err != nil {
			return nil, err
		}
		if err := db.seal.openJSON(identity, &who, "certificates", serial, "identity"); err != nil {
			return nil, err
		}
		accounts[serial] = who.Account
	}
	return accounts, rows.Err()
}

func (db *DB) openAccountIndex(ctx context.Context) error {
	var sealed []byte
	err := db.sql.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name=?", secretAccountIndex).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w (the key of the account index is missing)", ErrDamaged)
	}
	if err != nil {
		return err
	}
	key, err := db.seal.openText(sealed, "secrets", secretAccountIndex, "value")
	db.index = accountIndex(key)
	return err
}

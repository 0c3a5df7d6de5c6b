package data

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// StaffPerson is the cloud's own word on somebody. It narrows what the SSO
// says of them and never widens it.
type StaffPerson struct {
	Account  string              `json:"account"`
	Trained  bool                `json:"trained"` // Training counts, also when it is empty
	Training []cloudapi.Training `json:"training"`
	Sites    []string            `json:"sites"` // none: every site
	Removed  bool                `json:"removed"`
	// Regions they belonged to, as far as was known when the word was given: who
	// does not look after all of them does not take it back.
	Regions []string `json:"regions,omitempty"`
}

func (db *DB) openPerson(who, sealed []byte) (*StaffPerson, error) {
	var p StaffPerson
	if err := db.seal.openJSON(sealed, &p, "staff_people", hex.EncodeToString(who), "person"); err != nil {
		return nil, err
	}
	return &p, nil
}

// StaffPerson gives the cloud's word on an account, or ErrNotFound.
func (db *DB) StaffPerson(ctx context.Context, account string) (StaffPerson, error) {
	var sealed []byte
	who := db.index.of(account)
	err := db.sql.QueryRowContext(ctx, "SELECT person FROM staff_people WHERE who=?", who).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return StaffPerson{}, ErrNotFound
	}
	if err != nil {
		return StaffPerson{}, fmt.Errorf("data: staff: %w", err)
	}
	p, err := db.openPerson(who, sealed)
	if err != nil {
		return StaffPerson{}, fmt.Errorf("data: staff: %w", err)
	}
	return *p, nil
}

// StaffPeople gives everybody the cloud has a word on.
func (db *DB) StaffPeople(ctx context.Context) ([]StaffPerson, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT who, person FROM staff_people ORDER BY changed_ms DESC")
	if err != nil {
		return nil, fmt.Errorf("data: staff: %w", err)
	}
	defer rows.Close()
	list := []StaffPerson{}
	for rows.Next() {
		var who, sealed []byte
		if err := rows.Scan(&who, &sealed); err != nil {
			return nil, fmt.Errorf("data: staff: %w", err)
		}
		p, err := db.openPerson(who, sealed)
		if err != nil {
			return nil, fmt.Errorf("data: staff: %w", err)
		}
		list = append(list, *p)
	}
	return list, rows.Err()
}

// ChangeStaffPerson changes the cloud's word on somebody; what another one changes
// at the same moment stays. change may be called more than once. Who is removed
// has no session any more.
func (db *DB) ChangeStaffPerson(ctx context.Context, account string, change func(*StaffPerson)) error {
	who := db.index.of(account)
	err := db.update(ctx, func(tx *sql.Tx) error {
		p, sealed := &StaffPerson{Account: account}, []byte(nil)
		err := tx.QueryRow("SELECT person FROM staff_people WHERE who=?", who).Scan(&sealed)
		if err == nil {
			p, err = db.openPerson(who, sealed)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		change(p)
		if sealed, err = db.seal.sealJSON(p, "staff_people", hex.EncodeToString(who), "person"); err != nil {
			return err
		}
		removed := 0
		if p.Removed {
			removed = 1
			for _, table := range []string{"staff_sessions", "staff_waiting", "staff_places"} {
				if _, err := tx.Exec("DELETE FROM "+table+" WHERE who=?", who); err != nil {
					return err
				}
			}
		}
		_, err = tx.Exec(`INSERT INTO staff_people (who, person, removed, changed_ms) VALUES (?,?,?,?)
			ON CONFLICT (who) DO UPDATE SET person=excluded.person, removed=excluded.removed, changed_ms=excluded.changed_ms`, who, sealed, removed, db.nowMS())
		return err
	})
	if err != nil {
		return fmt.Errorf("data: staff: %w", err)
	}
	return nil
}

// StaffRemoved tells whether an account was removed.
func (db *DB) StaffRemoved(ctx context.Context, account string) (bool, error) {
	removed := 0
	err := db.sql.QueryRowContext(ctx, "SELECT removed FROM staff_people WHERE who=?", db.index.of(account)).Scan(&removed)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("data: staff: %w", err)
	}
	return removed == 1, nil
}

package data

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/cloud/acts"
	"beckmanconnect/cloud/events"
	"beckmanconnect/internal/cloudapi"
)

// decision is who decided about an act, and what came of it.
type decision struct {
	By, Why string
	Code    string `json:",omitempty"` // of what failed
}

// AddAct keeps a proposal, unless most wait already.
func (db *DB) AddAct(ctx context.Context, a acts.Kept, most int) error {
	body, err := db.seal.sealJSON(a, "acts", a.ID, "body")
	if err != nil {
		return fmt.Errorf("data: act: %w", err)
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		waiting := 0
		if err := tx.QueryRow("SELECT count(*) FROM acts WHERE state=? AND expires_ms>?", cloudapi.ActWaiting, db.nowMS()).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= most {
			return acts.ErrTooMany
		}
		_, err := tx.Exec("INSERT INTO acts (id, kind, region, state, digest, body, proposer, session, at_ms, expires_ms) VALUES (?,?,?,?,?,?,?,?,?,?)",
			a.ID, a.Kind, a.Region, cloudapi.ActWaiting, a.Hash, body, db.index.of(a.By), a.Session, a.AtMS, a.ExpiresMS)
		return err
	})
	if err != nil {
		return fmt.Errorf("data: act: %w", err)
	}
	return nil
}

const actQuery = "SELECT id, state, digest, body, session, decision, decided_ms FROM acts "

// Act gives one act, or acts.ErrUnknown.
func (db *DB) Act(ctx context.Context, id string) (acts.Kept, error) {
	a, err := db.scanAct(db.sql.QueryRowContext(ctx, actQuery+"WHERE id=?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return a, acts.ErrUnknown
	}
	if err != nil {
		return acts.Kept{}, fmt.Errorf("data: act: %w", err)
	}
	return a, nil
}

// Acts gives the newest acts: first those that were confirmed and are not done,
// then those that wait, then what became of others, each newest first. So no
// number of acts that are over hides one that is to be decided about.
func (db *DB) Acts(ctx context.Context, limit int) ([]acts.Kept, error) {
	rows, err := db.sql.QueryContext(ctx, actQuery+"ORDER BY CASE state WHEN ? THEN 0 WHEN ? THEN 1 ELSE 2 END, at_ms DESC, id LIMIT ?",
		cloudapi.ActConfirmed, cloudapi.ActWaiting, limit)
	if err != nil {
		return nil, fmt.Errorf("data: acts: %w", err)
	}
	defer rows.Close()
	var list []acts.Kept
	for rows.Next() {
		a, err := db.scanAct(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("data: acts: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func (db *DB) scanAct(scan func(...any) error) (acts.Kept, error) {
	var (
		a                         acts.Kept
		id, state                 string
		hash, body, session, said []byte
		decided                   int64
	)
	if err := scan(&id, &state, &hash, &body, &session, &said, &decided); err != nil {
		return a, err
	}
	if err := db.seal.openJSON(body, &a, "acts", id, "body"); err != nil {
		return a, err
	}
	if a.ID != id || subtle.ConstantTimeCompare(a.Hash, hash) != 1 {
		return acts.Kept{}, fmt.Errorf("act %q is not as it was written", id)
	}
	a.State, a.Session, a.Own, a.DecidedMS = state, session, false, decided
	if len(said) > 0 {
		var d decision
		if err := db.seal.openJSON(said, &d, "acts", id, "decision"); err != nil {
			return a, err
		}
		a.Decided, a.Why, a.WhyCode = d.By, d.Why, d.Code
	}
	return a, nil
}

// DecideAct moves a waiting act on, puts on record that it did, and reports
// whether it still waited. Of many who decide at once one is on record; what
// cannot be put on record is not decided.
func (db *DB) DecideAct(ctx context.Context, id, state, by, why string, at time.Time, record events.Event) (bool, error) {
	said, err := db.seal.sealJSON(decision{By: by, Why: why}, "acts", id, "decision")
	if err != nil {
		return false, fmt.Errorf("data: act: %w", err)
	}
	met := false
	err = db.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE acts SET state=?, decision=?, decided_ms=? WHERE id=? AND state=? AND expires_ms>?",
			state, said, at.UnixMilli(), id, cloudapi.ActWaiting, at.UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if met = n == 1; err != nil || !met {
			return err
		}
		return db.noteEvent(tx, EventFrom(record))
	})
	if err != nil {
		return false, fmt.Errorf("data: act: %w", err)
	}
	return met, nil
}

// CarryAct gives a confirmed act to one caller to carry out: one that nobody
// began with, or whoever did before begunBefore and never came to an end.
func (db *DB) CarryAct(ctx context.Context, id string, at, begunBefore time.Time) (bool, error) {
	return db.one(ctx, "UPDATE acts SET carried_ms=? WHERE id=? AND state=? AND carried_ms<?", at.UnixMilli(), id, cloudapi.ActConfirmed, begunBefore.UnixMilli())
}

// FinishAct says what came of a confirmed act; failed is nil where it was done.
func (db *DB) FinishAct(ctx context.Context, id, state string, failed *acts.Error) error {
	a, err := db.Act(ctx, id)
	if err != nil {
		return err
	}
	d := decision{By: a.Decided}
	if failed != nil {
		d.Why, d.Code = failed.Message, failed.Code
	}
	said, err := db.seal.sealJSON(d, "acts", id, "decision")
	if err != nil {
		return fmt.Errorf("data: act: %w", err)
	}
	_, err = db.one(ctx, "UPDATE acts SET state=?, decision=? WHERE id=? AND state=?", state, said, id, cloudapi.ActConfirmed)
	return err
}

// ExpireActs ends what nobody decided about in time.
func (db *DB) ExpireActs(ctx context.Context, now time.Time) error {
	if _, err := db.one(ctx, "UPDATE acts SET state=? WHERE state=? AND expires_ms<=?", cloudapi.ActExpired, cloudapi.ActWaiting, now.UnixMilli()); err != nil {
		return fmt.Errorf("data: acts: %w", err)
	}
	return nil
}

// SameActor tells whether an account proposed an act.
func (db *DB) SameActor(ctx context.Context, id, account string) (bool, error) {
	var proposer []byte
	err := db.sql.QueryRowContext(ctx, "SELECT proposer FROM acts WHERE id=?", id).Scan(&proposer)
	if errors.Is(err, sql.ErrNoRows) {
		return true, acts.ErrUnknown
	}
	if err != nil {
		return true, fmt.Errorf("data: act: %w", err)
	}
	return subtle.ConstantTimeCompare(proposer, db.index.of(account)) == 1, nil
}

// one runs a change and reports whether it met one row.
func (db *DB) one(ctx context.Context, query string, args ...any) (bool, error) {
	met := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec(query, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		met = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("data: change: %w", err)
	}
	return met, nil
}

package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// actBody is the sealed part of an act on a case.
type actBody struct{ By, To cloudapi.Colleague }

func personOf(who cloudapi.Staff) cloudapi.Colleague {
	return cloudapi.Colleague{Account: who.Account, Name: who.Name}
}

func (db *DB) noteAct(tx *sql.Tx, number, act string, by, to cloudapi.Colleague) error {
	body, err := db.seal.sealJSON(actBody{by, to}, "case_acts", number, "body")
	if err == nil {
		_, err = tx.Exec("INSERT INTO case_acts (number, act, body, at_ms) VALUES (?,?,?,?)", number, act, body, db.nowMS())
	}
	return err
}

// give makes somebody the holder where was is it now. ErrHeld: it is somebody
// else, by now.
func (db *DB) give(tx *sql.Tx, number string, was []byte, to cloudapi.Staff) error {
	var hash []byte
	taken := int64(0)
	if to.Account == "" {
		hash = []byte{}
	} else {
		hash, taken = db.index.of(to.Account), db.nowMS()
	}
	person, err := db.seal.sealJSON(personOf(to), "cases", number, "person")
	if err != nil {
		return err
	}
	res, err := tx.Exec("UPDATE cases SET holder=?, person=?, taken_ms=? WHERE number=? AND holder=?", hash, person, taken, number, was)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrHeld
}

func (db *DB) take(tx *sql.Tx, number string, who cloudapi.Staff) error {
	if err := db.give(tx, number, []byte{}, who); err != nil {
		return err
	}
	return db.noteAct(tx, number, cloudapi.ActTake, personOf(who), cloudapi.Colleague{})
}

// TakeCase makes a case somebody's that is nobody's. Of many at once one wins;
// for the others it is ErrHeld.
func (db *DB) TakeCase(ctx context.Context, number string, who cloudapi.Staff) error {
	return db.actOn(ctx, "take case", func(tx *sql.Tx) error { return db.take(tx, number, who) })
}

// GiveBackCase makes case c nobody's again; it keeps its place in the queue.
// ErrHeld: it has changed hands since c was read.
func (db *DB) GiveBackCase(ctx context.Context, c *Case, by cloudapi.Staff) error {
	return db.actOn(ctx, "give case back", func(tx *sql.Tx) error {
		if err := db.give(tx, c.Number, c.holder, cloudapi.Staff{}); err != nil {
			return err
		}
		return db.noteAct(tx, c.Number, cloudapi.ActGiveBack, personOf(by), cloudapi.Colleague{})
	})
}

// HandOverCase makes case c somebody else's. ErrHeld: it has changed hands
// since c was read. The session that runs, if any, must have ended before.
func (db *DB) HandOverCase(ctx context.Context, c *Case, by, to cloudapi.Staff) error {
	return db.actOn(ctx, "hand case over", func(tx *sql.Tx) error {
		if err := db.give(tx, c.Number, c.holder, to); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM case_guests WHERE number=? AND who=?", c.Number, db.index.of(to.Account)); err != nil {
			return err
		}
		return db.noteAct(tx, c.Number, cloudapi.ActHandOver, personOf(by), personOf(to))
	})
}

// InviteToCase lets a colleague come in by the next code.
func (db *DB) InviteToCase(ctx context.Context, number string, by, to cloudapi.Staff) error {
	return db.actOn(ctx, "invite", func(tx *sql.Tx) error {
		sealed, err := db.seal.sealJSON(personOf(to), "case_guests", number, "person")
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO case_guests (number, who, person, at_ms) VALUES (?,?,?,?) ON CONFLICT (number, who) DO NOTHING",
			number, db.index.of(to.Account), sealed, db.nowMS()); err != nil {
			return err
		}
		return db.noteAct(tx, number, cloudapi.ActInvite, personOf(by), personOf(to))
	})
}

// EndByStaff ends the session of a request: nobody gets to it any more, and the
// PC is told when it comes to the relay. ErrNotFound: none runs.
func (db *DB) EndByStaff(ctx context.Context, c *Case, by cloudapi.Staff) error {
	return db.actOn(ctx, "end session", func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE requests SET state='ended' WHERE id=? AND state='connected'", c.Request)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		if _, err := tx.Exec("UPDATE case_requests SET staff=1, ended='vendor', ended_ms=? WHERE request=?", db.nowMS(), c.Request); err != nil {
			return err
		}
		return db.noteAct(tx, c.Number, cloudapi.ActEnd, personOf(by), cloudapi.Colleague{})
	})
}

// EndedByStaff tells whether staff ended this session of the device's.
func (db *DB) EndedByStaff(ctx context.Context, request, device string) (bool, error) {
	var n int
	err := db.sql.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_requests q JOIN requests r ON r.id=q.request
		WHERE q.request=? AND q.staff=1 AND r.device=?`, request, device).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("data: ended by staff: %w", err)
	}
	return n > 0, nil
}

// SetTicket keeps the vendor's own number of a case.
func (db *DB) SetTicket(ctx context.Context, number, ticket string, by cloudapi.Staff) error {
	return db.actOn(ctx, "ticket", func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE cases SET ticket=? WHERE number=?", ticket, number); err != nil {
			return err
		}
		return db.noteAct(tx, number, cloudapi.ActTicket, personOf(by), cloudapi.Colleague{})
	})
}

// LeftCases gives the cases back that wait although somebody has them whose
// desk nobody has seen since, and tells how many.
func (db *DB) LeftCases(ctx context.Context, since time.Time) (n int, err error) {
	err = db.update(ctx, func(tx *sql.Tx) error {
		n = 0
		rows, err := tx.Query(`SELECT c.number, c.holder FROM cases c JOIN requests r ON r.id=c.request WHERE r.state='waiting' AND r.expires_ms > ? AND c.taken_ms > 0
			AND c.taken_ms < ? AND NOT EXISTS (SELECT 1 FROM colleagues p WHERE p.who=c.holder AND p.seen_ms >= ?)`, db.nowMS(), since.UnixMilli(), since.UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		left := map[string][]byte{}
		for rows.Next() {
			var number string
			var holder []byte
			if err := rows.Scan(&number, &holder); err != nil {
				return err
			}
			left[number] = holder
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
		for number, holder := range left {
			if err := db.give(tx, number, holder, cloudapi.Staff{}); err != nil {
				return err
			}
			if err := db.noteAct(tx, number, cloudapi.ActGiveBack, cloudapi.Colleague{}, cloudapi.Colleague{}); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("data: left cases: %w", err)
	}
	return n, nil
}

func (db *DB) actOn(ctx context.Context, op string, do func(*sql.Tx) error) error {
	if err := db.update(ctx, do); err != nil {
		return fmt.Errorf("data: %s: %w", op, err)
	}
	return nil
}

package data

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"beckmanconnect/internal/cloudapi"
)

// ErrHeld: somebody else has the case.
var ErrHeld = errors.New("somebody else has taken this case")

// Case is a case as it is kept; what depends on the reader is filled in by For.
type Case struct {
	cloudapi.Case
	ExpiresMS int64  // of the newest request
	Site      string // where the device stands, "" when it is assigned to none

	holder, engineer []byte
	guests           map[string]cloudapi.Colleague // by hash
	index            accountIndex
}

// Held tells whether account has taken the case.
func (c *Case) Held(account string) bool {
	return len(c.holder) > 0 && bytes.Equal(c.holder, c.index.of(account))
}

// Guest tells whether account was invited.
func (c *Case) Guest(account string) bool {
	_, ok := c.guests[string(c.index.of(account))]
	return ok
}

// Helping tells whether account is in the session that runs.
func (c *Case) Helping(account string) bool {
	return c.Engineer != nil && bytes.Equal(c.engineer, c.index.of(account))
}

// For gives the case as account reads it.
func (c *Case) For(account string) cloudapi.Case {
	out := c.Case
	out.Mine, out.Invited = c.Held(account), c.Guest(account)
	return out
}

const caseQuery = `SELECT c.number, c.request, c.device, d.serial, d.type, d.region, d.site, CASE WHEN r.expires_ms > ? THEN r.state ELSE 'ended' END,
	r.expires_ms, c.waiting_ms, q.severity, c.holder, c.person, c.taken_ms, q.engineer, q.person, q.begun_ms, c.ticket,
	(SELECT COUNT(*) FROM case_notes n WHERE n.number=c.number AND n.amends=0)
	FROM cases c JOIN case_requests q ON q.request=c.request JOIN requests r ON r.id=c.request JOIN devices d ON d.id=c.device WHERE `

const openCase = "r.state IN ('waiting', 'connected') AND r.expires_ms > ?"

// OpenCases gives the cases whose technician waits or is in session, in the
// order of the queue: who waits longest is first. Of two that began to wait in
// the same millisecond the numbers decide, which are random.
func (db *DB) OpenCases(ctx context.Context) ([]*Case, error) {
	now := db.nowMS()
	list, err := db.cases(ctx, openCase+" ORDER BY c.waiting_ms, c.number", now)
	if err != nil {
		return nil, fmt.Errorf("data: cases: %w", err)
	}
	at := make(map[string]*Case, len(list))
	for _, c := range list {
		at[c.Number] = c
	}
	err = db.addGuests(ctx, at, `SELECT g.number, g.who, g.person FROM case_guests g JOIN cases c ON c.number=g.number
		JOIN requests r ON r.id=c.request WHERE `+openCase+" ORDER BY g.at_ms, g.who", now)
	if err != nil {
		return nil, fmt.Errorf("data: cases: %w", err)
	}
	return list, nil
}

// RecentCases gives the newest cases that account has taken, whether or not
// they are over.
func (db *DB) RecentCases(ctx context.Context, account string, since int64, limit int) ([]*Case, error) {
	list, err := db.cases(ctx, "c.holder=? AND c.opened_ms>? ORDER BY c.opened_ms DESC, c.number LIMIT ?", db.index.of(account), since, limit)
	if err != nil {
		return nil, fmt.Errorf("data: recent cases: %w", err)
	}
	return list, nil
}

// CaseOf gives one case, or ErrNotFound.
func (db *DB) CaseOf(ctx context.Context, number string) (*Case, error) {
	return db.oneCase(ctx, "c.number=?", number)
}

// CaseOfRequest gives the case of a request, whether or not it is the newest of
// the case's, or ErrNotFound.
func (db *DB) CaseOfRequest(ctx context.Context, request string) (*Case, error) {
	return db.oneCase(ctx, "c.number=(SELECT o.number FROM case_requests o WHERE o.request=?)", request)
}

func (db *DB) oneCase(ctx context.Context, where string, arg any) (*Case, error) {
	list, err := db.cases(ctx, where, arg)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err == nil {
		err = db.addGuests(ctx, map[string]*Case{list[0].Number: list[0]}, "SELECT number, who, person FROM case_guests WHERE number=? ORDER BY at_ms, who", list[0].Number)
	}
	if err != nil {
		return nil, fmt.Errorf("data: case: %w", err)
	}
	return list[0], nil
}

func (db *DB) cases(ctx context.Context, where string, args ...any) ([]*Case, error) {
	rows, err := db.sql.QueryContext(ctx, caseQuery+where, append([]any{db.nowMS()}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []*Case{}
	for rows.Next() {
		c := &Case{index: db.index}
		var holder, engineer []byte
		if err := rows.Scan(&c.Number, &c.Request, &c.Device, &c.Serial, &c.Type, &c.Region, &c.Site, &c.State, &c.ExpiresMS, &c.SinceMS, &c.Severity,
			&c.holder, &holder, &c.TakenMS, &c.engineer, &engineer, &c.BegunMS, &c.Ticket, &c.Notes); err != nil {
			return nil, err
		}
		if c.State == stateAnnounced {
			c.State = "ended"
		}
		if c.Holder, err = db.person(c.holder, holder, "cases", c.Number); err != nil {
			return nil, err
		}
		if c.State == "connected" {
			if c.Engineer, err = db.person(c.engineer, engineer, "case_requests", c.Request); err != nil {
				return nil, err
			}
		}
		if c.Engineer == nil {
			c.BegunMS = 0
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// person opens who a hash stands for; nil for nobody.
func (db *DB) person(hash, sealed []byte, table, row string) (*cloudapi.Colleague, error) {
	if len(hash) == 0 {
		return nil, nil
	}
	p := &cloudapi.Colleague{}
	return p, db.seal.openJSON(sealed, p, table, row, "person")
}

func (db *DB) addGuests(ctx context.Context, at map[string]*Case, query string, args ...any) error {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			number      string
			who, sealed []byte
			p           cloudapi.Colleague
		)
		if err := rows.Scan(&number, &who, &sealed); err != nil {
			return err
		}
		c := at[number]
		if c == nil {
			continue
		}
		if err := db.seal.openJSON(sealed, &p, "case_guests", number, "person"); err != nil {
			return err
		}
		if c.guests == nil {
			c.guests = map[string]cloudapi.Colleague{}
		}
		c.guests[string(who)] = p
		c.Guests = append(c.Guests, p)
	}
	return rows.Err()
}

// JoinCase says whether somebody may come in by a request, and takes its case
// for them when nobody has: taken tells that it did. A session that runs is its
// engineer's alone; before it, the request is the holder's and the guests'. A
// request that only its socket has named has no case yet.
func (db *DB) JoinCase(ctx context.Context, request string, who cloudapi.Staff) (number string, taken bool, err error) {
	me := db.index.of(who.Account)
	err = db.update(ctx, func(tx *sql.Tx) error {
		number, taken = "", false
		var holder, engineer []byte
		var state string
		err := tx.QueryRow(`SELECT c.number, c.holder, q.engineer, r.state FROM case_requests q JOIN cases c ON c.number=q.number JOIN requests r ON r.id=q.request
			WHERE q.request=?`, request).Scan(&number, &holder, &engineer, &state)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		case state == "connected" && len(engineer) > 0:
			if !bytes.Equal(engineer, me) {
				return ErrHeld
			}
			return nil
		case bytes.Equal(holder, me):
			return nil
		case len(holder) == 0:
			taken = true
			return db.take(tx, number, who)
		}
		var one int
		err = tx.QueryRow("SELECT 1 FROM case_guests WHERE number=? AND who=?", number, me).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrHeld
		}
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("data: join case: %w", err)
	}
	return number, taken, nil
}

// SiteOf gives where a device stands, "" when it is assigned to no site.
func (db *DB) SiteOf(ctx context.Context, device string) (site string, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT site FROM devices WHERE id=?", device).Scan(&site)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("data: site of a device: %w", err)
	}
	return site, nil
}

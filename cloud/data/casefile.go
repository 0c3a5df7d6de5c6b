package data

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// Bounds of what is read of one case, and of a case's notes.
const (
	maxNotes     = 500
	caseRequests = 50
	caseActs     = 500
	historyCases = 50
)

// ErrFull: a case has as many notes as one may have.
var ErrFull = errors.New("this case has too many notes")

// ErrAmended: the note is not of this case, not this person's, or was amended
// already.
var ErrAmended = errors.New("this note cannot be amended")

type noteBody struct {
	By   cloudapi.Colleague
	Text string
}

// AddCaseNote keeps a note on a case. amends names the note that it replaces, which
// must be of the same person and stays; 0: none.
func (db *DB) AddCaseNote(ctx context.Context, number string, by cloudapi.Staff, text string, amends int64) error {
	me := db.index.of(by.Account)
	return db.actOn(ctx, "note", func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM case_notes WHERE number=?", number).Scan(&n); err != nil {
			return err
		}
		if n >= maxNotes {
			return ErrFull
		}
		if amends != 0 {
			err := tx.QueryRow("SELECT COUNT(*) FROM case_notes o WHERE o.id=? AND o.number=? AND o.who=? AND NOT EXISTS (SELECT 1 FROM case_notes a WHERE a.amends=o.id)",
				amends, number, me).Scan(&n)
			if err != nil || n == 0 {
				return errors.Join(err, ErrAmended)
			}
		}
		body, err := db.seal.sealJSON(noteBody{personOf(by), text}, "case_notes", number, "body")
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO case_notes (number, amends, who, body, at_ms) VALUES (?,?,?,?,?)", number, amends, me, body, db.nowMS())
		return err
	})
}

// CaseFile gives all of case c that a colleague reads, but for what depends on
// the reader.
func (db *DB) CaseFile(ctx context.Context, c *Case) (cloudapi.CaseFile, error) {
	f := cloudapi.CaseFile{Case: c.Case, NoteList: []cloudapi.CaseNote{}, Acts: []cloudapi.CaseAct{}}
	err := db.eachRow(ctx, "SELECT id, amends, body, at_ms FROM case_notes WHERE number=? ORDER BY id LIMIT ?", func(rows *sql.Rows) error {
		var (
			n    cloudapi.CaseNote
			body []byte
			b    noteBody
		)
		if err := rows.Scan(&n.ID, &n.Amends, &body, &n.AtMS); err != nil {
			return err
		}
		err := db.seal.openJSON(body, &b, "case_notes", c.Number, "body")
		n.By, n.Text = b.By, b.Text
		f.NoteList = append(f.NoteList, n)
		return err
	}, c.Number, maxNotes)
	if err == nil {
		err = db.eachRow(ctx, "SELECT act, body, at_ms FROM case_acts WHERE number=? ORDER BY id LIMIT ?", func(rows *sql.Rows) error {
			a := cloudapi.CaseAct{Case: c.Number}
			var (
				body []byte
				b    actBody
			)
			if err := rows.Scan(&a.Act, &body, &a.AtMS); err != nil {
				return err
			}
			err := db.seal.openJSON(body, &b, "case_acts", c.Number, "body")
			a.To, a.Name = b.To.Account, b.To.Name
			if b.By.Account != "" {
				a.By = &b.By
			}
			f.Acts = append(f.Acts, a)
			return err
		}, c.Number, caseActs)
	}
	if err == nil {
		f.Requests, err = db.requestsOf(ctx, c.Number)
	}
	if err != nil {
		return f, fmt.Errorf("data: case file: %w", err)
	}
	return f, nil
}

func (db *DB) requestsOf(ctx context.Context, number string) ([]cloudapi.CaseRequest, error) {
	list := []cloudapi.CaseRequest{}
	err := db.eachRow(ctx, `SELECT q.request, CASE WHEN r.expires_ms > ? THEN r.state ELSE 'ended' END, q.since_ms, q.engineer, q.person, q.begun_ms,
		CASE WHEN q.ended_ms=0 AND r.expires_ms <= ? THEN r.expires_ms ELSE q.ended_ms END, q.ended
		FROM case_requests q JOIN requests r ON r.id=q.request WHERE q.number=? ORDER BY q.since_ms DESC, q.request LIMIT ?`, func(rows *sql.Rows) error {
		var (
			q              cloudapi.CaseRequest
			hash, engineer []byte
		)
		err := rows.Scan(&q.Request, &q.State, &q.SinceMS, &hash, &engineer, &q.BegunMS, &q.EndedMS, &q.EndedWhy)
		if err == nil {
			q.Engineer, err = db.person(hash, engineer, "case_requests", q.Request)
		}
		list = append(list, q)
		return err
	}, db.nowMS(), db.nowMS(), number, caseRequests)
	return list, err
}

// DeskHistory gives a device's cases and versions, newest first, and what it
// raised within the last 30 days.
func (db *DB) DeskHistory(ctx context.Context, device string) (cloudapi.DeviceHistory, error) {
	out := cloudapi.DeviceHistory{Cases: []cloudapi.DeviceCase{}, Versions: []cloudapi.DeviceVersion{}, Raised: map[string]int{}}
	err := db.eachRow(ctx, `SELECT c.number, c.opened_ms, c.holder, c.person, c.ticket, (SELECT COUNT(*) FROM case_notes n WHERE n.number=c.number AND n.amends=0)
		FROM cases c WHERE c.device=? ORDER BY c.opened_ms DESC, c.number LIMIT ?`, func(rows *sql.Rows) error {
		var (
			d            cloudapi.DeviceCase
			hash, holder []byte
		)
		err := rows.Scan(&d.Number, &d.OpenedMS, &hash, &holder, &d.Ticket, &d.Notes)
		if err == nil {
			d.Holder, err = db.person(hash, holder, "cases", d.Number)
		}
		out.Cases = append(out.Cases, d)
		return err
	}, device, historyCases)
	for i := range out.Cases {
		if err == nil {
			out.Cases[i].Requests, err = db.requestsOf(ctx, out.Cases[i].Number)
		}
	}
	if err == nil {
		var became []cloudapi.History
		became, err = db.DeviceHistory(ctx, device)
		for _, h := range became {
			if h.Kind == HistoryVersion {
				out.Versions = append(out.Versions, cloudapi.DeviceVersion{Version: h.To, SinceMS: h.AtMS})
			}
		}
	}
	if err == nil {
		err = db.eachRow(ctx, "SELECT severity, COUNT(*) FROM feed WHERE device=? AND id>0 AND last_ms>? GROUP BY severity", func(rows *sql.Rows) error {
			var severity, n int
			err := rows.Scan(&severity, &n)
			out.Raised[wordOf(severityCodes, severity)] = n
			return err
		}, device, db.now().Add(-30*24*time.Hour).UnixMilli())
	}
	if err != nil {
		return out, fmt.Errorf("data: device history: %w", err)
	}
	return out, nil
}

// SeeColleague keeps that somebody of staff is at the desk, with what they may.
func (db *DB) SeeColleague(ctx context.Context, who cloudapi.Staff) error {
	me := db.index.of(who.Account)
	sealed, err := db.seal.sealJSON(who, "colleagues", hex.EncodeToString(me), "identity")
	if err != nil {
		return fmt.Errorf("data: colleague: %w", err)
	}
	return db.actOn(ctx, "colleague", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO colleagues (who, identity, seen_ms) VALUES (?,?,?)
			ON CONFLICT (who) DO UPDATE SET identity=excluded.identity, seen_ms=excluded.seen_ms`, me, sealed, db.nowMS())
		return err
	})
}

// Colleagues gives the staff that was at the desk since, with what they were
// allowed then.
func (db *DB) Colleagues(ctx context.Context, since time.Time) ([]cloudapi.Staff, error) {
	list := []cloudapi.Staff{}
	err := db.eachRow(ctx, "SELECT who, identity FROM colleagues WHERE seen_ms>=? ORDER BY who", func(rows *sql.Rows) error {
		var (
			hash, sealed []byte
			who          cloudapi.Staff
		)
		err := rows.Scan(&hash, &sealed)
		if err == nil {
			err = db.seal.openJSON(sealed, &who, "colleagues", hex.EncodeToString(hash), "identity")
		}
		list = append(list, who)
		return err
	}, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("data: colleagues: %w", err)
	}
	return list, nil
}

func (db *DB) eachRow(ctx context.Context, query string, row func(*sql.Rows) error, args ...any) error {
	rows, err := db.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

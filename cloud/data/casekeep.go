package data

import (
	"bytes"
	"database/sql"
	"errors"
	"time"

	"beckmanconnect/internal/cloudapi"
)

const (
	// followUp is how long after its last request ended a further request of
	// the same device belongs to the same case.
	followUp = 30 * time.Minute
	// lookedAt is how many of a device's notifications are looked at for the
	// one that a request names.
	lookedAt = 200
)

// keepCase gives a request its case, or follows what became of it.
func (t *Tx) keepCase(r cloudapi.Request) error {
	now := t.db.nowMS()
	res, err := t.tx.Exec("UPDATE case_requests SET ended_ms=CASE WHEN ?='ended' AND ended_ms=0 THEN ? ELSE ended_ms END WHERE request=?", r.State, now, r.ID)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	severity, err := t.severityOf(r.AlarmCode)
	if err != nil {
		return err
	}
	number, err := t.followUpOf(now)
	switch {
	case errors.Is(err, ErrNotFound):
		if number, err = t.openCase(r.ID, now); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := t.helped(number); err != nil {
			return err
		}
		// Who asks again because a code ran out keeps the place; who was helped
		// in between waits anew.
		if _, err := t.tx.Exec(`UPDATE cases SET request=?, waiting_ms=CASE WHEN EXISTS
			(SELECT 1 FROM case_requests q WHERE q.request=cases.request AND q.begun_ms>0) THEN ? ELSE waiting_ms END WHERE number=?`, r.ID, now, number); err != nil {
			return err
		}
	}
	nobody, err := t.db.seal.sealJSON(cloudapi.Colleague{}, "case_requests", r.ID, "person")
	if err != nil {
		return err
	}
	ended := int64(0)
	if r.State == "ended" {
		ended = now
	}
	_, err = t.tx.Exec("INSERT INTO case_requests (request, number, since_ms, severity, engineer, person, ended_ms) VALUES (?,?,?,?,?,?,?)",
		r.ID, number, now, severity, []byte{}, nobody, ended)
	return err
}

// followUpOf gives the device's case that a request of now belongs to.
func (t *Tx) followUpOf(now int64) (number string, err error) {
	err = t.tx.QueryRow(`SELECT c.number FROM cases c JOIN requests r ON r.id=c.request JOIN case_requests q ON q.request=c.request
		WHERE c.device=? AND CASE WHEN q.ended_ms>0 THEN q.ended_ms ELSE r.expires_ms END > ? ORDER BY c.opened_ms DESC, c.number LIMIT 1`,
		t.device, now-followUp.Milliseconds()).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return number, err
}

// helped frees a case whose holder was in its last session: that help is over,
// and whoever is there may take the next call. A case that was handed over
// stays the colleague's.
func (t *Tx) helped(number string) error {
	var holder, engineer []byte
	err := t.tx.QueryRow("SELECT c.holder, q.engineer FROM cases c JOIN case_requests q ON q.request=c.request WHERE c.number=?", number).Scan(&holder, &engineer)
	if err != nil || len(holder) == 0 || !bytes.Equal(holder, engineer) {
		return err
	}
	return t.db.give(t.tx, number, holder, cloudapi.Staff{})
}

func (t *Tx) openCase(request string, now int64) (string, error) {
	for {
		number := newCaseNumber()
		nobody, err := t.db.seal.sealJSON(cloudapi.Colleague{}, "cases", number, "person")
		if err != nil {
			return "", err
		}
		res, err := t.tx.Exec(`INSERT INTO cases (number, device, request, opened_ms, waiting_ms, holder, person) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (number) DO NOTHING`, number, t.device, request, now, now, []byte{}, nobody)
		if err != nil {
			return "", err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return number, err
		}
	}
}

// severityOf looks for the device's notification that a request names.
func (t *Tx) severityOf(code string) (string, error) {
	if code == "" {
		return "", nil
	}
	var severity int
	err := t.tx.QueryRow(`SELECT f.severity FROM (SELECT severity, label, seq FROM feed WHERE device=? AND listed=1 ORDER BY seq DESC LIMIT ?) f
		JOIN labels l ON l.id=f.label WHERE substr(l.text, 1, ?) = lower(?) ORDER BY f.seq DESC LIMIT 1`,
		t.device, lookedAt, len([]rune(code))+1, code+" ").Scan(&severity)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return wordOf(severityCodes, severity), nil
}

// followCase takes from the session log who is in the session, and how it
// ended. A device says who that is; it is believed about people who were given
// a certificate for this very request.
func (t *Tx) followCase(e cloudapi.SessionEvent) error {
	now := t.db.nowMS()
	switch e.Kind {
	case "authenticated":
		var (
			serial string
			sealed []byte
			who    cloudapi.Staff
		)
		hash := t.db.index.of(e.Engineer)
		err := t.tx.QueryRow("SELECT serial, identity FROM certificates WHERE request=? AND device=? AND who=? ORDER BY at_ms DESC, serial LIMIT 1", e.Request, t.device, hash).
			Scan(&serial, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = t.db.seal.openJSON(sealed, &who, "certificates", serial, "identity")
		}
		if err != nil {
			return err
		}
		person, err := t.db.seal.sealJSON(cloudapi.Colleague{Account: who.Account, Name: who.Name}, "case_requests", e.Request, "person")
		if err != nil {
			return err
		}
		_, err = t.tx.Exec("UPDATE case_requests SET engineer=?, person=?, begun_ms=? WHERE request=? AND begun_ms=0", hash, person, now, e.Request)
		return err
	case "ended":
		_, err := t.tx.Exec(`UPDATE case_requests SET ended_ms=CASE ended_ms WHEN 0 THEN ? ELSE ended_ms END, ended=CASE staff WHEN 0 THEN ? ELSE ended END WHERE request=?`,
			now, e.Fields["why"], e.Request)
		return err
	}
	return nil
}

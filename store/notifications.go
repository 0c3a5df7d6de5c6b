package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// Severity of a notification, as in the local API.
type Severity int

const (
	Info   Severity = 1
	Low    Severity = 2
	Medium Severity = 3
	High   Severity = 4
)

// State of a notification.
type State string

const (
	Raised       State = "raised"
	Acknowledged State = "acknowledged"
	Cleared      State = "cleared"
)

// Text is title and advice in one language.
type Text struct {
	Language string `json:"l"`
	Title    string `json:"t"`
	Advice   string `json:"a,omitempty"`
}

// Notification is one alarm through its life (P2, P7, B9). Code, source and
// subject are plain and searchable; texts and who acknowledged are sealed.
type Notification struct {
	ID             uint64
	Code           string
	Severity       Severity
	State          State
	Source         string
	Subject        string
	Texts          []Text
	Count          uint32
	Raised         time.Time
	Last           time.Time
	Acknowledged   time.Time // zero: not yet
	AcknowledgedBy string
	Cleared        time.Time
	Verified       bool
}

// Open says whether the condition still stands.
func (n *Notification) Open() bool { return n.State != Cleared }

const notificationColumns = "id, code, severity, state, source, subject, count, raised_ms, last_ms, ack_ms, cleared_ms, verified, sealed_texts, sealed_by"

// PutNotification writes a notification; with ID 0 it is new and gets the next
// number, which no other ever had.
func (tx *Tx) PutNotification(n *Notification) error {
	if n.Code == "" || n.Severity < Info || n.Severity > High || (n.State != Raised && n.State != Acknowledged && n.State != Cleared) {
		return &Error{Kind: KindInvalid, Op: "put notification", Err: errors.New("code, severity or state is missing")}
	}
	id := n.ID
	if id == 0 {
		var err error
		if id, err = tx.nextID("notifications"); err != nil {
			return err
		}
	}
	row := strconv.FormatUint(id, 10)
	texts, err := json.Marshal(n.Texts)
	if err != nil {
		return tx.fail(err)
	}
	sealedTexts, err := tx.s.seal.seal("notifications", row, "sealed_texts", texts)
	if err != nil {
		return tx.fail(err)
	}
	var sealedBy []byte
	if n.AcknowledgedBy != "" {
		if sealedBy, err = tx.s.seal.seal("notifications", row, "sealed_by", []byte(n.AcknowledgedBy)); err != nil {
			return tx.fail(err)
		}
	}
	err = tx.exec("INSERT OR REPLACE INTO notifications ("+notificationColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(id), n.Code, int(n.Severity), string(n.State), n.Source, n.Subject, int64(n.Count),
		toMS(n.Raised), toMS(n.Last), toMS(n.Acknowledged), toMS(n.Cleared), n.Verified, sealedTexts, sealedBy)
	if err != nil {
		return err
	}
	n.ID = id
	return nil
}

// Notification gives one by its number, nil when there is none.
func (tx *Tx) Notification(id uint64) (*Notification, error) {
	n, err := tx.s.oneNotification(func(dst ...any) (bool, error) {
		return tx.row(dst, "SELECT "+notificationColumns+" FROM notifications WHERE id = ?", int64(id))
	})
	return n, tx.fail(err)
}

// OpenNotification gives the newest one with this code and subject that was
// not cleared, nil when there is none.
func (tx *Tx) OpenNotification(code, subject string) (*Notification, error) {
	n, err := tx.s.oneNotification(func(dst ...any) (bool, error) {
		return tx.row(dst, "SELECT "+notificationColumns+" FROM notifications WHERE code = ? AND subject = ? AND state <> 'cleared' ORDER BY id DESC LIMIT 1", code, subject)
	})
	return n, tx.fail(err)
}

// Notification gives one by its number, nil when there is none.
func (s *Store) Notification(ctx context.Context, id uint64) (*Notification, error) {
	n, err := s.oneNotification(func(dst ...any) (bool, error) {
		err := s.read.QueryRowContext(ctx, "SELECT "+notificationColumns+" FROM notifications WHERE id = ?", int64(id)).Scan(dst...)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	})
	return n, wrap("notification", err)
}

// Notifications gives up to limit of them, newest first, below the number
// before (0: from the newest). more says whether older ones remain.
func (s *Store) Notifications(ctx context.Context, before uint64, limit int, openOnly bool) (list []Notification, more bool, err error) {
	limit = clampLimit(limit)
	query := "SELECT " + notificationColumns + " FROM notifications WHERE (?1 = 0 OR id < ?1)"
	if openOnly {
		query += " AND state <> 'cleared'"
	}
	rows, err := s.read.QueryContext(ctx, query+" ORDER BY id DESC LIMIT ?2", int64(before), limit+1)
	if err != nil {
		return nil, false, wrap("notifications", err)
	}
	defer rows.Close()
	for rows.Next() {
		n, err := s.oneNotification(func(dst ...any) (bool, error) { return true, rows.Scan(dst...) })
		if err != nil {
			return nil, false, wrap("notifications", err)
		}
		list = append(list, *n)
	}
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, wrap("notifications", rows.Err())
}

// OpenSummary counts the notifications that nobody has acknowledged yet and
// names the worst severity among them, 0 when there is none. What was
// acknowledged stays in the list until it clears, but calls nobody any more.
func (s *Store) OpenSummary(ctx context.Context) (n int, worst Severity, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*), coalesce(max(severity), 0) FROM notifications WHERE state = 'raised'").Scan(&n, &worst)
	return n, worst, wrap("notifications", err)
}

// oneNotification reads a row and opens its sealed columns.
func (s *Store) oneNotification(scan func(dst ...any) (bool, error)) (*Notification, error) {
	n := &Notification{}
	var raised, last, ack, cleared int64
	var texts, by []byte
	ok, err := scan(&n.ID, &n.Code, &n.Severity, &n.State, &n.Source, &n.Subject, &n.Count, &raised, &last, &ack, &cleared, &n.Verified, &texts, &by)
	if err != nil || !ok {
		return nil, err
	}
	n.Raised, n.Last, n.Acknowledged, n.Cleared = fromMS(raised), fromMS(last), fromMS(ack), fromMS(cleared)
	row := strconv.FormatUint(n.ID, 10)
	plain, err := s.seal.open("notifications", row, "sealed_texts", texts)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, &n.Texts); err != nil {
		return nil, err
	}
	if len(by) > 0 {
		who, err := s.seal.open("notifications", row, "sealed_by", by)
		if err != nil {
			return nil, err
		}
		n.AcknowledgedBy = string(who)
	}
	return n, nil
}

func toMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

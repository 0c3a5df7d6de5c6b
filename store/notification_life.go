package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"time"
)

// What the life of notifications needs of the database beside the rows
// themselves: what was raised lately, what is due, how a group stands.

// Recent is what was raised in the last minutes.
type Recent struct {
	tx     *Tx
	Window time.Duration
	now    int64
}

// Recent forgets what was raised longer than window ago, or in a future that a
// clock's jump took back, and gives access to the rest.
func (tx *Tx) Recent(now time.Time, window time.Duration) (Recent, error) {
	r := Recent{tx: tx, Window: window, now: toMS(now)}
	if err := tx.exec("DELETE FROM notification_recent WHERE ms <= ?", toMS(now.Add(-window))); err != nil {
		return r, err
	}
	return r, tx.exec("DELETE FROM notification_recent WHERE ms > ?", r.now)
}

// Add notes one that was raised now.
func (r Recent) Add(n *Notification) error {
	return r.tx.exec("INSERT INTO notification_recent (id, code, subject, ms, apart) VALUES (?, ?, ?, ?, ?)", int64(n.ID), n.Code, n.Subject, toMS(n.Raised), n.Apart)
}

// Same counts those of this code and subject.
func (r Recent) Same(code, subject string) (n int, err error) {
	_, err = r.tx.row([]any{&n}, "SELECT count(*) FROM notification_recent WHERE code = ? AND subject = ?", code, subject)
	return n, err
}

// New gives the numbers of those that count for a flood, newest first, at most
// limit.
func (r Recent) New(limit int) ([]uint64, error) {
	var ids []uint64
	err := r.tx.each("SELECT id FROM notification_recent WHERE apart = 0 ORDER BY id DESC LIMIT ?", []any{limit}, func(scan func(...any) error) error {
		var id uint64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// GroupState is how the open members of a group stand.
type GroupState struct {
	Open  bool
	State State    // Raised when one of them is; Acknowledged; Shelved when all are
	Worst Severity // of the raised ones, or of all when none is
	First uint64   // the newest of the worst ones
}

// GroupState looks at the open members of a group.
func (tx *Tx) GroupState(group uint64) (g GroupState, err error) {
	for _, state := range []State{Raised, Acknowledged, Shelved} {
		var worst sql.NullInt64
		if _, err := tx.row([]any{&worst}, "SELECT max(severity) FROM notifications INDEXED BY notifications_members WHERE group_id > 0 AND group_id = ? AND state = ? AND state <> 'cleared'", int64(group), string(state)); err != nil {
			return g, err
		}
		if !worst.Valid {
			continue
		}
		if !g.Open {
			g.Open, g.State = true, state
		} else if g.State == Raised || Severity(worst.Int64) <= g.Worst {
			continue
		}
		g.Worst = Severity(worst.Int64)
		_, err := tx.row([]any{&g.First}, "SELECT max(id) FROM notifications INDEXED BY notifications_members WHERE group_id > 0 AND group_id = ? AND state = ? AND severity = ? AND state <> 'cleared'", int64(group), string(state), int(g.Worst))
		if err != nil {
			return g, err
		}
	}
	return g, nil
}

// OpenMembers gives the numbers of a group's open members above a number,
// lowest first, at most limit.
func (tx *Tx) OpenMembers(group, above uint64, limit int) (ids []uint64, err error) {
	err = tx.each("SELECT id FROM notifications INDEXED BY notifications_members WHERE group_id > 0 AND group_id = ? AND state <> 'cleared' AND id > ? ORDER BY id LIMIT ?", []any{int64(group), int64(above), limit}, func(scan func(...any) error) error {
		var id uint64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// Waits says, by severity, how long somebody may be waited for; a severity
// that is not in it is not escalated.
type Waits map[Severity]time.Duration

// Due gives the numbers of notifications that have to be looked at by now, at
// most limit: those whose own time came, and those that wait for a person for
// too long.
func (tx *Tx) Due(now time.Time, waits Waits, limit int) (ids []uint64, err error) {
	take := func(scan func(...any) error) error {
		var id uint64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}
	err = tx.each("SELECT id FROM notifications WHERE due_ms > 0 AND due_ms <= ? ORDER BY due_ms LIMIT ?", []any{toMS(now), limit}, take)
	for severity := High; severity >= Info; severity-- {
		if wait, ok := waits[severity]; ok && err == nil {
			err = tx.each("SELECT id FROM notifications WHERE severity = ? AND asked_ms > 0 AND asked_ms <= ? ORDER BY asked_ms LIMIT ?",
				[]any{int(severity), toMS(now.Add(-wait)), limit}, take)
		}
	}
	return ids, err
}

// NextDue is when the next one has to be looked at, and when the oldest
// cleared one was cleared; zero: there is none.
func (s *Store) NextDue(ctx context.Context, waits Waits) (due, cleared time.Time, err error) {
	var ms, oldest sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT (SELECT min(due_ms) FROM notifications WHERE due_ms > 0), (SELECT min(cleared_ms) FROM notifications WHERE cleared_ms > 0)").Scan(&ms, &oldest)
	if err != nil {
		return due, cleared, wrap("notifications", err)
	}
	due, cleared = fromMS(ms.Int64), fromMS(oldest.Int64)
	for severity, wait := range waits {
		if err := s.read.QueryRowContext(ctx, "SELECT min(asked_ms) FROM notifications WHERE severity = ? AND asked_ms > 0", int(severity)).Scan(&ms); err != nil {
			return due, cleared, wrap("notifications", err)
		}
		if at := fromMS(ms.Int64).Add(wait); ms.Valid && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due, cleared, nil
}

// MoveTimes moves what is waited for by d, after the wall clock was moved by
// as much: nothing comes too soon, and nothing is lost behind it.
func (tx *Tx) MoveTimes(d time.Duration) error {
	moved := func(column string) string {
		return column + " = CASE WHEN " + column + " > 0 THEN max(1, " + column + " + ?1) ELSE 0 END"
	}
	ms := d.Milliseconds()
	for _, where := range []string{"due_ms > 0", "due_ms = 0 AND asked_ms > 0"} {
		if err := tx.exec("UPDATE notifications SET "+moved("due_ms")+", "+moved("asked_ms")+", "+moved("shelf_ms")+", "+moved("turned_ms")+", "+moved("until_ms")+" WHERE "+where, ms); err != nil {
			return err
		}
	}
	return tx.exec("UPDATE notification_recent SET ms = ms + ?", ms)
}

// DeleteCleared deletes up to limit notifications that were cleared before a
// time, with their steps, and topics that nothing says any more.
func (tx *Tx) DeleteCleared(before time.Time, limit int) (deleted int, err error) {
	type row struct{ id, topic uint64 }
	var rows []row
	err = tx.each("SELECT id, topic FROM notifications WHERE cleared_ms > 0 AND cleared_ms < ? ORDER BY cleared_ms LIMIT ?", []any{toMS(before), limit}, func(scan func(...any) error) error {
		var r row
		err := scan(&r.id, &r.topic)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		for _, query := range []string{"DELETE FROM notification_steps WHERE notification = ?", "DELETE FROM notifications WHERE id = ?"} {
			if err := tx.exec(query, int64(r.id)); err != nil {
				return 0, err
			}
		}
		for _, query := range []string{"DELETE FROM topic_texts WHERE topic = ?1 AND NOT EXISTS (SELECT 1 FROM notifications WHERE topic = ?1)",
			"DELETE FROM topics WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM notifications WHERE topic = ?1)"} {
			if err := tx.exec(query, int64(r.topic)); err != nil {
				return 0, err
			}
		}
	}
	if len(rows) > 0 {
		tx.topics = nil
		clear(tx.s.topics) // one of them may be gone
		err = tx.exec("DELETE FROM notification_spans WHERE block < (SELECT coalesce(min(id), 0) FROM notifications) / ?", spanBlock)
	}
	return len(rows), err
}

// Step is one line of a notification's life, for its page.
type Step struct {
	At     time.Time
	Kind   string
	By     string // sealed
	Detail string // sealed
}

// maxSteps is how many are kept of one notification.
const maxSteps = 100

type stepWords struct {
	By     string `json:"b,omitempty"`
	Detail string `json:"d,omitempty"`
}

// AddStep notes what was done to a notification.
func (tx *Tx) AddStep(id uint64, step Step) error {
	var n int64
	if _, err := tx.row([]any{&n}, "SELECT coalesce(max(n), 0) + 1 FROM notification_steps WHERE notification = ?", int64(id)); err != nil {
		return err
	}
	var sealed []byte
	if step.By != "" || step.Detail != "" {
		words, err := json.Marshal(stepWords{step.By, step.Detail})
		if err == nil {
			sealed, err = tx.s.seal.seal("notification_steps", stepRow(id, n), "sealed", words)
		}
		if err != nil {
			return tx.fail(err)
		}
	}
	if n > maxSteps {
		if err := tx.exec("DELETE FROM notification_steps WHERE notification = ? AND n <= ?", int64(id), n-maxSteps); err != nil {
			return err
		}
	}
	return tx.exec("INSERT INTO notification_steps (notification, n, ms, kind, sealed) VALUES (?, ?, ?, ?, ?)", int64(id), n, toMS(step.At), step.Kind, sealed)
}

func stepRow(id uint64, n int64) string {
	return strconv.FormatUint(id, 10) + "/" + strconv.FormatInt(n, 10)
}

// Steps gives what was done to a notification, oldest first.
func (s *Store) Steps(ctx context.Context, id uint64) ([]Step, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT n, ms, kind, sealed FROM notification_steps WHERE notification = ? ORDER BY n", int64(id))
	if err != nil {
		return nil, wrap("steps", err)
	}
	defer rows.Close()
	var list []Step
	for rows.Next() {
		var n, ms int64
		var step Step
		var sealed []byte
		if err := rows.Scan(&n, &ms, &step.Kind, &sealed); err != nil {
			return nil, wrap("steps", err)
		}
		step.At = fromMS(ms)
		if len(sealed) > 0 {
			plain, err := s.seal.open("notification_steps", stepRow(id, n), "sealed", sealed)
			if err != nil {
				return nil, err
			}
			var words stepWords
			if err := json.Unmarshal(plain, &words); err != nil {
				return nil, wrap("steps", err)
			}
			step.By, step.Detail = words.By, words.Detail
		}
		list = append(list, step)
	}
	return list, wrap("steps", rows.Err())
}

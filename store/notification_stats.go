package store

import (
	"context"
	"time"
)

// Offender is what was raised often in a time.
type Offender struct {
	Code           string
	Subject        string
	Severity       Severity
	Texts          []Text // of the newest
	Raised         int
	Repeats        uint64
	Open           time.Duration // how long it stood, in all
	Unacknowledged time.Duration // until somebody acknowledged it, or it ended, in all
}

// Offenders gives what was raised most often between two times, at most limit,
// without the codes in except. Groups do not count, their members do. It reads
// every row of that time: about a second for a million.
func (s *Store) Offenders(ctx context.Context, since, until, now time.Time, limit int, except string) ([]Offender, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, wrap("offenders", err)
	}
	defer tx.Rollback()
	lo, hi, err := span(ctx, tx, since, until)
	if err != nil {
		return nil, wrap("offenders", err)
	}
	// The topics are few; only what is left of them is held against its words.
	rows, err := tx.QueryContext(ctx, `
		SELECT t.code, t.subject, max(n.severity), sum(n.raised), sum(n.repeats), sum(n.open), sum(n.waited), max(n.newest) FROM (
			SELECT topic, max(severity) AS severity, count(*) AS raised, sum(count - 1) AS repeats,
				sum(max(0, CASE cleared_ms WHEN 0 THEN ?3 ELSE cleared_ms END - raised_ms)) AS open,
				sum(max(0, CASE WHEN ack_ms > 0 THEN ack_ms WHEN cleared_ms > 0 THEN cleared_ms ELSE ?3 END - raised_ms)) AS waited,
				max(id) AS newest
			FROM notifications NOT INDEXED
			WHERE id BETWEEN ?4 AND ?5 AND raised_ms >= ?1 AND raised_ms < ?2 AND group_kind = ''
			GROUP BY topic) n
		JOIN topics t ON t.id = n.topic
		WHERE t.code <> ?6
		GROUP BY t.code, t.subject
		ORDER BY 4 DESC, 5 DESC, 8 DESC LIMIT ?7`, toMS(since), toMS(until), toMS(now), lo, hi, except, limit)
	if err != nil {
		return nil, wrap("offenders", err)
	}
	defer rows.Close()
	var list []Offender
	var newest []uint64
	for rows.Next() {
		var o Offender
		var open, waited int64
		var id uint64
		if err := rows.Scan(&o.Code, &o.Subject, &o.Severity, &o.Raised, &o.Repeats, &open, &waited, &id); err != nil {
			return nil, wrap("offenders", err)
		}
		o.Open, o.Unacknowledged = time.Duration(open)*time.Millisecond, time.Duration(waited)*time.Millisecond
		list, newest = append(list, o), append(newest, id)
	}
	if err := rows.Err(); err != nil {
		return nil, wrap("offenders", err)
	}
	for i, id := range newest {
		n, err := s.readNotification(ctx, tx, id)
		if err != nil {
			return nil, wrap("offenders", err)
		}
		list[i].Texts = n.Texts
	}
	return list, nil
}

// Turnover counts what was raised and what was cleared since a time; groups do
// not count, their members do.
func (s *Store) Turnover(ctx context.Context, since time.Time) (raised, cleared int, err error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return 0, 0, wrap("turnover", err)
	}
	defer tx.Rollback()
	lo, hi, err := span(ctx, tx, since, time.Time{})
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM notifications NOT INDEXED WHERE id BETWEEN ? AND ? AND raised_ms >= ? AND group_kind = ''", lo, hi, toMS(since)).Scan(&raised)
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT count(*) FROM notifications WHERE cleared_ms >= max(1, ?) AND cleared_ms > 0 AND group_kind = ''", toMS(since)).Scan(&cleared)
	}
	return raised, cleared, wrap("turnover", err)
}

// RaisedSince counts what was raised since a time, by severity, and how many
// of those are open.
func (tx *Tx) RaisedSince(since time.Time) (raised map[Severity]int, open int, err error) {
	raised = map[Severity]int{}
	var lo int64
	if _, err := tx.row([]any{&lo}, "SELECT coalesce(min(block), 0) * ? FROM notification_spans WHERE max_ms >= ?", spanBlock, toMS(since)); err != nil {
		return nil, 0, err
	}
	err = tx.each("SELECT severity, count(*), sum(state <> 'cleared') FROM notifications NOT INDEXED WHERE id >= ? AND raised_ms >= ? AND group_kind = '' GROUP BY severity",
		[]any{lo, toMS(since)}, func(scan func(...any) error) error {
			var severity Severity
			var n, still int
			err := scan(&severity, &n, &still)
			raised[severity] = n
			open += still
			return err
		})
	return raised, open, err
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"beckmanconnect/internal/logproof"
)

// ActivityFilter narrows the log by its plain columns; what is empty or zero
// does not narrow. What is sealed is not searched.
type ActivityFilter struct {
	Before  int64    // entries below this number; 0: from the newest
	Limit   int      // 1–1,000; 0: 50
	Groups  []string // of ActivityGroups
	Text    string   // each of its words begins a word of kind, subject or one of searchedNames
	From    time.Time
	To      time.Time // not included; both are wall clock, to the millisecond
	Subject string    // exactly
}

// ActivityPage is a page, newest first. With More there may be older ones, to
// be asked for below Next. A page may come short, even empty, with More: then
// what was looked through in the time that a page is given held no more.
type ActivityPage struct {
	List []Record
	More bool
	Next int64
}

// activityTime is how long a page is searched for. Whoever asks goes on where
// the page ended, so that no filter makes anybody wait for ten million entries.
const activityTime = 80 * time.Millisecond

// ListActivity gives a page of what the filter lets through.
func (s *Store) ListActivity(ctx context.Context, f ActivityFilter) (page ActivityPage, err error) {
	q, err := newActivityQuery(f)
	if err != nil {
		return page, err
	}
	tx, err := s.snapshot(ctx)
	if err != nil {
		return page, wrap("activity", err)
	}
	defer tx.Rollback()
	var first, size int64
	// Both ends of the snapshot, not of what is committed meanwhile.
	if err := tx.QueryRowContext(ctx, "SELECT (SELECT coalesce(min(idx), 0) FROM entries), (SELECT coalesce(max(idx) + 1, 0) FROM entries)").Scan(&first, &size); err != nil {
		return page, wrap("activity", err)
	}
	limit, before := clampLimit(f.Limit), size
	if f.Before > 0 {
		before = min(f.Before, size)
	}
	var ids []int64
	if q.all() {
		for i := before - 1; i >= max(first, before-int64(limit)); i-- {
			ids = append(ids, i)
		}
		page.Next = max(first, before-int64(limit))
	} else {
		search := activitySearch{s: s, tx: tx, q: q, first: first, until: time.Now().Add(activityTime)}
		if ids, page.Next, err = search.run(ctx, before, limit); err != nil {
			return page, wrap("activity", err)
		}
	}
	page.More = page.Next > first
	page.List, err = s.readEntries(ctx, tx, ids)
	return page, wrap("activity", err)
}

// readRaw reads these, in the order "ASC" or "DESC" of their numbers.
func (s *Store) readRaw(ctx context.Context, tx *sql.Tx, ids []int64, order string) ([]Exported, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, _ := json.Marshal(ids) // numbers only: it cannot fail
	personal, err := s.personalOf(ctx, tx, string(wanted))
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+logproof.EntryColumns+", (SELECT p.wall FROM entries p WHERE p.idx = entries.idx - 1) FROM entries "+
		"WHERE idx IN (SELECT value FROM json_each(?)) ORDER BY idx "+order, string(wanted))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Exported, 0, len(ids))
	for rows.Next() {
		var before sql.NullInt64
		e, err := logproof.ScanEntry(beside{rows, &before})
		if err != nil {
			return nil, &Error{Kind: KindDamaged, Op: "activity", Err: err}
		}
		r, err := s.record(e, personal)
		if err != nil {
			return nil, &Error{Kind: KindDamaged, Op: "activity", Err: fmt.Errorf("entry %d: %w", e.Index, err)}
		}
		r.Proven = r.Index < s.LogState().Entries
		r.ClockBack = before.Valid && before.Int64 > e.Wall
		r.Leaf = e.Hash
		list = append(list, Exported{r, *e})
	}
	return list, rows.Err()
}

// beside scans one column more than is asked for.
type beside struct {
	rows *sql.Rows
	last any
}

func (b beside) Scan(dest ...any) error { return b.rows.Scan(append(dest, b.last)...) }

func (s *Store) personalOf(ctx context.Context, tx *sql.Tx, wanted string) (map[personalKey][]byte, error) {
	rows, err := tx.QueryContext(ctx, "SELECT idx, name, sealed FROM entry_personal WHERE idx IN (SELECT value FROM json_each(?))", wanted)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[personalKey][]byte{}
	for rows.Next() {
		var k personalKey
		var sealed []byte
		if err := rows.Scan(&k.idx, &k.name, &sealed); err != nil {
			return nil, err
		}
		out[k] = sealed
	}
	return out, rows.Err()
}

// activityQuery is a filter turned into what the index knows.
type activityQuery struct {
	groups   uint8
	from, to int64 // Unix milliseconds; to is not included
	words    []string
	subject  string
	hashes   []uint64 // of words and subject
}

func newActivityQuery(f ActivityFilter) (activityQuery, error) {
	q := activityQuery{from: math.MinInt64, to: math.MaxInt64, words: wordsOf(f.Text), subject: f.Subject}
	for _, group := range f.Groups {
		bit := bitOf(group)
		if bit == 0 {
			return q, &Error{Kind: KindInvalid, Op: "activity", Err: fmt.Errorf("there is no group %q", group)}
		}
		q.groups |= bit
	}
	if !f.From.IsZero() {
		q.from = f.From.UnixMilli()
	}
	if !f.To.IsZero() {
		q.to = f.To.UnixMilli()
	}
	for _, w := range q.words {
		q.hashes = append(q.hashes, wordHash(w))
	}
	if q.subject != "" {
		q.hashes = append(q.hashes, subjectHash(q.subject))
	}
	return q, nil
}

// all says whether nothing is narrowed.
func (q *activityQuery) all() bool {
	return q.groups == 0 && q.from == math.MinInt64 && q.to == math.MaxInt64 && len(q.hashes) == 0
}

// may says whether a block can hold something that passes.
func (q *activityQuery) may(h activityHead, sign []byte) bool {
	if q.groups != 0 && h.groups&q.groups == 0 || h.max < q.from || h.min >= q.to {
		return false
	}
	for _, hash := range q.hashes {
		if !holds(sign, hash) {
			return false
		}
	}
	return true
}

func (q *activityQuery) within(ms int64) bool { return ms >= q.from && ms < q.to }

// lets says whether what an entry says passes.
func (q *activityQuery) lets(s *saying) bool {
	if q.groups != 0 && groupBit(s.kind)&q.groups == 0 || q.subject != "" && s.subject != q.subject {
		return false
	}
	return len(q.words) == 0 || begins(s.words(), q.words)
}

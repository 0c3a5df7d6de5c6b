package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// NotificationFilter narrows a list of notifications; what is empty or zero
// does not narrow.
type NotificationFilter struct {
	Before     uint64 // numbers below this one
	Limit      int    // 1–1,000; 0: 50
	OpenOnly   bool
	Severities []Severity
	States     []State
	Sources    []string
	Since      time.Time // raised at or after
	Until      time.Time // raised before
	Text       string    // part of code, subject or publisher, in any case
	// Group: the members of this group. 0: groups stand for their members,
	// unless a text is searched for: a search finds what is there.
	Group uint64
}

// NotificationPage is a page, newest first. Total is how many the filter lets
// through on all pages, counted up to MaxTotal.
type NotificationPage struct {
	List  []Notification
	More  bool
	Total int
}

// MaxTotal is as far as a filter's notifications are counted.
const MaxTotal = 1_000

// ListNotifications gives a page of what the filter lets through. It reads
// indices only, until it knows the page's numbers: which of them, and why it
// stays fast on a million rows, stands with narrowed.
func (s *Store) ListNotifications(ctx context.Context, f NotificationFilter) (page NotificationPage, err error) {
	return s.listNotifications(ctx, f, sparseRows, askedRows)
}

func (s *Store) listNotifications(ctx context.Context, f NotificationFilter, sparse, asked int) (page NotificationPage, err error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return page, wrap("notifications", err)
	}
	defer tx.Rollback()
	f.Limit = clampLimit(f.Limit)
	q, err := narrow(ctx, tx, f)
	if err != nil {
		return page, wrap("notifications", err)
	}
	q.sparse, q.asked = sparse, asked
	ids, total, err := q.page(ctx)
	if err != nil {
		return page, wrap("notifications", err)
	}
	if page.Total = total; len(ids) > f.Limit {
		ids, page.More = ids[:f.Limit], true
	}
	page.List, err = s.readNotifications(ctx, tx, ids)
	return page, wrap("notifications", err)
}

// narrowed is a filter turned into what the indices know. Severity, state,
// source and membership are one number, the facet; there are a few dozen of
// them in use, and each one's rows lie together, newest last. A page is merged
// from the newest rows of each facet that the filter lets through. Times become
// bounds of numbers. A text is looked for in the topics of the rows that are
// left, where these are few, and otherwise in all topics.
type narrowed struct {
	tx     *sql.Tx
	f      NotificationFilter
	text   string // in lower case
	facets []int
	lo, hi int64 // numbers, inclusive

	sparse, asked int // sparseRows and askedRows, or less in a test
}

const (
	// sparseRows is how many rows of a time are walked one by one rather than
	// merged: 50,000 take some milliseconds.
	sparseRows = 50_000
	// askedRows is how many rows are asked one by one what they say, rather than
	// looking for the text in all topics, of which there may be a hundred thousand.
	askedRows = 8_000
)

func narrow(ctx context.Context, tx *sql.Tx, f NotificationFilter) (*narrowed, error) {
	q := &narrowed{tx: tx, f: f, text: strings.ToLower(f.Text), hi: math.MaxInt64}
	if !f.Since.IsZero() || !f.Until.IsZero() {
		lo, hi, err := span(ctx, tx, f.Since, f.Until)
		if err != nil {
			return nil, err
		}
		q.lo, q.hi = lo, hi
	}
	all, err := numbers(ctx, tx, "WITH RECURSIVE f(x) AS (SELECT min(facet) FROM notifications UNION ALL SELECT (SELECT min(facet) FROM notifications WHERE facet > x) FROM f WHERE x IS NOT NULL) SELECT x FROM f WHERE x IS NOT NULL")
	if err != nil {
		return nil, err
	}
	for _, facet := range all {
		if f.lets(int(facet)) {
			q.facets = append(q.facets, int(facet))
		}
	}
	return q, nil
}

// says is what rows are held against for the text; "": no text was given.
func (q *narrowed) says() (where string, args []any) {
	if q.text == "" {
		return "", nil
	}
	return " AND EXISTS (SELECT 1 FROM topics t WHERE t.id = n.topic AND instr(t.fold, ?) > 0)", []any{q.text}
}

// span gives the numbers between which everything lies that was raised in a
// time.
func span(ctx context.Context, tx *sql.Tx, since, until time.Time) (lo, hi int64, err error) {
	to := int64(math.MaxInt64)
	if !until.IsZero() {
		to = until.UnixMilli()
	}
	var first, last sql.NullInt64
	err = tx.QueryRowContext(ctx, "SELECT min(block), max(block) FROM notification_spans WHERE max_ms >= ? AND min_ms < ?", toMS(since), to).Scan(&first, &last)
	if err != nil || !first.Valid {
		return 1, 0, err // nothing
	}
	return first.Int64 * spanBlock, (last.Int64+1)*spanBlock - 1, nil
}

// page gives the numbers of one page and one more, and the total.
func (q *narrowed) page(ctx context.Context) (ids []uint64, total int, err error) {
	const byFacet = "INDEXED BY notifications_facet"
	switch {
	case len(q.facets) == 0 || q.lo > q.hi:
		return nil, 0, nil
	case q.f.Group > 0:
		return q.walk(ctx, "INDEXED BY notifications_group", strings.TrimPrefix(q.inGroup(), " AND "), "", walkRows)
	case q.text == "" && q.hi-q.lo < int64(q.sparse): // a time that holds few
		return q.walk(ctx, byFacet, "1", "", walkRows)
	case q.text == "":
		return q.merge(ctx)
	}
	rows, err := q.rows(ctx)
	switch {
	case err != nil:
		return nil, 0, err
	case rows < q.asked: // all that match are taken: the newest of them may lie anywhere
		return q.walk(ctx, byFacet, "1", "", q.asked)
	default: // topic by topic, as far as there is need
		return q.walk(ctx, "INDEXED BY notifications_topic", "instr(t.fold, ?) > 0 AND n.topic = t.id", "topics t INDEXED BY topics_fold CROSS JOIN ", walkRows)
	}
}

// rows counts what facets and times leave, up to q.asked.
func (q *narrowed) rows(ctx context.Context) (n int, err error) {
	where, bounds := q.residual()
	if where == "" && len(q.f.Severities) == 0 && len(q.f.States) == 0 && len(q.f.Sources) == 0 && !q.f.OpenOnly {
		return q.asked, nil // everything: it is not worth counting
	}
	err = q.tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM notifications n INDEXED BY notifications_facet WHERE n.facet IN ("+q.facetList()+")"+where+" LIMIT ?)",
		append(bounds, q.asked)...).Scan(&n)
	return n, err
}

// walkRows is how many matches a walk takes and sorts. Where there are more,
// every two hundredth row of a million matches, and the newest are found soon.
const walkRows = 5_000

// walk takes up to most matches of one index in whatever order it has them.
// When there are more, the page is merged from the newest rows on.
func (q *narrowed) walk(ctx context.Context, index, where, from string, most int) (ids []uint64, total int, err error) {
	more, args := q.residual()
	where += " AND n.facet IN (" + q.facetList() + ")" + more
	if from != "" {
		args = append([]any{q.text}, args...)
	} else {
		says, text := q.says()
		where, args = where+says, append(args, text...)
	}
	args = append(args, most+1)
	var list []byte
	err = q.tx.QueryRowContext(ctx, "SELECT json_group_array(id) FROM (SELECT n.id FROM "+from+"notifications n "+index+" WHERE "+where+" LIMIT ?)", args...).Scan(&list)
	if err != nil {
		return nil, 0, err
	}
	if err := json.Unmarshal(list, &ids); err != nil {
		return nil, 0, err
	}
	if len(ids) > most {
		ids, err = q.newest(ctx)
		return ids, MaxTotal, err
	}
	total = min(len(ids), MaxTotal)
	slices.SortFunc(ids, func(a, b uint64) int { return compare(b, a) })
	if q.f.Before > 0 {
		at, _ := slices.BinarySearchFunc(ids, q.f.Before, func(id, before uint64) int { return compare(before, id) })
		if at < len(ids) && ids[at] == q.f.Before {
			at++
		}
		ids = ids[at:]
	}
	return ids[:min(len(ids), q.f.Limit+1)], total, nil
}

// merge gives the page from the newest rows of each facet, and counts them.
func (q *narrowed) merge(ctx context.Context) (ids []uint64, total int, err error) {
	if ids, err = q.newest(ctx); err != nil {
		return nil, 0, err
	}
	more, bounds := q.residual()
	count, err := q.tx.PrepareContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM notifications n INDEXED BY notifications_facet WHERE n.facet = ?"+more+" LIMIT ?)")
	if err != nil {
		return nil, 0, err
	}
	defer count.Close()
	for _, facet := range q.facets {
		var n int
		if err := count.QueryRowContext(ctx, append(append([]any{facet}, bounds...), MaxTotal-total)...).Scan(&n); err != nil {
			return nil, 0, err
		}
		if total += n; total >= MaxTotal {
			break
		}
	}
	return ids, total, nil
}

// newest gives the newest numbers below Before, as many as a page has and one
// more. With a text the rows are walked from the newest on, for there are many
// matches then; otherwise they are merged from each facet.
func (q *narrowed) newest(ctx context.Context) ([]uint64, error) {
	want, before, above := q.f.Limit+1, int64(math.MaxInt64), int64(0)
	if q.f.Before > 0 {
		before = int64(q.f.Before)
	}
	more, bounds := q.residual()
	if says, text := q.says(); says != "" {
		args := append(append(append([]any{before}, bounds...), text...), want)
		return numbers(ctx, q.tx, "SELECT n.id FROM notifications n NOT INDEXED WHERE n.id < ? AND n.facet IN ("+q.facetList()+
			")"+q.inGroup()+more+says+" ORDER BY n.id DESC LIMIT ?", args...)
	}
	index := "notifications_facet"
	if q.f.Group > 0 {
		index = "notifications_group"
	}
	next, err := q.tx.PrepareContext(ctx, "SELECT n.id FROM notifications n INDEXED BY "+index+" WHERE n.facet = ? AND n.id < ? AND n.id > ?"+q.inGroup()+more+" ORDER BY n.id DESC LIMIT ?")
	if err != nil {
		return nil, err
	}
	defer next.Close()
	var ids []uint64
	for _, facet := range q.facets {
		found, err := collect(next.QueryContext(ctx, append(append([]any{facet, before, above}, bounds...), want)...))
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
		slices.SortFunc(ids, func(a, b uint64) int { return compare(b, a) })
		if len(ids) >= want {
			ids = ids[:want]
			above = int64(ids[want-1]) // older ones cannot be on this page
		}
	}
	return ids, nil
}

func (q *narrowed) inGroup() string {
	if q.f.Group == 0 {
		return ""
	}
	return " AND n.group_id > 0 AND n.group_id = " + itoa(q.f.Group)
}

// residual is what is left to check row by row: the times.
func (q *narrowed) residual() (where string, args []any) {
	if q.lo > 0 || q.hi < math.MaxInt64 {
		where, args = " AND n.id BETWEEN ? AND ?", []any{q.lo, q.hi}
	}
	if !q.f.Since.IsZero() {
		where, args = where+" AND n.raised_ms >= ?", append(args, q.f.Since.UnixMilli())
	}
	if !q.f.Until.IsZero() {
		where, args = where+" AND n.raised_ms < ?", append(args, q.f.Until.UnixMilli())
	}
	return where, args
}

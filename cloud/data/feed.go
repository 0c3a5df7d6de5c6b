package data

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"beckmanconnect/internal/cloudapi"
)

// FeedQuery says which of the fleet's notifications are asked for.
type FeedQuery struct {
	Regions    []string // those the reader is trained for, or fewer; never empty for an answer
	Device     string   // empty: all
	Severities []string // empty: all
	States     []string // empty: all, and digests
	Text       string   // part of code, source, subject or title, or of the device's serial number, type or ID
	Before     int64    // FeedRow.Seq to go on from; 0: the newest
	Limit      int      // of rows
}

// Bounds of a page's work.
const (
	maxFeedRegions = 30
	maxFound       = 200    // labels or devices that a text is looked up by one by one
	scanRows       = 10_000 // looked at for one page, when a text fits more than that
)

// Feed gives a page of the fleet's notifications, newest first, and where the
// next one begins (0: there is none). Members of a group stand behind their
// group, and what a digest told of behind the digest, unless a text is looked
// for. A page can be short, or empty, before the end when a text fits a great
// deal: each page does a bounded amount of work.
func (db *DB) Feed(ctx context.Context, q FeedQuery) (rows []cloudapi.FeedRow, next int64, err error) {
	if len(q.Regions) == 0 {
		return []cloudapi.FeedRow{}, 0, nil
	}
	if len(q.Regions) > maxFeedRegions {
		return nil, 0, fmt.Errorf("data: feed: more than %d regions", maxFeedRegions)
	}
	f, err := db.plan(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	seqs, err := db.newest(ctx, f.terms, f.before, f.after, q.Limit+1)
	if err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	next = f.after
	if len(seqs) > q.Limit {
		seqs = seqs[:q.Limit]
		next = seqs[q.Limit-1]
	}
	rows, err = db.feedRows(ctx, seqs, q.Regions)
	if err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	return rows, next, nil
}

// term is one walk down an index, newest first.
type term struct {
	from  string // table and how it is reached
	where string
	args  []any
}

type feedPlan struct {
	terms  []term
	before int64
	after  int64 // > 0: not further than this, on this page
}

func codes(words []string, table map[string]int) (list []int) {
	for _, w := range words {
		if c, ok := table[w]; ok {
			list = append(list, c)
		}
	}
	if len(words) == 0 {
		for _, c := range table {
			list = append(list, c)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// in is "column IN (1,2)" for our own numbers.
func in(column string, list []int) string {
	return column + " IN (" + strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]") + ")"
}

func inTexts(column string, n int) string {
	return column + " IN (?" + strings.Repeat(",?", n-1) + ")"
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func (db *DB) plan(ctx context.Context, q FeedQuery) (feedPlan, error) {
	f := feedPlan{before: q.Before}
	if f.before <= 0 {
		f.before = math.MaxInt64
	}
	severities, states := codes(q.Severities, severityCodes), codes(q.States, stateCodes)
	text := strings.ToLower(q.Text)
	switch {
	case q.Device != "":
		t := term{"feed INDEXED BY feed_device", "device = ? AND listed = 1 AND " + in("severity", severities) + " AND " + in("state", states), []any{q.Device}}
		if text != "" {
			t.where += " AND label IN (SELECT id FROM labels WHERE instr(text, ?) > 0)"
			t.args = append(t.args, text)
		}
		f.terms = []term{t}
		return f, nil
	case text != "":
		return db.planText(ctx, f, q.Regions, severities, states, text)
	}
	for _, region := range q.Regions {
		for _, severity := range severities {
			for _, state := range states {
				f.terms = append(f.terms, term{"feed INDEXED BY feed_filter", "listed = 1 AND region = ? AND severity = ? AND state = ?", []any{region, severity, state}})
			}
		}
	}
	return f, nil
}

// planText: a text that few labels and devices hold is looked up by them. One
// that many hold is found soon by looking at row after row, and when it is not,
// the page ends early.
func (db *DB) planText(ctx context.Context, f feedPlan, regions []string, severities, states []int, text string) (feedPlan, error) {
	const ofDevice = "instr(lower(serial), ?) > 0 OR instr(lower(type), ?) > 0 OR instr(id, ?) > 0"
	labels, err := numbers(db.sql.QueryContext(ctx, "SELECT id FROM labels WHERE "+in("severity", severities)+" AND instr(text, ?) > 0 LIMIT ?", text, maxFound+1))
	if err != nil {
		return f, err
	}
	devices, err := strs(db.sql.QueryContext(ctx, "SELECT id FROM devices WHERE "+inTexts("region", len(regions))+" AND ("+ofDevice+") LIMIT ?",
		append(anys(regions), text, text, text, maxFound+1)...))
	if err != nil {
		return f, err
	}
	narrow := in("severity", severities) + " AND " + in("state", states)
	if len(labels) > maxFound || len(devices) > maxFound {
		var newest int64
		if err := db.sql.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM feed").Scan(&newest); err != nil {
			return f, err
		}
		f.after = max(0, min(f.before, newest+1)-scanRows)
		f.terms = []term{{"feed NOT INDEXED", inTexts("region", len(regions)) + " AND " + narrow +
			" AND (label IN (SELECT id FROM labels WHERE instr(text, ?) > 0) OR device IN (SELECT id FROM devices WHERE " + ofDevice + "))",
			append(anys(regions), text, text, text, text)}}
		return f, nil
	}
	for _, l := range labels {
		for _, region := range regions {
			for _, state := range states {
				f.terms = append(f.terms, term{"feed INDEXED BY feed_label", "label = ? AND region = ? AND state = ?", []any{l, region, state}})
			}
		}
	}
	for _, d := range devices {
		for _, listed := range []int{0, 1} {
			f.terms = append(f.terms, term{"feed INDEXED BY feed_device", "device = ? AND listed = ? AND " + narrow, []any{d, listed}})
		}
	}
	return f, nil
}

func strs(rows *sql.Rows, err error) (list []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// newest gives the newest numbers that any of the terms leads to, each once.
// There may be thousands of terms, of a few forms: each form is compiled once,
// and what the terms before have found bounds those that follow.
func (db *DB) newest(ctx context.Context, terms []term, before, after int64, limit int) (all []int64, err error) {
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	forms := map[string]*sql.Stmt{}
	defer func() {
		for _, form := range forms {
			err = errors.Join(err, form.Close())
		}
	}()
	for i, t := range terms {
		query := "SELECT seq FROM " + t.from + " WHERE " + t.where + " AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?"
		form := forms[query]
		if form == nil {
			if form, err = conn.PrepareContext(ctx, query); err != nil {
				return nil, err
			}
			forms[query] = form
		}
		found, err := numbers(form.QueryContext(ctx, append(slices.Clip(t.args), before, after, limit)...))
		if err != nil {
			return nil, err
		}
		if all = append(all, found...); len(all) < 4*limit && i < len(terms)-1 {
			continue
		}
		slices.SortFunc(all, func(a, b int64) int { return cmp.Compare(b, a) })
		if all = slices.Compact(all); len(all) >= limit {
			all = all[:limit]
			after = all[limit-1] // what is older is not on this page
		}
	}
	return all, nil
}

func numbers(rows *sql.Rows, err error) (list []int64, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// feedRows reads rows by their numbers, newest first; none of another region,
// whatever led to it.
func (db *DB) feedRows(ctx context.Context, seqs []int64, regions []string) ([]cloudapi.FeedRow, error) {
	list := make([]cloudapi.FeedRow, 0, len(seqs))
	if len(seqs) == 0 {
		return list, nil
	}
	rows, err := db.sql.QueryContext(ctx, "SELECT f.seq, f.id, f.severity, f.body, d.id, d.serial, d.type, d.region FROM feed f JOIN devices d ON d.id = f.device WHERE "+
		inTexts("f.seq", len(seqs))+" ORDER BY f.seq DESC", anys(seqs)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			r        cloudapi.FeedRow
			id       int64
			severity int
			body     string
		)
		if err := rows.Scan(&r.Seq, &id, &severity, &body, &r.Device, &r.Serial, &r.Type, &r.Region); err != nil {
			return nil, err
		}
		if !slices.Contains(regions, r.Region) {
			continue
		}
		if id > 0 {
			var a cloudapi.DeviceAlarm
			err = json.Unmarshal([]byte(body), &a)
			r.Notification, r.Values = a.Notification, a.Values
		} else {
			r.Digest = &cloudapi.Digest{}
			if err = json.Unmarshal([]byte(body), r.Digest); err == nil {
				r.Notification = cloudapi.Notification{
					Code: stateDigest, State: stateDigest, Severity: wordOf(severityCodes, severity), RaisedMS: r.Digest.FromMS, LastMS: r.Digest.ToMS, Verified: true,
				}
			}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func wordOf(table map[string]int, code int) string {
	for word, c := range table {
		if c == code {
			return word
		}
	}
	return ""
}

// FeedMembers gives what is folded behind the row seq: the members of a group,
// or what a digest told of. ErrNotFound for a row of another region.
func (db *DB) FeedMembers(ctx context.Context, regions []string, seq, before int64, limit int) (rows []cloudapi.FeedRow, next int64, err error) {
	var (
		device, epoch, region string
		id                    int64
	)
	err = db.sql.QueryRowContext(ctx, "SELECT f.device, f.epoch, f.id, d.region FROM feed f JOIN devices d ON d.id = f.device WHERE f.seq = ?", seq).Scan(&device, &epoch, &id, &region)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !slices.Contains(regions, region) {
		return nil, 0, fmt.Errorf("data: feed: %w", ErrNotFound)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	members := term{"feed INDEXED BY feed_parent", "device = ? AND epoch = ? AND parent = ? AND parent <> 0", []any{device, epoch, id}}
	seqs, err := db.newest(ctx, []term{members}, before, 0, limit+1)
	if err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	if len(seqs) > limit {
		seqs = seqs[:limit]
		next = seqs[limit-1]
	}
	if rows, err = db.feedRows(ctx, seqs, regions); err != nil {
		return nil, 0, fmt.Errorf("data: feed: %w", err)
	}
	return rows, next, nil
}

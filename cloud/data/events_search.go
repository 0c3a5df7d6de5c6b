package data

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// EventQuery says which events are asked for. Regions is what bounds it: those
// the reader may read, "" among them for the cloud's own.
type EventQuery struct {
	Regions  []string
	Kinds    []string // empty: all
	Severity int      // at least as severe: not above; 0: all
	Actor    string   // exactly; empty: all
	Device   string
	Request  string
	FromMS   int64 // 0: no bound
	ToMS     int64 // not included; 0: no bound
	Before   int64 // number to go on from, downwards; 0: the newest
	After    int64 // only newer ones than this number
	Limit    int

	Within func(device string) bool // which devices the reader may see; nil: all of Regions
}

// scanEvents bounds what is looked at of one index for one page.
const scanEvents = 10_000

// maxEventTerms bounds how many indexes are walked for one page.
const maxEventTerms = 64

// Events gives a page of events, newest first, and where the next one begins
// (0: there is none). A page can be short, or empty, before the end: each does
// a bounded amount of work, whatever is asked for.
func (db *DB) Events(ctx context.Context, q EventQuery) (list []Event, next int64, err error) {
	list, next, err = db.events(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("data: events: %w", err)
	}
	return list, next, nil
}

func (db *DB) events(ctx context.Context, q EventQuery) (list []Event, next int64, err error) {
	if len(q.Regions) == 0 || q.Limit <= 0 {
		return nil, 0, nil
	}
	low, high, err := db.eventBounds(ctx, q)
	if err != nil || low >= high {
		return nil, 0, err
	}
	terms, err := db.eventTerms(q)
	if err != nil {
		return nil, 0, err
	}
	var (
		found []eventRow
		floor int64 // below it not every walk has come
	)
	for _, t := range terms {
		rows, cut, err := db.walkEvents(ctx, t, q, low, high)
		if err != nil {
			return nil, 0, err
		}
		found, floor = append(found, rows...), max(floor, cut)
	}
	slices.SortFunc(found, func(a, b eventRow) int { return int(b.Seq - a.Seq) })
	found = slices.DeleteFunc(found, func(r eventRow) bool { return r.Seq < floor })
	next = floor
	if len(found) > q.Limit {
		found = found[:q.Limit]
		next = found[q.Limit-1].Seq
	}
	list = make([]Event, 0, len(found))
	for _, r := range found {
		if err := db.openEvent(&r); err != nil {
			return nil, 0, err
		}
		list = append(list, r.Event)
	}
	return list, next, nil
}

// eventRow is an event before its sealed part was opened.
type eventRow struct {
	Event
	who, mac, body []byte
}

// eventBounds turns times into numbers: low is included, high is not.
func (db *DB) eventBounds(ctx context.Context, q EventQuery) (low, high int64, err error) {
	low, high = q.After+1, math.MaxInt64
	if q.Before > 0 {
		high = q.Before
	}
	// Numbers follow the clock unless it was set back: what lies between the
	// bounds and yet outside of the times is left out row by row.
	bound := func(query string, at int64) (n sql.NullInt64, err error) {
		err = db.sql.QueryRowContext(ctx, query, at).Scan(&n)
		return n, err
	}
	if q.FromMS > 0 {
		n, err := bound("SELECT MIN(seq) FROM events WHERE at_ms >= ?", q.FromMS)
		if err != nil || !n.Valid {
			return 0, 0, err
		}
		low = max(low, n.Int64)
	}
	if q.ToMS > 0 {
		n, err := bound("SELECT MAX(seq) FROM events WHERE at_ms < ?", q.ToMS)
		if err != nil || !n.Valid {
			return 0, 0, err
		}
		high = min(high, n.Int64+1)
	}
	return low, high, nil
}

// eventTerms chooses the indexes to walk: the one that leaves least.
func (db *DB) eventTerms(q EventQuery) ([]term, error) {
	switch {
	case q.Request != "":
		return []term{{where: "request = ? AND request <> ''", args: []any{q.Request}}}, nil
	case q.Actor != "":
		return []term{{where: "who = ?", args: []any{db.actorIndex(q.Actor)}}}, nil
	case q.Device != "":
		return []term{{where: "device = ? AND device <> ''", args: []any{q.Device}}}, nil
	}
	if len(q.Regions) > maxFeedRegions+1 {
		return nil, fmt.Errorf("more than %d regions", maxFeedRegions)
	}
	var terms []term
	for _, region := range slices.Compact(slices.Sorted(slices.Values(q.Regions))) {
		if len(q.Kinds) > 0 && len(q.Kinds)*len(q.Regions) <= maxEventTerms {
			for _, kind := range slices.Compact(slices.Sorted(slices.Values(q.Kinds))) {
				terms = append(terms, term{where: "kind = ? AND region = ?", args: []any{kind, region}})
			}
			continue
		}
		terms = append(terms, term{where: "region = ?", args: []any{region}})
	}
	return terms, nil
}

// walkEvents goes down one index until there is a page of what is asked for, or
// enough was looked at; cut is then the last number it came to.
func (db *DB) walkEvents(ctx context.Context, t term, q EventQuery, low, high int64) (list []eventRow, cut int64, err error) {
	query := "SELECT seq, at_ms, kind, severity, region, device, request, who, mac, body FROM events WHERE " + t.where + " AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT " + strconv.Itoa(scanEvents)
	rows, err := db.sql.QueryContext(ctx, query, append(slices.Clone(t.args), low, high)...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	looked := 0
	for ; rows.Next(); looked++ {
		r, err := scanEventRow(rows)
		if err != nil {
			return nil, 0, err
		}
		cut = r.Seq
		if db.eventFits(&r, q) {
			if list = append(list, r); len(list) > q.Limit {
				return list, cut, nil
			}
		}
	}
	if looked < scanEvents {
		cut = 0
	}
	return list, cut, rows.Err()
}

func scanEventRow(rows *sql.Rows) (r eventRow, err error) {
	err = rows.Scan(&r.Seq, &r.AtMS, &r.Kind, &r.Severity, &r.Region, &r.Device, &r.Request, &r.who, &r.mac, &r.body)
	return r, err
}

func (db *DB) eventFits(r *eventRow, q EventQuery) bool {
	return slices.Contains(q.Regions, r.Region) &&
		(len(q.Kinds) == 0 || slices.Contains(q.Kinds, r.Kind)) &&
		(q.Severity == 0 || r.Severity <= q.Severity) &&
		(q.Actor == "" || string(r.who) == string(db.actorIndex(q.Actor))) &&
		(q.Device == "" || r.Device == q.Device) &&
		(q.Request == "" || r.Request == q.Request) &&
		(q.Within == nil || r.Device == "" || q.Within(r.Device)) &&
		(q.FromMS == 0 || r.AtMS >= q.FromMS) &&
		(q.ToMS == 0 || r.AtMS < q.ToMS)
}

// openEvent opens the sealed part.
func (db *DB) openEvent(r *eventRow) error {
	var sealed sealedEvent
	if err := db.seal.openJSON(r.body, &sealed, "events", strconv.FormatInt(r.Seq, 10), "body"); err != nil {
		return err
	}
	r.Personal = sealed.EventPersonal
	return nil
}

// EventsAfter gives events in their order, all regions, for a receiver of the
// whole log: at most limit after a number.
func (db *DB) EventsAfter(ctx context.Context, after int64, limit int) ([]Event, error) {
	rows, err := db.sql.QueryContext(ctx, "SELECT seq, at_ms, kind, severity, region, device, request, who, mac, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
	if err != nil {
		return nil, fmt.Errorf("data: events: %w", err)
	}
	defer rows.Close()
	var list []Event
	for rows.Next() {
		r, err := scanEventRow(rows)
		if err == nil {
			err = db.openEvent(&r)
		}
		if err != nil {
			return nil, fmt.Errorf("data: events: %w", err)
		}
		list = append(list, r.Event)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("data: events: %w", err)
	}
	return list, nil
}

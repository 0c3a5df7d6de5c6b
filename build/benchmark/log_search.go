package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"beckmanconnect/store"
)

const (
	// searchTimes is how often each page is asked for; the slowest counts. The
	// first time no page of the database is in memory.
	searchTimes = 50
	searchLimit = 200 // ms
	searchPage  = 100 // entries
)

// searchLog measures opening a long log and getting pages of it.
func searchLog(ctx context.Context, o options) (rows []row, err error) {
	dir, err := longLog(ctx, o)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "log.db")
	many := func(what string) string { return fmt.Sprintf("%s entries: %s", thousands(o.entries), what) }
	var opened []float64
	for range 5 {
		if err := forgetPages(path); err != nil {
			return nil, err
		}
		began := time.Now()
		log, err := store.Open(ctx, store.Options{Dir: dir})
		if err != nil {
			return nil, err
		}
		opened = append(opened, milliseconds(time.Since(began)))
		if err := log.Close(); err != nil {
			return nil, err
		}
	}
	rows = append(rows, limited(many("open, slowest of 5"), "ms", slices.Max(opened), "limit", searchLimit))
	log, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer log.Close()
	size := log.LogState().Entries
	newest, err := log.ListActivity(ctx, store.ActivityFilter{Limit: 1})
	if err != nil {
		return nil, err
	}
	last := newest.List[0].Time
	session, err := log.ListActivity(ctx, store.ActivityFilter{Groups: []string{"sessions"}, Before: size / 3, Limit: 1})
	if err != nil || len(session.List) == 0 {
		return nil, fmt.Errorf("the long log has no session: %w", err)
	}
	for _, w := range []struct {
		what string
		f    store.ActivityFilter
	}{
		{"newest page", store.ActivityFilter{}},
		{"page in the middle", store.ActivityFilter{Before: size / 2}},
		{"oldest page", store.ActivityFilter{Before: searchPage}},
		{"group of many", store.ActivityFilter{Groups: []string{"alarms"}}},
		{"group of some", store.ActivityFilter{Groups: []string{"files"}, Before: size / 2}},
		{"group of few", store.ActivityFilter{Groups: []string{"policy"}}},
		{"one day of a year ago", store.ActivityFilter{From: last.AddDate(-1, 0, -1), To: last.AddDate(-1, 0, 0)}},
		{"group of few in a month", store.ActivityFilter{Groups: []string{"policy"}, From: last.AddDate(0, -6, 0), To: last.AddDate(0, -5, 0)}},
		{"one session, by its subject", store.ActivityFilter{Subject: session.List[0].Subject}},
		{"frequent word", store.ActivityFilter{Text: frequentWord}},
		{"frequent words and group", store.ActivityFilter{Text: "received to-pc", Groups: []string{"files"}}},
		{"rare word, four in all", store.ActivityFilter{Text: rareWord}},
		{"part of a session's name", store.ActivityFilter{Text: session.List[0].Subject[:10]}},
		{"word that is nowhere", store.ActivityFilter{Text: "nowhere"}},
		{"words never together", store.ActivityFilter{Text: "raised granted"}},
	} {
		w.f.Limit = searchPage
		slowest, calls, err := slowestPage(ctx, log, path, w.f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.what, err)
		}
		if calls > 1 { // its pages come short
			w.what += fmt.Sprintf(" (%d calls to the end)", calls)
		}
		rows = append(rows, limited(many(w.what), "ms", slowest, "limit", searchLimit))
	}
	return rows, nil
}

// slowestPage is the slowest call of all. A page that came short because it was
// searched for long enough is gone on with, each call on its own.
func slowestPage(ctx context.Context, log *store.Store, path string, f store.ActivityFilter) (slowest float64, calls int, err error) {
	for i := range searchTimes {
		if i == 0 {
			if err := forgetPages(path); err != nil {
				return 0, 0, err
			}
		}
		q := f
		for n := 1; ; n++ {
			began := time.Now()
			page, err := log.ListActivity(ctx, q)
			if err != nil {
				return 0, 0, err
			}
			slowest, calls = max(slowest, milliseconds(time.Since(began))), max(calls, n)
			if len(page.List) > 0 || !page.More {
				break
			}
			q.Before = page.Next
		}
	}
	return slowest, calls, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// thousands writes a number as people do.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

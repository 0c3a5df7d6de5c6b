package model

import (
	"slices"
	"time"

	"beckmanconnect/ipc/hostpb"
)

const (
	// activityPage is what is fetched at a time, in entries.
	activityPage = 100
	// activityAhead is how many rows before the end of what is known the next
	// page is fetched.
	activityAhead = 50
	// activityCalls is how often the service is asked for one page: a page may
	// come short where a filter finds little.
	activityCalls = 20
)

// ActivityList is the part of the log that a window holds: what passes a
// filter, newest first, without a gap, fetched page by page as somebody
// scrolls. The zero value is empty and wants its first page.
type ActivityList struct {
	filter  ActivityFilter
	entries []*hostpb.Activity // newest first
	loaded  bool
	stale   bool   // newer ones have to be fetched
	restart bool   // the log may be another one: what comes replaces what is here
	next    uint64 // where the next older page goes on
	done    bool   // the oldest is here

	from, to int // rows in sight; to is the first that is not

	generation uint64
	fetching   bool
	failed     bool // the last try; nothing is fetched until somebody asks again
	version    uint64
}

// Filter is what narrows the list.
func (l *ActivityList) Filter() ActivityFilter { return l.filter }

// SetFilter narrows the list anew; what was here goes.
func (l *ActivityList) SetFilter(f ActivityFilter) {
	if f != l.filter {
		*l = ActivityList{filter: f, generation: l.generation + 1, version: l.version + 1, fetching: l.fetching}
	}
}

// Reload has newer entries fetched; what is here stays.
func (l *ActivityList) Reload() { l.stale = true }

// Restart has everything fetched anew: the service is another one, and its log
// may be.
func (l *ActivityList) Restart() { l.stale, l.restart, l.failed = true, true, false }

// Retry has what could not be fetched asked for again.
func (l *ActivityList) Retry() {
	if l.failed {
		l.failed = false
		l.version++
	}
}

// Faulty says whether the last page could not be fetched.
func (l *ActivityList) Faulty() bool { return l.failed }

// Version grows with every change.
func (l *ActivityList) Version() uint64 { return l.version }

// Len is the number of rows, with one for what is still on its way.
func (l *ActivityList) Len() int {
	if l.loaded && !l.done {
		return len(l.entries) + 1
	}
	return len(l.entries)
}

// At is a row's entry; nil: still on its way.
func (l *ActivityList) At(i int) *hostpb.Activity {
	if i < 0 || i >= len(l.entries) {
		return nil
	}
	return l.entries[i]
}

// Key is what a row is known by, from 1; 0: still on its way.
func (l *ActivityList) Key(i int) uint64 {
	if a := l.At(i); a != nil {
		return a.GetIndex() + 1
	}
	return 0
}

// Index is where the row with a key stands.
func (l *ActivityList) Index(key uint64) (int, bool) {
	if key == 0 {
		return 0, false
	}
	return slices.BinarySearchFunc(l.entries, key-1, func(a *hostpb.Activity, want uint64) int {
		switch {
		case a.GetIndex() > want:
			return -1
		case a.GetIndex() < want:
			return 1
		}
		return 0
	})
}

// See notes which rows are in sight, so that what is missing is fetched.
func (l *ActivityList) See(from, to int) { l.from, l.to = max(from, 0), max(to, 0) }

// ActivityWant is what is to be fetched next.
type ActivityWant struct {
	filter     *hostpb.ActivityFilter
	generation uint64
	newest     bool
	replace    bool
	known      uint64 // of newest: the key of the newest that is here
	before     uint64
}

// ActivityGot is what came of it.
type ActivityGot struct {
	want ActivityWant
	rows []*hostpb.Activity
	next uint64
	done bool
	met  bool // of newest: what came reaches what was here
}

// Want says what is to be fetched next, one thing at a time; false: nothing.
// Whoever asks gets it and calls Put, or Failed.
func (l *ActivityList) Want(now time.Time) (ActivityWant, bool) {
	if l.fetching || l.failed {
		return ActivityWant{}, false
	}
	w := ActivityWant{filter: l.filter.Request(now), generation: l.generation}
	switch {
	case l.stale || !l.loaded:
		w.newest, w.replace, w.known = true, l.restart || !l.loaded, l.Key(0)
		l.stale, l.restart = false, false
	case !l.done && l.to >= len(l.entries)-activityAhead:
		w.before = l.next
	default:
		return ActivityWant{}, false
	}
	l.fetching = true
	return w, true
}

// Get fetches it. It touches nothing but what it returns, so it may run on
// another goroutine than the list's.
func (w ActivityWant) Get(ask func(*hostpb.ListActivityRequest) (*hostpb.ActivityPage, error)) (ActivityGot, error) {
	got := ActivityGot{want: w, next: w.before}
	for range activityCalls {
		page, err := ask(&hostpb.ListActivityRequest{Filter: w.filter, BeforeIndex: got.next, Limit: activityPage})
		if err != nil {
			return got, err
		}
		got.rows = append(got.rows, page.GetEntries()...)
		got.done = !page.GetMore()
		before := got.next
		got.next = page.GetNextIndex()
		if n := len(page.GetEntries()); got.next == 0 && n > 0 {
			got.next = page.GetEntries()[n-1].GetIndex()
		}
		if got.next == 0 || before != 0 && got.next >= before {
			got.done = true // it would begin again
		}
		got.met = got.done || got.next < w.known // all that is newer than next was looked through
		if got.done || len(got.rows) >= activityPage && (w.replace || !w.newest || got.met) {
			break
		}
	}
	return got, nil
}

// Failed notes that nothing came. It is not asked for again before Retry or
// Restart.
func (l *ActivityList) Failed(w ActivityWant) {
	l.fetching = false
	if w.generation == l.generation {
		l.failed = true
		l.stale = l.stale || w.newest
		l.restart = l.restart || w.newest && w.replace
		l.version++
	}
}

// Put takes in what came. Newer entries come before what is here, which stays.
func (l *ActivityList) Put(got ActivityGot) {
	l.fetching = false
	if got.want.generation != l.generation {
		return // of another filter
	}
	l.version++
	switch {
	case !got.want.newest:
		l.entries = append(l.entries, got.rows...)
		l.next, l.done = got.next, got.done
	case got.want.replace || !l.loaded || !got.met:
		// So much came in between that there would be a gap.
		l.entries, l.next, l.done = got.rows, got.next, got.done
	default:
		l.merge(got.rows)
	}
	l.loaded = true
}

// merge takes in the newest, with what has changed about those that were here.
func (l *ActivityList) merge(rows []*hostpb.Activity) {
	var newer []*hostpb.Activity
	for _, a := range rows {
		if i, ok := l.Index(a.GetIndex() + 1); ok {
			l.entries[i] = a
		} else if len(l.entries) == 0 || a.GetIndex() > l.entries[0].GetIndex() {
			newer = append(newer, a)
		}
	}
	l.entries = append(newer, l.entries...)
}

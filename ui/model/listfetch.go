package model

import (
	"maps"
	"slices"
	"sort"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// ListWant is what is to be fetched next.
type ListWant struct {
	filter     Filter
	now        time.Time
	generation uint64
	first      bool
	fill       bool // rows that were forgotten
	part       int
	before     uint64
}

// ListGot is what came of it.
type ListGot struct {
	want   ListWant
	rows   []*hostpb.Notification
	total  int
	part   int
	before uint64
	done   bool
}

// Want says what is to be fetched next, one thing at a time; false: nothing.
// Whoever asks gets it and calls Put, or Failed.
func (l *AlarmList) Want(now time.Time) (ListWant, bool) {
	if l.fetching || l.failed {
		return ListWant{}, false
	}
	w := ListWant{filter: l.filter, now: now, generation: l.generation, part: l.part, before: l.before}
	switch missing := l.missing(); {
	case l.stale || !l.loaded:
		w.first, w.part, w.before = true, 0, 0
		l.stale = false
	case missing >= 0:
		k := l.keys[missing]
		w.fill, w.before = true, k.id+1
		w.part = max(slices.Index(l.filter.ranks(), k.rank), 0)
	case !l.done && l.to >= len(l.keys)-listAhead:
	default:
		return ListWant{}, false
	}
	l.fetching, l.fresh, l.now = true, nil, now
	return w, true
}

// missing is the first row in sight that was forgotten; -1: none.
func (l *AlarmList) missing() int {
	for i := l.from; i < min(l.to, len(l.keys)); i++ {
		if l.held[l.keys[i].id] == nil {
			return i
		}
	}
	return -1
}

// Get fetches it. It touches nothing but what it returns, so it may run on
// another goroutine than the list's.
func (w ListWant) Get(ask func(*hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error)) (ListGot, error) {
	got := ListGot{want: w, part: w.part, before: w.before}
	ranks := w.filter.ranks()
	if w.first && len(ranks) > 1 {
		all := w.filter.request(w.now)
		all.Limit = 1
		page, err := ask(all)
		if err != nil {
			return got, err
		}
		got.total = int(page.GetTotal())
	}
	for !got.done && len(got.rows) < listPage {
		page, err := ask(w.filter.page(ranks[got.part], got.before, w.now))
		if err != nil {
			return got, err
		}
		if w.first && len(ranks) == 1 && got.before == 0 {
			got.total = int(page.GetTotal())
		}
		rows := page.GetNotifications()
		got.rows = append(got.rows, rows...)
		if page.GetMore() && len(rows) > 0 {
			got.before = rows[len(rows)-1].GetId()
			if w.fill {
				break
			}
			continue
		}
		got.part, got.before = got.part+1, 0
		got.done = got.part >= len(ranks) || w.fill
	}
	return got, nil
}

// Failed notes that nothing came. It is not asked for again before Retry or
// Reload.
func (l *AlarmList) Failed(w ListWant) {
	l.fetching, l.fresh = false, nil
	if w.generation == l.generation {
		l.failed, l.stale = true, l.stale || w.first
		l.version++
	}
}

// Put takes in what came. What changed while it was on its way is newer.
func (l *AlarmList) Put(got ListGot) {
	fresh := l.fresh
	l.fetching, l.fresh = false, nil
	if got.want.generation != l.generation {
		return // of another filter
	}
	l.version++
	switch {
	case got.want.first:
		l.keys, l.held, l.total = nil, map[uint64]*hostpb.Notification{}, got.total
		l.loaded, l.part, l.before, l.done = true, got.part, got.before, got.done
	case got.want.fill:
		l.forget(got)
	default:
		l.part, l.before, l.done = got.part, got.before, got.done
	}
	for _, n := range got.rows {
		l.newest = max(l.newest, n.GetId())
		l.remove(n.GetId())
		l.insert(n)
	}
	for _, id := range slices.Sorted(maps.Keys(fresh)) {
		l.remove(id)
		if n := fresh[id]; l.filter.lets(n, l.now) && l.within(l.filter.key(n)) {
			l.insert(n)
		}
	}
}

// forget drops the rows whose place a page has filled anew: those that do not
// come back have left the filter.
func (l *AlarmList) forget(got ListGot) {
	ranks := l.filter.ranks()
	rank := ranks[got.want.part]
	first := sort.Search(len(l.keys), func(i int) bool { return l.keys[i].compare(alarmKey{rank, got.want.before - 1}) >= 0 })
	end := alarmKey{rank, 0}
	if n := len(got.rows); n > 0 && !got.done {
		end.id = got.rows[n-1].GetId()
	}
	last := sort.Search(len(l.keys), func(i int) bool { return l.keys[i].compare(end) > 0 })
	for _, k := range l.keys[first:max(first, last)] {
		delete(l.held, k.id)
	}
	l.keys = slices.Delete(l.keys, first, max(first, last))
}

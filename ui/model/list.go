package model

import (
	"maps"
	"slices"
	"time"

	"beckmanconnect/ipc/hostpb"
)

const (
	// listPage is what is fetched at a time, the most the service gives.
	listPage = 200
	// listAhead is how many rows before the end of what is known the next page
	// is fetched.
	listAhead = 100
	// heldMost is how many notifications are kept whole; of those far out of
	// sight only the number stays.
	heldMost, heldAround = 4000, 800
	// countedMost is as far as the service counts.
	countedMost = 1_000
)

// AlarmList is the part of the log's notifications that a window holds: what
// passes a filter, in its order, fetched page by page as somebody scrolls.
// Events keep it up to date. The zero value is empty and wants its first page.
type AlarmList struct {
	filter Filter
	keys   []alarmKey // in order
	held   map[uint64]*hostpb.Notification

	loaded bool
	stale  bool   // the first page has to be fetched anew
	part   int    // index in the filter's ranks where the next page comes from
	before uint64 // and the number it goes on below
	done   bool   // everything is here
	total  int    // that pass, as the service counted and events changed it
	newest uint64 // the highest number seen

	now time.Time // of the newest fetch: spans are counted from its day

	from, to int // rows in sight; to is the first that is not

	generation uint64
	fetching   bool
	failed     bool                            // the last try; nothing is fetched until somebody asks again
	fresh      map[uint64]*hostpb.Notification // that changed while a page was on its way
	version    uint64
}

// alarmKey is a row's place: by rank, and within it newest first.
type alarmKey struct {
	rank uint8
	id   uint64
}

func (k alarmKey) compare(o alarmKey) int {
	switch {
	case k.rank != o.rank:
		return int(k.rank) - int(o.rank)
	case k.id > o.id:
		return -1
	case k.id < o.id:
		return 1
	}
	return 0
}

func (f Filter) key(n *hostpb.Notification) alarmKey {
	k := alarmKey{id: n.GetId()}
	if !f.ordered() {
		return k
	}
	switch n.GetSeverity() {
	case hostpb.Severity_SEVERITY_HIGH:
	case hostpb.Severity_SEVERITY_LOW:
		k.rank = 2
	case hostpb.Severity_SEVERITY_INFO:
		k.rank = 3
	default: // what we do not know counts as something to look at
		k.rank = 1
	}
	return k
}

// Filter is what it is narrowed by.
func (l *AlarmList) Filter() Filter { return l.filter }

// SetFilter narrows it by something else. What passes is fetched anew.
func (l *AlarmList) SetFilter(f Filter) {
	if f == l.filter {
		return
	}
	*l = AlarmList{filter: f, generation: l.generation + 1, version: l.version + 1, newest: l.newest, now: l.now, fetching: l.fetching}
}

// Reload has the first page fetched anew; what is here stays until it comes.
func (l *AlarmList) Reload() { l.stale, l.failed = true, false }

// Retry has what could not be fetched asked for again.
func (l *AlarmList) Retry() {
	if l.failed {
		l.failed = false
		l.version++
	}
}

// Faulty says whether the last page could not be fetched.
func (l *AlarmList) Faulty() bool { return l.failed }

// Loaded says whether the first page has come.
func (l *AlarmList) Loaded() bool { return l.loaded }

// Total is how many pass; capped: or more.
func (l *AlarmList) Total() (n int, capped bool) {
	return max(l.total, len(l.keys)), l.total >= countedMost && !l.done
}

// Version grows with every change.
func (l *AlarmList) Version() uint64 { return l.version }

// Len is the number of rows, with one for what is still on its way.
func (l *AlarmList) Len() int {
	if l.loaded && !l.done {
		return len(l.keys) + 1
	}
	return len(l.keys)
}

// ID is the number of a row's notification; 0: still on its way.
func (l *AlarmList) ID(i int) uint64 {
	if i < 0 || i >= len(l.keys) {
		return 0
	}
	return l.keys[i].id
}

// Index is where a notification stands.
func (l *AlarmList) Index(id uint64) (int, bool) {
	for _, rank := range l.filter.ranks() {
		if i, ok := l.find(alarmKey{rank, id}); ok {
			return i, true
		}
	}
	return 0, false
}

func (l *AlarmList) find(k alarmKey) (int, bool) {
	return slices.BinarySearchFunc(l.keys, k, alarmKey.compare)
}

// At is a row's notification; nil: still on its way.
func (l *AlarmList) At(i int) *hostpb.Notification { return l.held[l.ID(i)] }

// See notes which rows are in sight, so that what is missing is fetched.
func (l *AlarmList) See(from, to int) {
	l.from, l.to = max(from, 0), max(to, 0)
	if len(l.held) > heldMost {
		l.trim()
	}
}

// trim forgets what is far out of sight but for its place.
func (l *AlarmList) trim() {
	maps.DeleteFunc(l.held, func(id uint64, _ *hostpb.Notification) bool {
		i, ok := l.Index(id)
		return !ok || i < l.from-heldAround || i > l.to+heldAround
	})
}

// Apply takes an event in.
func (l *AlarmList) Apply(n *hostpb.Notification) {
	isNew := n.GetId() > l.newest
	l.newest = max(l.newest, n.GetId())
	if l.fetching {
		if l.fresh == nil {
			l.fresh = map[uint64]*hostpb.Notification{}
		}
		l.fresh[n.GetId()] = n
	}
	if !l.loaded {
		return
	}
	was := l.remove(n.GetId())
	lets := l.filter.lets(n, l.now)
	switch {
	case lets && l.within(l.filter.key(n)):
		l.insert(n)
		if !was {
			l.total++
		}
	case lets && isNew:
		l.total++ // below what is here so far
	case was && !lets:
		l.total = max(l.total-1, 0)
	case !was:
		return
	}
	l.version++
}

// within says whether a place is inside what has been fetched.
func (l *AlarmList) within(k alarmKey) bool {
	return l.done || (len(l.keys) > 0 && k.compare(l.keys[len(l.keys)-1]) < 0)
}

func (l *AlarmList) insert(n *hostpb.Notification) {
	k := l.filter.key(n)
	if i, ok := l.find(k); !ok {
		l.keys = slices.Insert(l.keys, i, k)
	}
	if l.held == nil {
		l.held = map[uint64]*hostpb.Notification{}
	}
	l.held[n.GetId()] = n
}

func (l *AlarmList) remove(id uint64) bool {
	i, ok := l.Index(id)
	if ok {
		l.keys = slices.Delete(l.keys, i, i+1)
	}
	delete(l.held, id)
	return ok
}

// Notification returns one that is held.
func (l *AlarmList) Notification(id uint64) *hostpb.Notification { return l.held[id] }

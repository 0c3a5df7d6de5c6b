package model

import (
	"cmp"
	"slices"
	"time"

	"beckmanconnect/ipc/hostpb"
)

const (
	// homeAlarms is how many open notifications have a row of their own.
	homeAlarms = 3
	// homeRecent is how many of the last things are shown.
	homeRecent = 3
	// homePace is the least time between two looks at the service for the page: a
	// flood changes it faster than anybody reads.
	homePace = time.Second
)

// Home is what the first page has fetched. The zero value wants everything.
type Home struct {
	Open        []*hostpb.Notification // the worst that are open, worst and newest first
	Recent      []*hostpb.Activity     // newest first
	RecentKnown bool

	fresh    bool // nothing has changed since it was asked for
	fetching bool
	asked    time.Time
}

// Stale has it fetched anew.
func (h *Home) Stale() { h.fresh = false }

// Want says whether to fetch it now. Whoever asks fetches, and calls Put or
// Failed.
func (h *Home) Want(now time.Time) bool {
	if h.fresh || h.fetching || now.Sub(h.asked) < homePace && !now.Before(h.asked) {
		return false
	}
	h.fresh, h.fetching, h.asked = true, true, now
	return true
}

// Failed notes that nothing came; it is tried again.
func (h *Home) Failed() { h.fetching, h.fresh = false, false }

// HomeGot is what was fetched.
type HomeGot struct {
	Open   []*hostpb.Notification
	Recent []*hostpb.Activity
}

// Put takes it in.
func (h *Home) Put(got HomeGot) {
	h.fetching, h.Open, h.Recent, h.RecentKnown = false, got.Open, got.Recent, true
}

// GetHome fetches it. It touches nothing but what it returns, so it may run on
// another goroutine than the windows'.
func GetHome(list func(*hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error),
	log func(*hostpb.ListActivityRequest) (*hostpb.ActivityPage, error)) (got HomeGot, err error) {
	for _, severity := range bySeverity {
		page, err := list(&hostpb.ListNotificationsRequest{States: []hostpb.AlarmState{hostpb.AlarmState_ALARM_STATE_RAISED}, Limit: homeAlarms, Severities: []hostpb.Severity{severity}})
		if err != nil {
			return got, err
		}
		got.Open = append(got.Open, page.GetNotifications()...)
		if len(got.Open) >= homeAlarms {
			break
		}
	}
	slices.SortStableFunc(got.Open, func(a, b *hostpb.Notification) int { return cmp.Compare(b.GetSeverity(), a.GetSeverity()) })
	got.Open = got.Open[:min(len(got.Open), homeAlarms)]
	// Of what the system does by itself nobody at the bench needs to read first.
	people := &hostpb.ActivityFilter{Groups: activityGroups[:len(activityGroups)-1]}
	page, err := log(&hostpb.ListActivityRequest{Filter: people, Limit: homeRecent})
	if err != nil {
		return got, err
	}
	got.Recent = page.GetEntries()
	got.Recent = got.Recent[:min(len(got.Recent), homeRecent)]
	return got, nil
}

// alarmChanged keeps a row true until the next fetch: what was acknowledged,
// put away or is over needs nothing more.
func (h *Home) alarmChanged(n *hostpb.Notification) {
	h.Stale()
	if i := slices.IndexFunc(h.Open, func(o *hostpb.Notification) bool { return o.GetId() == n.GetId() }); i >= 0 {
		h.Open = slices.Clone(h.Open)
		if isOpen(n) {
			h.Open[i] = n
		} else {
			h.Open = slices.Delete(h.Open, i, i+1)
		}
	}
}

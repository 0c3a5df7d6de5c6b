package model

import (
	"slices"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// Scope is which notifications a list shows, by their state.
type Scope int

const (
	ScopeOpen    Scope = iota // nobody has acknowledged them yet; worst first
	ScopeShelved              // put away by a person; newest first
	ScopeAll                  // newest first
)

// Span is when they were raised, in whole days of the PC's own time.
type Span int

const (
	SpanAny Span = iota
	SpanToday
	SpanYesterday
	SpanWeek  // today and the six days before
	SpanMonth // today and the 29 days before
)

// Filter narrows the list of notifications. The zero value shows all that is
// open. Filters are compared with ==.
type Filter struct {
	High, Medium, Low, Info bool // none of them: every severity
	Scope                   Scope
	Source                  string // "machine", "instrument-log", …; empty: every source
	Span                    Span
	Text                    string // part of code, subject or publisher, in any case
	Group                   uint64 // the members of this group; 0: groups stand for their members
}

// Narrowed says whether something would come to light by clearing the filter.
func (f Filter) Narrowed() bool { return f != Filter{Scope: f.Scope} }

// ordered says whether the worst come first. Then each severity is listed by
// itself, one after the other, because the service lists newest first.
func (f Filter) ordered() bool { return f.Scope == ScopeOpen && f.Group == 0 }

// bySeverity are the severities from the worst down; a rank is an index in it.
var bySeverity = []hostpb.Severity{
	hostpb.Severity_SEVERITY_HIGH, hostpb.Severity_SEVERITY_MEDIUM, hostpb.Severity_SEVERITY_LOW, hostpb.Severity_SEVERITY_INFO,
}

func (f Filter) severities() []hostpb.Severity {
	var out []hostpb.Severity
	for i, on := range []bool{f.High, f.Medium, f.Low, f.Info} {
		if on {
			out = append(out, bySeverity[i])
		}
	}
	return out
}

// ranks are the parts the list is fetched in, in their order.
func (f Filter) ranks() []uint8 {
	if !f.ordered() {
		return []uint8{0}
	}
	var out []uint8
	some := len(f.severities()) > 0
	for i, on := range []bool{f.High, f.Medium, f.Low, f.Info} {
		if on || !some {
			out = append(out, uint8(i))
		}
	}
	return out
}

// between is the time a span stands for, as it is at now; 0: without a bound.
func (f Filter) between(now time.Time) (since, until int64) {
	y, m, d := now.Date()
	day := func(back int) int64 { return time.Date(y, m, d-back, 0, 0, 0, 0, now.Location()).UnixMilli() }
	switch f.Span {
	case SpanToday:
		return day(0), 0
	case SpanYesterday:
		return day(1), day(0)
	case SpanWeek:
		return day(6), 0
	case SpanMonth:
		return day(29), 0
	}
	return 0, 0
}

// request asks for what the filter lets through, of every severity it wants.
func (f Filter) request(now time.Time) *hostpb.ListNotificationsRequest {
	r := &hostpb.ListNotificationsRequest{Severities: f.severities(), Text: strings.TrimSpace(f.Text), GroupId: f.Group}
	switch f.Scope {
	case ScopeOpen:
		r.States = []hostpb.AlarmState{hostpb.AlarmState_ALARM_STATE_RAISED}
	case ScopeShelved:
		r.States = []hostpb.AlarmState{hostpb.AlarmState_ALARM_STATE_SHELVED}
	}
	if f.Source != "" {
		r.Sources = []string{f.Source}
	}
	r.SinceUnixMs, r.UntilUnixMs = f.between(now)
	return r
}

// page asks for a page of one part.
func (f Filter) page(rank uint8, before uint64, now time.Time) *hostpb.ListNotificationsRequest {
	r := f.request(now)
	if f.ordered() {
		r.Severities = []hostpb.Severity{bySeverity[rank]}
	}
	r.BeforeId, r.Limit = before, listPage
	return r
}

// lets says whether a notification passes, as the service would say it.
func (f Filter) lets(n *hostpb.Notification, now time.Time) bool {
	text := strings.ToLower(strings.TrimSpace(f.Text))
	searched := f.Group == 0 && text != "" // a search finds the members of groups as well
	switch {
	case n.GetGroupId() != f.Group && !searched,
		f.Scope == ScopeOpen && !isOpen(n),
		f.Scope == ScopeShelved && n.GetState() != hostpb.AlarmState_ALARM_STATE_SHELVED,
		f.Source != "" && n.GetSource() != f.Source:
		return false
	}
	if wanted := f.severities(); len(wanted) > 0 && !slices.Contains(wanted, n.GetSeverity()) {
		return false
	}
	since, until := f.between(now)
	if n.GetRaisedUnixMs() < since || (until > 0 && n.GetRaisedUnixMs() >= until) {
		return false
	}
	return text == "" || strings.Contains(strings.ToLower(n.GetCode()), text) || strings.Contains(strings.ToLower(n.GetSubject()), text) ||
		strings.Contains(strings.ToLower(n.GetPublisher()), text)
}

// isOpen says whether somebody has to look at it: it was neither acknowledged
// nor put away, and is not over.
func isOpen(n *hostpb.Notification) bool {
	switch n.GetState() {
	case hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, hostpb.AlarmState_ALARM_STATE_CLEARED, hostpb.AlarmState_ALARM_STATE_SHELVED:
		return false
	}
	return true
}

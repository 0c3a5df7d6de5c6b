package model

import (
	"slices"
	"strings"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// Activity is what the activity page remembers.
type Activity struct {
	List   ActivityList
	Detail ActivityDetail
	Export Export
}

// ActivityDetail is the entry that is open.
type ActivityDetail struct {
	Open   bool
	Index  uint64
	Stale  bool // it has to be fetched
	Gone   bool // it could not be
	Copied bool // its proof is on the clipboard
	Got    *hostpb.ActivityDetail
}

// ActivityGroups are the groups of kinds that people narrow the log by, in
// their order on the screen; the names are the service's.
func ActivityGroups() []string { return slices.Clone(activityGroups[:]) }

var activityGroups = [...]string{"alarms", "sessions", "files", "upgrades", "policy", "people", "system"}

// ActivitySpans are the spans the log can be narrowed to, in their order on the
// screen.
func ActivitySpans() []Span { return []Span{SpanAny, SpanToday, SpanYesterday, SpanWeek, SpanMonth} }

// ActivityFilter narrows the log. The zero value shows all of it. Filters are
// compared with ==.
type ActivityFilter struct {
	Groups  [len(activityGroups)]bool // none of them: every group
	Span    Span
	Text    string // every word of it begins a word of an entry's plain columns
	Session string // the entries of this session alone
}

// activityTextLimit is how much is searched for, in characters.
const activityTextLimit = 120

// Narrowed says whether something would come to light by clearing the filter.
func (f ActivityFilter) Narrowed() bool { return f != ActivityFilter{} }

// Request is the filter for the service, as it is at now. Days are the PC's own.
func (f ActivityFilter) Request(now time.Time) *hostpb.ActivityFilter {
	r := &hostpb.ActivityFilter{Text: Clean(strings.TrimSpace(f.Text), activityTextLimit), Subject: f.Session}
	for i, on := range f.Groups {
		if on {
			r.Groups = append(r.Groups, activityGroups[i])
		}
	}
	r.FromMs, r.ToMs = Filter{Span: f.Span}.between(now)
	return r
}

// sessionKinds are the first words of the kinds whose subject is a session.
// What came before its code was right bears the request's number.
var sessionKinds = []string{"session.", "prompt.", "chat.", "monitor.", "pointer.", "clipboard.", "file."}

// SessionOf is the session that an entry belongs to; "": none.
func SessionOf(a *hostpb.Activity) string {
	for _, kind := range sessionKinds {
		if strings.HasPrefix(a.GetKind(), kind) {
			return a.GetSubject()
		}
	}
	return ""
}

// OpenActivity shows one entry of the log.
func (s *State) OpenActivity(index uint64) {
	s.Activity.Detail = ActivityDetail{Open: true, Index: index, Stale: true}
}

// BackFromActivity goes one step back. It says whether there was one.
func (s *State) BackFromActivity() bool {
	a := &s.Activity
	switch {
	case a.Export.Step != ExportClosed && a.Export.Step != ExportRunning:
		a.Export = Export{}
	case a.Detail.Open:
		a.Detail = ActivityDetail{}
	case a.List.Filter().Session != "":
		f := a.List.Filter()
		f.Session = ""
		a.List.SetFilter(f)
	default:
		return false
	}
	return true
}

// AtActivityRoot says whether there is no step to go back on the page.
func (s *State) AtActivityRoot() bool {
	a := &s.Activity
	return (a.Export.Step == ExportClosed || a.Export.Step == ExportRunning) && !a.Detail.Open && a.List.Filter().Session == ""
}

// PutEntry takes in what was opened, unless something else has been since.
func (s *State) PutEntry(index uint64, got *hostpb.ActivityDetail) {
	if d := &s.Activity.Detail; d.Open && d.Index == index && got.GetEntry() != nil {
		d.Got, d.Gone = got, false
	}
}

// ExportStep is how far a file of the log is.
type ExportStep int

const (
	ExportClosed  ExportStep = iota
	ExportAsked              // which format?
	ExportRunning            // it is being written
	ExportSaved
	ExportFailed
)

// Export is a part of the log on its way into a file.
type Export struct {
	Step    ExportStep
	Format  string // of ExportFormats; "certificate" or "proof" on their own
	Session string // of a certificate
	Done    uint64 // entries
	Total   uint64 // 0: not known yet
	Name    string // of the file, when it is there
	Code    string // why it failed
}

// ExportFormats are what the log can be written as, in their order on the
// screen.
func ExportFormats() []string { return []string{"pdf", "csv", "jsonl"} }

package model

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/theme"
)

// ActivityView is the page above and around its rows. Views are compared with ==.
type ActivityView struct {
	Loading   bool
	Unknown   bool // the service does not answer, and nothing is here
	Faulty    bool // the newest page could not be fetched
	None      bool // nothing has been logged
	NoneFound bool // nothing passes the filter
	Narrowed  bool

	Filter  ActivityFilter
	Session string // what the filter's session is called; "": all of them
	Title   string
	Proof   Mark        // how far the log is proven
	Trouble ask.Trouble // Title "": all is well
	CanSave bool
	Export  ExportView
}

// ActivityView makes the view model.
func (s *State) ActivityView(c *text.Catalogue, now time.Time) ActivityView {
	l := &s.Activity.List
	v := ActivityView{
		Loading: s.Connected && !l.loaded && !l.failed, Unknown: !s.Connected && len(l.entries) == 0, Faulty: s.Connected && l.failed,
		Filter: l.filter, Narrowed: l.filter.Narrowed(), Title: c.T("activity.title"), CanSave: s.Connected, Export: s.exportView(c),
	}
	if l.loaded && l.done && len(l.entries) == 0 && !v.Unknown && !v.Faulty {
		v.None, v.NoneFound = !v.Narrowed, v.Narrowed
	}
	if id := l.filter.Session; id != "" {
		v.Session = c.T("activity.session.only", "id", shortID(id))
	}
	log := s.Status.GetLog()
	if log == nil {
		return v
	}
	v.Title = c.T("activity.entries", "n", int(log.GetEntries()))
	v.Proof, v.Trouble = proofMark(c, log, now), ask.LogTrouble(c, log)
	return v
}

// proofMark says when the log was sealed and who has seen it.
func proofMark(c *text.Catalogue, log *hostpb.LogState, now time.Time) Mark {
	sealed := log.GetCheckpointUnix()
	if sealed <= 0 {
		return Mark{theme.Attention, icons.Clock, c.T("activity.unsealed")}
	}
	words := c.T("activity.sealed", "when", c.Within(at(sealed*1000, now), now))
	if seen := log.GetWitnessedUnix(); seen > 0 {
		return Mark{theme.Good, icons.Seal, words + " · " + c.T("activity.seen", "when", c.Within(at(seen*1000, now), now))}
	}
	return Mark{theme.Neutral, icons.Seal, words + " · " + c.T("activity.unseen")}
}

// shortID is enough of an identifier to tell it from others on a screen.
func shortID(id string) string { return Clean(id, 12) }

// ActivityRow is one entry; Day is set on the first of each day. Rows are
// compared with ==.
type ActivityRow struct {
	Key, Index  uint64
	Loading     bool
	Day         string
	Clock, What string
	Meta        string // who, and what more there is
	Icon        icons.Name
	Tone        theme.Tone
	Proof       Mark   // how well it is proven; no word: not at all yet
	Warning     string // its clock went back, or part of it does not fit its proof
	Session     string // the session that it began or ended
}

// ActivityRow makes the row at a place.
func (s *State) ActivityRow(c *text.Catalogue, i int, now time.Time) ActivityRow {
	l := &s.Activity.List
	a := l.At(i)
	if a == nil {
		return ActivityRow{Loading: true, What: c.T("activity.loading"), Icon: icons.Clock}
	}
	t := at(a.GetUnixMs(), now)
	r := ActivityRow{Key: a.GetIndex() + 1, Index: a.GetIndex(), Clock: c.Clock(t), Proof: s.proof(c, a)}
	r.What, r.Icon, r.Tone = plainWords(c, a)
	r.Meta = Joined(actor(c, a.GetActor()), detail(c, a))
	day := c.Day(t, now)
	if before := l.At(i - 1); before == nil || c.Day(at(before.GetUnixMs(), now), now) != day {
		r.Day = day
	}
	switch {
	case len(a.GetDamaged()) > 0:
		r.Warning = c.T("activity.damaged")
	case a.GetClockBack():
		r.Warning = c.T("activity.clock-back")
	}
	if kind := a.GetKind(); (kind == "session.authenticated" || kind == "session.ended") && a.GetSubject() != l.filter.Session {
		r.Session = a.GetSubject()
	}
	return r
}

// proof says how well an entry is proven. What was witnessed since it was
// fetched is known from the log's state.
func (s *State) proof(c *text.Catalogue, a *hostpb.Activity) Mark {
	switch {
	case a.GetProven() && (a.GetWitnessed() || a.GetIndex() < s.Status.GetLog().GetWitnessed()):
		return Mark{theme.Good, icons.Seal, c.T("activity.witnessed")}
	case a.GetProven():
		return Mark{theme.Neutral, icons.Seal, c.T("activity.proven")}
	}
	return Mark{}
}

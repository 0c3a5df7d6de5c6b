package model

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/icons"
)

// PromptView is one question to the technician: one capability, one sentence
// (P24). Every text in it that came from outside is cleaned (scenario 15).
type PromptView struct {
	ID          string
	Icon        icons.Name
	Capability  string // its label
	Sentence    string
	Name        string
	Account     string
	Reason      string
	Facts       [][2]string // a file's name, size and fingerprint
	Durations   []DurationChoice
	PatientData bool
	Run         bool
}

// DurationChoice is for how long.
type DurationChoice struct {
	Value hostpb.Duration_
	ID    string
	Label string
}

// NewPromptView makes the view model of a prompt.
func NewPromptView(c *text.Catalogue, p *hostpb.Prompt) PromptView {
	id, icon := capability(p.GetCapability())
	e := p.GetEngineer()
	v := PromptView{
		ID: p.GetId(), Icon: icon, Capability: c.T("capability." + id),
		Name: cleanName(e.GetName()), Account: cleanName(e.GetAccount()),
		Reason: Clean(p.GetReason(), 200), PatientData: p.GetPatientData(), Run: p.GetRunInProgress(),
	}
	v.Sentence = c.T("prompt.asks."+id, "name", v.Name, "organisation", cleanName(e.GetOrganisation()))
	if v.Reason == "" {
		v.Reason = c.T("prompt.reason.none")
	}
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES {
		// A file is asked for each time; there is nothing to choose.
		v.Facts = [][2]string{
			{c.T("prompt.file"), cleanName(p.GetFileName())},
			{c.T("prompt.size"), c.Size(p.GetFileSize())},
			{c.T("prompt.hash"), shortHash(p.GetFileSha256())},
		}
		return v
	}
	for _, d := range p.GetDurations() {
		switch d {
		case hostpb.Duration__DURATION_ONCE:
			v.Durations = append(v.Durations, DurationChoice{d, "once", c.T("prompt.duration.once")})
		case hostpb.Duration__DURATION_15_MIN:
			v.Durations = append(v.Durations, DurationChoice{d, "15min", c.T("prompt.duration.15min")})
		case hostpb.Duration__DURATION_SESSION:
			v.Durations = append(v.Durations, DurationChoice{d, "session", c.T("prompt.duration.session")})
		}
	}
	return v
}

// shortHash is enough of a fingerprint to compare aloud.
func shortHash(hex string) string {
	hex = Clean(hex, nameLimit)
	if len(hex) < 16 {
		return hex
	}
	return hex[0:4] + " " + hex[4:8] + " " + hex[8:12] + " " + hex[12:16] + " …"
}

// Arming is the time a prompt has been in sight. Allow works only after
// enough of it, so that a click or key meant for something else never answers
// (scenarios 10, 11). Time out of sight does not count, and starts it anew.
type Arming struct {
	need    time.Duration
	seen    time.Duration
	last    time.Time
	visible bool
}

// defaultArming holds when a prompt names no time of its own.
const defaultArming = 800 * time.Millisecond

// NewArming starts counting for a prompt.
func NewArming(p *hostpb.Prompt) *Arming {
	need := time.Duration(p.GetArmedAfterMs()) * time.Millisecond
	if need <= 0 {
		need = defaultArming
	}
	return &Arming{need: need}
}

// longestStep is the most one tick may add: a program that was stopped for a
// minute has not been looked at for a minute.
const longestStep = 250 * time.Millisecond

// Tick takes in whether the prompt is in sight now.
func (a *Arming) Tick(now time.Time, visible bool) {
	switch {
	case !visible:
		a.seen = 0
	case a.visible:
		a.seen += min(max(now.Sub(a.last), 0), longestStep)
	}
	a.last, a.visible = now, visible
}

// Armed says whether Allow may work.
func (a *Arming) Armed() bool { return a.visible && a.seen >= a.need }

// BarView is the session bar.
type BarView struct {
	SessionID string
	Title     string
	Lost      bool
	Leases    []LeaseRow
	Nothing   string // said when nothing is allowed
	Kill      string
	End       string
}

// Bar makes the bar's view model; ok is false without a session.
func (s *State) Bar(c *text.Catalogue, now time.Time) (v BarView, ok bool) {
	if !s.Connected || !s.InSession() {
		return v, false
	}
	name := cleanName(s.Support.GetEngineer().GetName())
	v = BarView{SessionID: s.Support.GetSessionId(), Title: c.T("bar.connected", "name", name), Kill: c.T("bar.kill", "key", c.T(KillKey)), End: c.T("bar.end")}
	if s.NoKillKey {
		v.Kill = c.T("bar.no-kill", "key", c.T(KillKey))
	}
	if s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST {
		v.Lost, v.Title = true, c.T("bar.lost", "name", name)
	}
	for _, l := range s.Support.GetLeases() {
		r := leaseRow(c, l, now)
		r.Label = c.T("bar." + r.ID)
		r.Left = ""
		if ms := l.GetUntilUnixMs(); ms > 0 {
			r.Left = c.Countdown(at(ms, now).Sub(now))
		}
		v.Leases = append(v.Leases, r)
	}
	if len(v.Leases) == 0 {
		v.Nothing = c.T("bar.nothing")
	}
	return v, true
}

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
	Facts       [][2]string      // ticket, reason, and what exactly: screens, or a file's name, size, direction and fingerprint
	Durations   []DurationChoice // to choose from; empty: there is one, Only
	Only        hostpb.Duration_
	PatientData string // what patient data has to do with it; "": nothing
	Run         bool
	Missed      string // the same was asked before and nobody answered; "": it was not
	Initials    bool   // a yes counts only with initials
	Folder      bool   // a file for this PC: say where it goes
	Chooses     bool   // a yes leads to choosing a file
	PIN         bool   // a yes counts only with initials and that person's PIN
	PINWhy      string
	PINLeft     string // how many tries are left; "": not told
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
		Run:      p.GetRunInProgress(),
		Initials: p.GetNeedsInitials() || p.GetNeedsPin(), PIN: p.GetNeedsPin(),
	}
	sentence := "prompt.asks." + id
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES {
		sentence = fileSentence(p)
		v.Folder, v.Chooses = p.GetFileDirection() == "to-pc", sentence == "prompt.asks.fetch"
	}
	v.Sentence = c.T(sentence, "name", v.Name, "organisation", cleanName(e.GetOrganisation()))
	if p.GetPatientData() {
		v.PatientData = c.T("prompt.patient-data")
		if key := "prompt.patient-data." + id; c.Has(key) {
			v.PatientData = c.T(key)
		}
	}
	if n := p.GetMissed(); n > 0 {
		v.Missed = c.T("prompt.missed", "n", n)
	}
	if v.PIN {
		if key := "prompt.pin-why." + p.GetPinWhy(); c.Has(key) {
			v.PINWhy = c.T(key)
		}
		v.PINLeft = PINLeft(c, p)
	}
	v.Facts = append(promptWhat(c, p, id),
		[2]string{c.T("prompt.ticket"), or(Clean(p.GetTicket(), nameLimit), c.T("prompt.ticket.none"))},
		[2]string{c.T("prompt.reason"), or(Clean(p.GetReason(), 200), c.T("prompt.reason.none"))})
	v.Only = hostpb.Duration__DURATION_ONCE
	if p.GetCapability() == hostpb.Capability_CAPABILITY_FILES {
		// A file is asked for each time; there is nothing to choose.
		if !v.Chooses {
			v.Facts = append(v.Facts, [2]string{c.T("prompt.duration"), c.T("prompt.this-file")})
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
	if len(v.Durations) == 1 {
		only := v.Durations[0]
		v.Only, v.Durations = only.Value, nil
		label := only.Label
		if key := "prompt.only." + only.ID; c.Has(key) {
			label = c.T(key)
		}
		v.Facts = append(v.Facts, [2]string{c.T("prompt.duration"), label})
	}
	return v
}

// promptWhat says what exactly is asked for.
func promptWhat(c *text.Catalogue, p *hostpb.Prompt, id string) [][2]string {
	if p.GetCapability() != hostpb.Capability_CAPABILITY_FILES {
		if key := "prompt.what." + id; c.Has(key) {
			return [][2]string{{c.T("prompt.what"), c.T(key)}}
		}
		return nil
	}
	direction := c.T("prompt.direction.unknown")
	if key := "prompt.direction." + p.GetFileDirection(); c.Has(key) {
		direction = c.T(key)
	}
	if fileSentence(p) == "prompt.asks.fetch" {
		return [][2]string{{c.T("prompt.direction"), direction}}
	}
	return [][2]string{
		{c.T("prompt.file"), cleanName(p.GetFileName())},
		{c.T("prompt.size"), c.Size(p.GetFileSize())},
		{c.T("prompt.direction"), direction},
		{c.T("prompt.hash"), shortHash(p.GetFileSha256())},
	}
}

// PINLeft is how many tries are left, in words.
func PINLeft(c *text.Catalogue, p *hostpb.Prompt) string {
	if n := p.GetPinTriesLeft(); n > 0 {
		return c.T("prompt.pin-left", "n", n)
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// shortHash is enough of a fingerprint to compare aloud.
func shortHash(hex string) string {
	hex = Clean(hex, nameLimit)
	if len(hex) < 16 {
		return hex
	}
	return hex[0:4] + " " + hex[4:8] + " " + hex[8:12] + " " + hex[12:16] + " …"
}

// BarView is the session bar.
type BarView struct {
	SessionID string
	Title     string
	Lost      bool
	Leases    []LeaseRow
	Nothing   string // said when nothing is allowed
	Unread    string // how many lines of chat nobody has looked at; "": none
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
	if n := s.Unread(); n > 0 {
		v.Unread = c.T("bar.unread", "n", n)
	}
	if len(v.Leases) == 0 {
		v.Nothing = c.T("bar.nothing")
	}
	return v, true
}

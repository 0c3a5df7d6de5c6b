package model

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
	"beckmanconnect/ui/icons"
)

// PromptView is a question as the windows show it.
type PromptView struct {
	ask.Prompt
	Icon icons.Name
}

// DurationChoice is for how long.
type DurationChoice = ask.DurationChoice

// NewPromptView makes the view model of a prompt.
func NewPromptView(c *text.Catalogue, p *hostpb.Prompt) PromptView {
	_, icon := capability(p.GetCapability())
	return PromptView{Prompt: ask.NewPrompt(c, p), Icon: icon}
}

// PINLeft is how many tries are left, in words.
func PINLeft(c *text.Catalogue, p *hostpb.Prompt) string { return ask.PINLeft(c, p) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
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

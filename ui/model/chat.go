package model

import (
	"strings"
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// chatLimit is the longest line shown, in runes; the service allows no more.
const chatLimit = 2000

// ChatView is the chat of a session.
type ChatView struct {
	Lines       []ChatRow
	Open        bool   // a line can be written now
	Why         string // why not; "": it can
	PatientData bool
}

// ChatRow is one line. Text from the other side is cleaned and nothing in it
// can be followed.
type ChatRow struct {
	ID    uint64
	Mine  bool
	Who   string
	Clock string
	Text  string
}

// chatView is nil where chat is not and was not allowed.
func (s *State) chatView(c *text.Catalogue, now time.Time) *ChatView {
	granted := s.holds(hostpb.Capability_CAPABILITY_CHAT)
	if !granted && len(s.Support.GetChat()) == 0 {
		return nil
	}
	v := &ChatView{Open: granted, PatientData: s.Status.GetInstrumentClass() != "general"}
	switch {
	case !granted:
		v.Why = c.T("chat.over")
	case s.Support.GetPhase() == hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		v.Open, v.Why = false, c.T("chat.lost")
	}
	engineer := cleanName(s.Support.GetEngineer().GetName())
	for _, l := range s.Support.GetChat() {
		r := ChatRow{ID: l.GetId(), Mine: l.GetTechnician(), Who: engineer, Clock: c.Clock(at(l.GetUnixMs(), now)), Text: Clean(l.GetText(), chatLimit)}
		if r.Mine {
			r.Who = c.T("chat.you")
		}
		v.Lines = append(v.Lines, r)
	}
	return v
}

// holds says whether a capability is given now.
func (s *State) holds(capability hostpb.Capability) bool {
	for _, l := range s.Support.GetLeases() {
		if l.GetCapability() == capability {
			return true
		}
	}
	return false
}

// Unread is how many of the engineer's lines the technician has not seen.
func (s *State) Unread() (n int) {
	for _, l := range s.Support.GetChat() {
		if !l.GetTechnician() && l.GetId() > s.readChat {
			n++
		}
	}
	return n
}

// ReadChat notes that the chat is in front of the technician. It says whether
// something new was.
func (s *State) ReadChat() bool {
	news := s.Unread() > 0
	if lines := s.Support.GetChat(); len(lines) > 0 {
		s.readChat = max(s.readChat, lines[len(lines)-1].GetId())
	}
	return news
}

// ChatLine is what of a typed text can be sent: one line that is not empty, at
// most as long as the service takes; "": nothing.
func ChatLine(typed string) string {
	for typed = strings.TrimSpace(Clean(typed, chatLimit)); len(typed) > chatLimit; {
		runes := []rune(typed)
		typed = strings.TrimSpace(string(runes[:len(runes)-1]))
	}
	return typed
}

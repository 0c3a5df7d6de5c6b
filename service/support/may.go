package support

import (
	"maps"

	"beckmanconnect/session/wire"
)

// What "may" says besides the policy's own words.
const (
	mayAsk       = "ask"
	mayNeedsView = "needs-view"
	mayNoScanner = "no-scanner"
)

// may is what an engineer can ask for now, by capability: "ask", or why not.
// It promises nothing: each ask is decided when it comes.
func (w *work) may(s *session) map[string]string {
	_, view := s.leases[View]
	out := map[string]string{}
	for _, c := range asked() {
		said := mayAsk
		switch d := w.cfg.Policy.Decide(s.engineer, c); {
		case !d.Allowed:
			said = d.Why
		case needsView(c) && !view:
			said = mayNeedsView
		case c == Files && w.cfg.Scanner() == "":
			said = mayNoScanner
		}
		out[string(c)] = said
	}
	return out
}

// settleMay tells the engineer when what may be asked for is not what was told
// on this link: policy, class, list, scanner or the view may have changed.
func (w *work) settleMay(s *session) {
	if s.link == 0 {
		return
	}
	now := w.may(s)
	if s.told == s.link && maps.Equal(now, s.mayTold) {
		return
	}
	s.told, s.mayTold = s.link, now
	w.send(s.link, wire.Message{Type: "may", May: now})
}

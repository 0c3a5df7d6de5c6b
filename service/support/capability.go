package support

import "slices"

// leased are the capabilities that live as leases, in the order they are shown
// in. Files are not among them: each is asked for alone (P24).
func leased() []Capability {
	return []Capability{View, Control, Pointer, Chat, ClipboardToPC, ClipboardToEngineer}
}

// asked are all an engineer can ask for, by the names on the wire.
func asked() []Capability { return append(leased(), Files) }

// Durations are what a technician may choose from for a capability, the
// shortest first (P27). A test holds them to the table of package policy. One
// that is not known has none.
func Durations(c Capability) []Duration {
	switch c {
	case View, Control:
		return []Duration{Once, Minutes, Session}
	case Files, ClipboardToPC, ClipboardToEngineer:
		return []Duration{Once}
	case Chat, Pointer:
		return []Duration{Session} // asked once a session
	}
	return nil
}

// offered are the durations that go on a question: never longer than what was
// asked for, where there is something to choose.
func offered(c Capability, d Duration) []Duration {
	all := Durations(c)
	if i := slices.Index(all, d); i >= 0 {
		return all[:i+1]
	}
	return all
}

// needsView: what means something on the screen rests while the screen is not
// seen. Its lease lives on; nothing is done under it.
func needsView(c Capability) bool {
	return c == Pointer || c == ClipboardToPC || c == ClipboardToEngineer
}

// live gives the lease of a capability when something may be done under it on
// this link at this moment: session, link, lease, bar, view where it is needed,
// and signed policy are looked at again each time (scenario 13).
func (c *Config) live(st *state, now Moment, on LinkID, what Capability) (lease, bool) {
	s := st.ses
	if s == nil || on == 0 || s.link != on || s.bars == 0 {
		return lease{}, false
	}
	l, ok := s.leases[what]
	if !ok || l.over(now) || !c.Policy.Decide(s.engineer, what).Allowed {
		return lease{}, false
	}
	if !needsView(what) {
		return l, true
	}
	if s.helper.stage != helperAttached || !s.helper.viewOn {
		return lease{}, false
	}
	v, ok := s.leases[View]
	return l, ok && !v.over(now) && c.Policy.Decide(s.engineer, View).Allowed
}

// asking is true while a question shows or waits: until it is answered nothing
// of the engineer's side is applied (scenario 8).
func (s *session) asking() bool { return s.prompt != nil || len(s.queue) > 0 }

// fits: not older than the lease, never newer than the host's own count.
func (l lease) fits(generation uint64, st *state) bool {
	return generation >= l.generation && generation <= st.generation
}

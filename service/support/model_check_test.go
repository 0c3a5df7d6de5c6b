package support

import (
	"encoding/json"
	"slices"
)

// syncRights takes out of the books what the machine says is gone. Only ever
// taken out: what the machine has and the books do not is a failure.
func (m *model) syncRights() {
	for c := range m.rights {
		if s := m.m.st.ses; s == nil {
			delete(m.rights, c)
		} else if _, ok := s.leases[c]; !ok {
			delete(m.rights, c)
		}
	}
}

func (m *model) syncFiles() {
	for id := range m.files {
		if s := m.m.st.ses; s == nil || !slices.ContainsFunc(s.transfers, func(t Transfer) bool { return t.ID == id && t.live() }) {
			delete(m.files, id)
		}
	}
}

// check asks the machine for everything anybody could do now, and holds each
// yes against the books.
func (m *model) check(after string) {
	current := m.m.Generation()
	for on := LinkID(0); on <= m.nextLink+1; on++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			if m.m.MayInput(m.now, on, g) {
				m.holds(after, Control, on, g)
				m.mustNot(len(m.showing) > 0, "input while a prompt shows")
			}
		}
	}
	for h := HelperID(0); h <= m.helper+1; h++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			if to, ok := m.m.MayPicture(m.now, h, g); ok {
				m.holds(after, View, to, g)
				m.mustNot(h != m.helper, "a picture of another helper")
			}
		}
	}
	m.checkShared(after, current)
	for c, n := range m.looked {
		m.mustNot(n > 5, "a code was looked at more than five times")
		m.mustNot(m.proved[c] > 1, "a code was used twice") // scenario 23
	}
	if len(m.rec.entries)+len(m.rec.out) > 0 {
		raw, _ := json.Marshal(m.rec.entries[max(0, len(m.rec.entries)-6):])
		m.canary("the log", string(raw))
		raw, _ = json.Marshal(m.rec.out[max(0, len(m.rec.out)-6):])
		m.canary("the outbox", string(raw))
		raw, _ = json.Marshal(m.m.Snapshot(m.now))
		m.canary("the state", string(raw))
	}
}

// checkShared is check for what goes beside picture and input: marker and
// clipboard need the view, too, and stand still while a question shows; and
// neither is left on when it may not be any more.
func (m *model) checkShared(after string, current uint64) {
	if m.marker || m.watching {
		m.step(Tick{}) // as the driver's clock would
	}
	pointed, copied := false, false
	for on := LinkID(0); on <= m.nextLink+1; on++ {
		for _, g := range []uint64{0, current - 1, current, current + 1} {
			shared := map[Capability]bool{
				ClipboardToPC:       m.m.MayClipboard(m.now, on, ClipboardToPC, g),
				ClipboardToEngineer: m.m.MayClipboard(m.now, on, ClipboardToEngineer, g),
			}
			name, may := m.m.MayPoint(m.now, on, g)
			shared[Pointer] = may
			m.mustNot(may && name != m.m.st.ses.engineer.Name, "the marker has another name")
			for c, yes := range shared {
				if !yes {
					continue
				}
				m.holds(after, c, on, g)
				m.holds(after, View, on, m.m.Generation())
				m.mustNot(len(m.showing) > 0, "marker or clipboard while a prompt shows")
				m.mustNot(c != Pointer && !m.focus, "clipboard without the console's focus")
			}
			pointed, copied = pointed || may, copied || shared[ClipboardToEngineer]
		}
	}
	m.mustNot(m.marker && !pointed, "after "+after+": the marker stays")
	m.mustNot(m.watching && !copied, "after "+after+": the helper still looks at the clipboard")
	m.marker = pointed
}

func (m *model) holds(after string, c Capability, on LinkID, generation uint64) {
	g, ok := m.rights[c]
	switch {
	case !ok:
		m.T.Fatalf("after %s: %s without a yes", after, c)
	case g.session != m.id() || m.dead[g.session]:
		m.T.Fatalf("after %s: %s in another session", after, c)
	case m.links[on].Account != g.account:
		m.T.Fatalf("after %s: %s by %q, given to %q", after, c, m.links[on].Account, g.account)
	case generation < g.generation || generation > m.m.Generation():
		m.T.Fatalf("after %s: %s of generation %d, given in %d", after, c, generation, g.generation)
	case g.until != nil && m.now.reached(*g.until):
		m.T.Fatalf("after %s: %s after its end", after, c)
	case (!m.attached && c != Chat) || !m.bar:
		m.T.Fatalf("after %s: %s without helper (%v) or bar (%v)", after, c, m.attached, m.bar)
	case m.pol.off[c] != "":
		m.T.Fatalf("after %s: %s against policy", after, c)
	case c == Control && m.pol.run && !g.runConfirmed:
		m.T.Fatalf("after %s: control into a run nobody confirmed", after)
	}
}

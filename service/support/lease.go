package support

import (
	"strconv"

	"beckmanconnect/session/wire"
)

// grant makes the right the technician just gave. It opens a new generation.
func (w *work) grant(d Duration, runConfirmed bool, who map[string]string) {
	s := w.st.ses
	p := s.prompt
	s.prompt, w.changed = nil, true
	gen := w.bump()
	l := lease{capability: p.capability, ask: p.id, duration: d, generation: gen, runConfirmed: runConfirmed}
	switch {
	case p.file != nil:
	case d == Once:
		until := w.now.Add(w.cfg.OnceLimit)
		l.until = &until
	case d == Minutes:
		until := w.now.Add(w.cfg.MinutesLimit)
		l.until = &until
	}
	fields := map[string]string{
		"prompt": p.Prompt.ID, "capability": string(p.capability), "answer": "allowed", "duration": string(d),
		"generation": strconv.FormatUint(gen, 10), "run_confirmed": strconv.FormatBool(runConfirmed), "pin": strconv.FormatBool(p.NeedsPIN),
		"desktop": p.stood,
	}
	p.describe(fields, who)
	w.audit("session.granted", actorTechnician, fields, who)
	told := p.outcome("allowed")
	told["duration"] = string(d)
	w.tell("answered", told)
	if p.file == nil {
		w.line("allowed", p.capability, string(d))
	} else {
		w.line("allowed", p.capability, p.shownName())
	}
	w.do(HidePrompt{ID: p.Prompt.ID, Code: "allowed"})
	if p.file != nil {
		w.allowFile(p.ask)
		return
	}
	s.leases[p.capability] = l
	s.steered = s.steered || p.capability == Control
	w.answer(p.ask, true, "allowed", &l)
}

// sendLease tells a resumed engineer of a right that goes on.
func (w *work) sendLease(l lease) {
	m := wire.Message{
		Type: "answer", ID: l.ask, Capability: string(l.capability), Granted: true, Why: "allowed", Generation: w.st.generation,
	}
	if l.until != nil {
		m.UntilMS = l.until.Wall.UnixMilli()
	}
	w.send(w.st.ses.link, m)
}

// endLease takes a right away. Where control ends, a new generation begins:
// input still on its way is void (scenario 14).
func (w *work) endLease(c Capability, why string) {
	s := w.st.ses
	if _, ok := s.leases[c]; !ok {
		return
	}
	gen := w.bump()
	w.forgetLease(c, why)
	w.send(s.link, wire.Message{Type: "lease-end", Capability: string(c), Why: why, Generation: gen})
	if c == Control {
		w.releaseInput()
	}
}

// forgetLease takes a right out of the books, and puts that into the log.
func (w *work) forgetLease(c Capability, why string) {
	delete(w.st.ses.leases, c)
	w.changed = true
	w.audit("session.lease-ended", actorService, map[string]string{"capability": string(c), "why": why}, w.engineerAnd())
	w.tell("lease-end", map[string]string{"capability": string(c), "why": why})
	w.line("ended", c, why)
}

func (w *work) releaseInput() {
	if h := w.st.ses.helper; h.stage == helperAttached {
		w.do(ReleaseInput{Helper: h.id, Generation: w.st.generation})
	}
}

// Revoke is the technician taking back one capability.
type Revoke struct {
	Technician string
	Capability Capability
}

func (Revoke) narrows() {}

func (e Revoke) apply(w *work) error {
	s := w.st.ses
	if s == nil {
		return refuse("no-session", "no session is running")
	}
	who := w.engineerAnd("technician", e.Technician)
	if e.Capability == Files {
		n := 0
		for i := range s.transfers {
			if w.failTransfer(&s.transfers[i], "revoked") {
				n++
			}
		}
		w.audit("session.revoked", actorTechnician, map[string]string{"capability": string(Files), "transfers": strconv.Itoa(n)}, who)
		return nil
	}
	if _, ok := s.leases[e.Capability]; !ok {
		return refuse("not-granted", "that was not granted")
	}
	w.audit("session.revoked", actorTechnician, map[string]string{"capability": string(e.Capability)}, who)
	w.endLease(e.Capability, "revoked")
	return nil
}

// MayInput says whether input that came on this link with this generation is
// to be applied now. Everything is looked at again for every message: session,
// link, prompt, lease, generation, helper, bar, the technician's own hand and
// signed policy (scenarios 8, 13, 14).
func (m *Machine) MayInput(now Moment, on LinkID, generation uint64) bool {
	s := m.st.ses
	if s == nil || on == 0 || s.link != on || s.asking() || s.bars == 0 ||
		s.helper.stage != helperAttached || now.Mono < s.localUntil {
		return false
	}
	l, ok := s.leases[Control]
	// Not older than the lease, so that a second grant beside it does not void
	// what is typed meanwhile; never newer than the host's own count.
	if !ok || l.over(now) || !l.fits(generation, &m.st) {
		return false
	}
	d := m.cfg.Policy.Decide(s.engineer, Control)
	return d.Allowed && (!d.RunInProgress || l.runConfirmed)
}

// MayPicture says whether a picture of this helper may go out now, and on
// which link. A picture captured before the lease is not sent.
func (m *Machine) MayPicture(now Moment, from HelperID, generation uint64) (LinkID, bool) {
	s := m.st.ses
	if s == nil || s.link == 0 || s.bars == 0 || s.helper.stage != helperAttached || s.helper.id != from || !s.helper.viewOn {
		return 0, false
	}
	l, ok := s.leases[View]
	if !ok || l.over(now) || !l.fits(generation, &m.st) {
		return 0, false
	}
	if !m.cfg.Policy.Decide(s.engineer, View).Allowed {
		return 0, false
	}
	return s.link, true
}

// CountInput counts applied acts of mouse and keyboard for the summary.
func (m *Machine) CountInput(acts int) {
	if m.st.ses != nil {
		m.st.ses.record.inputs += uint64(max(acts, 0))
	}
}

// CountPicture is CountInput for pictures.
func (m *Machine) CountPicture() {
	if m.st.ses != nil {
		m.st.ses.record.pictures++
	}
}

// Current is the link of the engineer in session, 0 when there is none.
func (m *Machine) Current() LinkID {
	if m.st.ses == nil {
		return 0
	}
	return m.st.ses.link
}

// Viewing says whether the helper is capturing for this link.
func (m *Machine) Viewing(on LinkID) bool {
	s := m.st.ses
	return s != nil && on != 0 && s.link == on && s.helper.stage == helperAttached && s.helper.viewOn
}

// Generation is the one commands to the helper carry now.
func (m *Machine) Generation() uint64 { return m.st.generation }

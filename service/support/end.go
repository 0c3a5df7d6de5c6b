package support

import (
	"strconv"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// EndSession is the technician's end, by button, tray or the kill key. It also
// ends a request that still waits.
type EndSession struct {
	Technician string
	How        string // "button", "kill-key", "tray"
}

func (EndSession) narrows() {}

func (e EndSession) apply(w *work) error {
	how := e.How
	switch how {
	case "kill-key", "tray":
	default:
		how = "technician"
	}
	if w.st.ses == nil && w.st.req == nil {
		return refuse("no-session", "nothing is running")
	}
	w.endAll(how, actorTechnician, map[string]string{"technician": e.Technician})
	return nil
}

// Shutdown ends everything because the service stops.
type Shutdown struct{}

func (Shutdown) narrows() {}

func (Shutdown) apply(w *work) error {
	w.endAll("service-stopped", actorService, nil)
	for id := range w.st.links {
		w.drop(id)
	}
	return nil
}

// PolicyChanged has everything looked at again: gate, engineer, leases, run.
type PolicyChanged struct{}

func (PolicyChanged) narrows() {}

func (PolicyChanged) apply(w *work) error {
	w.changed = true
	if off := w.cfg.Gate(); off != "" {
		w.endAll(off, actorService, nil)
		return nil
	}
	s := w.st.ses
	if s == nil {
		return nil
	}
	if d := w.cfg.Policy.Connect(s.engineer); !d.Allowed {
		w.audit("engineer.refused", actorEngineer, map[string]string{"why": d.Why}, w.engineerAnd())
		w.endSession("not-allowed", actorService, nil) // scenario 27
		return nil
	}
	for _, c := range leased() {
		l, ok := s.leases[c]
		if !ok {
			continue
		}
		d := w.cfg.Policy.Decide(s.engineer, c)
		switch {
		case !d.Allowed:
			w.endLease(c, "policy")
		case c == Control && d.RunInProgress && !l.runConfirmed:
			w.endLease(c, "run-started") // B7
		}
	}
	if p := s.prompt; p != nil {
		d := w.cfg.Policy.Decide(s.engineer, p.capability)
		switch {
		case !d.Allowed:
			w.closePrompt("policy", actorService, w.engineerAnd())
		default:
			w.askAgain(p, d)
		}
	}
	if !w.cfg.Policy.Decide(s.engineer, Files).Allowed {
		for i := range s.transfers {
			w.failTransfer(&s.transfers[i], "policy")
		}
	}
	return nil
}

// Unplugged says that the network this PC reaches the relay by lost its link or
// its address: the plug was pulled. That ends a session at once, where a relay
// that is merely out of reach may come back within a lease (B5).
type Unplugged struct{}

func (Unplugged) narrows() {}

func (Unplugged) apply(w *work) error {
	if w.st.ses != nil {
		w.endSession("network-unplugged", actorService, nil)
	}
	return nil
}

// endAll ends the session, or the request that waits for one.
func (w *work) endAll(why, actor string, personal map[string]string) {
	if w.st.ses != nil {
		w.endSession(why, actor, personal)
	}
	w.endRequest(why, actor, personal)
}

// endSession takes everything away at once: the generation moves on, helper,
// prompt, transfers and link go, and there is no state left to grant from.
func (w *work) endSession(why, actor string, personal map[string]string) {
	s := w.st.ses
	w.bump()
	if s.helper.stage == helperAttached {
		w.do(StopDesktop{Helper: s.helper.id, Generation: w.st.generation})
	}
	w.withdrawAll("withdrawn")
	for i := range s.transfers {
		w.failTransfer(&s.transfers[i], why)
	}
	for _, c := range leased() {
		if _, ok := s.leases[c]; ok {
			w.forgetLease(c, "session-ended")
		}
	}
	w.audit("session.ended", actor, map[string]string{
		"why": why, "seconds": strconv.Itoa(int((w.now.Mono - s.started.Mono) / time.Second)),
	}, w.engineerAnd(pairs(personal)...))
	w.summarize(why, endedBy(actor), personal)
	w.tell("ended", map[string]string{"why": why, "by": endedBy(actor)})
	w.announce(cloudapi.Request{ID: s.request, State: "ended", SinceMS: s.started.Wall.UnixMilli()})
	on := s.link
	w.st.ses, w.st.ended, w.changed = nil, why, true
	w.open()
	w.turnAway(on, why)
	for id := range w.st.links {
		w.turnAway(id, why)
	}
}

// expire ends what is over by now.
func (w *work) expire() {
	if r := w.st.req; r != nil && w.now.reached(r.expires) {
		w.endRequest("code-expired", actorService, nil)
	}
	w.expireTry()
	s := w.st.ses
	if s == nil {
		return
	}
	if s.barUntil != nil && w.now.reached(*s.barUntil) {
		w.endSession("bar-missing", actorService, nil)
		return
	}
	if s.lostUntil != nil && w.now.reached(*s.lostUntil) {
		w.endSession("link-lost", actorService, nil)
		return
	}
	for _, c := range leased() {
		if l, ok := s.leases[c]; ok && l.over(w.now) {
			w.endLease(c, "expired")
		}
	}
	if s.link == 0 && len(s.leases) == 0 {
		w.endSession("link-lost", actorService, nil)
		return
	}
	if p := s.prompt; p != nil && w.now.reached(p.expires) {
		w.closePrompt("timeout", actorService, w.engineerAnd())
	}
	w.expireChoosing()
	if s.helper.stage == helperWanted && w.now.reached(s.helper.attachBy) {
		s.helper = helper{screen: s.helper.screen}
		w.audit("desktop.missing", actorService, nil, nil)
		for _, c := range []Capability{View, Control} {
			w.endLease(c, "no-helper")
		}
	}
}

package support

import (
	"strconv"
	"time"

	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// Joined says that an end-to-end channel stands and whose certificate is at
// its other end. It gives the engineer nothing yet.
type Joined struct {
	Link     LinkID
	Engineer Engineer
	Words    string // of this channel, for both screens
}

func (e Joined) apply(w *work) error {
	eng := e.Engineer.cleaned()
	w.st.links[e.Link] = link{engineer: eng, words: e.Words}
	if d := w.cfg.Policy.Connect(eng); !d.Allowed {
		w.audit("engineer.refused", actorEngineer, map[string]string{"why": d.Why}, map[string]string{"engineer": eng.Account})
		w.tellOf(eng, "engineer-refused", map[string]string{"why": d.Why})
		w.turnAway(e.Link, "not-allowed")
		return nil
	}
	if w.st.req == nil && w.st.ses == nil {
		w.turnAway(e.Link, "no-request")
		return nil
	}
	w.audit("engineer.joined", actorEngineer, nil, map[string]string{"engineer": eng.Account, "name": eng.Name})
	w.tellOf(eng, "joined", nil)
	return nil
}

// TryCode is one try of the code, counted on disk before anybody looks at it
// (scenario 21): whoever cuts the power after it has used it up. A try made
// before the wait is over, or while another is looked at, counts as wrong, and
// so does one that is not finished within Config.TryWithin.
type TryCode struct{ Link LinkID }

func (e TryCode) apply(w *work) error {
	l, ok := w.st.links[e.Link]
	if !ok {
		return nil
	}
	if w.current(e.Link) {
		w.violation(e.Link) // whoever is in has nothing to prove
		return nil
	}
	r := w.st.req
	if r == nil {
		why := "no-request"
		if w.st.ses != nil {
			why = "session-running" // one engineer a session
			w.audit("engineer.refused", actorEngineer, map[string]string{"why": why}, map[string]string{"engineer": l.engineer.Account})
		}
		w.turnAway(e.Link, why)
		return nil
	}
	early := w.now.Mono < w.st.waitUntil || r.pending != 0
	r.used++
	w.countTries(w.st.tries.Row + 1)
	w.st.waitUntil = w.now.Mono + waitAfter(w.st.tries.Row)
	w.audit("code.tried", actorEngineer, map[string]string{
		"try": strconv.Itoa(r.used), "row": strconv.Itoa(w.st.tries.Row), "early": strconv.FormatBool(early),
	}, map[string]string{"engineer": l.engineer.Account})
	w.changed = true
	if early {
		w.wrong(e.Link)
		return nil
	}
	w.st.tryCount++
	r.pending, r.pendingLink, r.pendingUntil = w.st.tryCount, e.Link, w.now.Add(w.cfg.TryWithin)
	w.do(CheckCode{Link: e.Link, Try: r.pending, Code: r.code})
	return nil
}

// wrong answers a try that failed; the count is already part of this step.
func (w *work) wrong(to LinkID) {
	r := w.st.req
	left := w.cfg.BurnAfter - r.used
	w.tell("wrong-code", map[string]string{"try": strconv.Itoa(r.used)})
	w.send(to, wire.Message{
		Type: "wrong-code", TriesLeft: max(left, 0), WaitMS: int64(max(w.st.waitUntil-w.now.Mono, 0) / time.Millisecond),
	})
	if (left <= 0 || w.st.tries.Row >= w.cfg.OffAfter) && r.pending == 0 {
		w.endRequest("code-burnt", actorService, nil)
	}
}

// expireTry ends a try whose engineer went silent in the middle of it: it is
// used up, and others may try again.
func (w *work) expireTry() {
	r := w.st.req
	if r == nil || r.pending == 0 || !w.now.reached(r.pendingUntil) {
		return
	}
	on := r.pendingLink
	r.pending, r.pendingLink = 0, 0
	w.changed = true
	w.audit("code.wrong", actorEngineer, map[string]string{"try": strconv.Itoa(r.used), "why": "silent"},
		map[string]string{"engineer": w.st.links[on].engineer.Account})
	w.wrong(on)
}

// TryDone is the outcome of a CheckCode.
type TryDone struct {
	Link  LinkID
	Try   uint64
	Right bool
	// Of a right one: our own confirmation, which the engineer is told with the
	// session, and the key that both ends have now for coming back.
	Confirmation []byte
	Key          proof.Key
}

func (e TryDone) apply(w *work) error {
	r := w.st.req
	l, here := w.st.links[e.Link]
	if r == nil || r.pending == 0 || r.pending != e.Try || r.pendingLink != e.Link || !here {
		return nil // the code is gone, or it was somebody else's try (scenario 23)
	}
	r.pending, r.pendingLink = 0, 0
	w.changed = true
	if !e.Right {
		w.audit("code.wrong", actorEngineer, map[string]string{"try": strconv.Itoa(r.used)}, map[string]string{"engineer": l.engineer.Account})
		w.wrong(e.Link)
		return nil
	}
	if d := w.cfg.Policy.Connect(l.engineer); !d.Allowed {
		w.audit("engineer.refused", actorEngineer, map[string]string{"why": d.Why}, map[string]string{"engineer": l.engineer.Account})
		w.turnAway(e.Link, "not-allowed")
		return nil
	}
	w.begin(r, e, l.engineer)
	return nil
}

// begin makes the session out of the request; the code is used up.
func (w *work) begin(r *request, e TryDone, eng Engineer) {
	on := e.Link
	bar := w.now.Add(w.cfg.BarWithin)
	w.st.req, w.st.ended, w.st.summary = nil, "", nil
	w.st.ses = &session{
		id: w.newID(), request: r.id, technician: r.technician, engineer: eng, link: on, resume: proof.NewResumption(e.Key),
		started: w.now, barUntil: &bar, leases: map[Capability]lease{}, missedOf: map[Capability]int{},
	}
	w.countTries(0)
	w.st.waitUntil = w.now.Mono
	w.audit("session.authenticated", actorEngineer, map[string]string{"request": r.id, "try": strconv.Itoa(r.used)},
		map[string]string{"engineer": eng.Account, "name": eng.Name, "organisation": eng.Organisation, "words": w.st.links[on].words})
	w.announce(r.message("connected"))
	w.tell("authenticated", nil)
	w.open()
	w.send(on, wire.Message{Type: "authenticated", Session: w.st.ses.id, Data: e.Confirmation})
	for id := range w.st.links {
		if id != on {
			w.turnAway(id, "session-running")
		}
	}
}

// Resume brings the same engineer back into a session whose link was lost,
// while a lease lives. The proof fits the channel it came on and no other, and
// each one that counts changes the key (session/proof).
type Resume struct {
	Link    LinkID
	Binding []byte // of the link's channel, made by the driver
	Proof   []byte // what the engineer sent
}

func (e Resume) apply(w *work) error {
	l, ok := w.st.links[e.Link]
	if !ok {
		return nil
	}
	if w.current(e.Link) {
		w.violation(e.Link)
		return nil
	}
	s := w.st.ses
	if s == nil {
		w.turnAway(e.Link, "no-session")
		return nil
	}
	answer, kept, proved := s.resume.Admit(e.Binding, e.Proof)
	if s.engineer.Account != l.engineer.Account || !proved {
		w.audit("session.resume-refused", actorEngineer, nil, map[string]string{"engineer": l.engineer.Account})
		w.turnAway(e.Link, "not-resumable")
		return nil
	}
	if old := s.link; old != 0 {
		w.leave(old) // the host had not noticed yet that it was gone
		w.drop(old)
		if s = w.st.ses; s == nil {
			w.turnAway(e.Link, "no-session")
			return nil
		}
	}
	s.link, s.resume, s.lostUntil, s.paused = e.Link, kept, nil, false
	s.engineer = l.engineer              // the same account, by the certificate it came with now: that one may be revoked
	s.helper.screen, s.focus = "", false // the console says anew what it has
	w.changed = true
	w.audit("session.resumed", actorEngineer, nil, map[string]string{"engineer": l.engineer.Account})
	w.tell("resumed", nil)
	w.send(e.Link, wire.Message{Type: "authenticated", Session: s.id, Data: answer})
	for _, c := range leased() {
		if held, ok := s.leases[c]; ok {
			w.sendLease(held)
		}
	}
	return nil
}

// LinkLost says that a channel ended, whichever way.
type LinkLost struct{ Link LinkID }

func (LinkLost) narrows() {}

func (e LinkLost) apply(w *work) error {
	if _, ok := w.st.links[e.Link]; !ok {
		return nil
	}
	delete(w.st.links, e.Link)
	if r := w.st.req; r != nil && r.pending != 0 && r.pendingLink == e.Link {
		// Whoever leaves before the answer has used a try all the same.
		r.pending, r.pendingLink = 0, 0
		w.changed = true
		w.audit("code.wrong", actorEngineer, map[string]string{"try": strconv.Itoa(r.used), "why": "link-lost"}, nil)
		w.wrong(0)
	}
	if w.st.ses != nil && w.st.ses.link == e.Link {
		w.leave(e.Link)
	}
	return nil
}

// leave puts the session into the lost phase, or ends it where no lease is
// left to come back to (P23: a connection is what resumes within a lease).
func (w *work) leave(on LinkID) {
	s := w.st.ses
	s.link, s.focus = 0, false
	w.changed = true
	w.withdrawAll("withdrawn")
	for i := range s.transfers {
		w.pauseTransfer(&s.transfers[i])
	}
	w.releaseInput()
	for _, c := range leased() {
		if l, ok := s.leases[c]; ok && l.duration == Once {
			w.endLease(c, "link-lost")
		}
	}
	if len(s.leases) == 0 {
		w.endSession("link-lost", actorService, nil)
		return
	}
	until := w.now.Add(w.cfg.ResumeWithin)
	s.lostUntil = &until
	w.audit("session.link-lost", actorService, nil, nil)
	w.tell("link-lost", nil)
}

// Bye is the engineer's own end of the session.
type Bye struct{ Link LinkID }

func (Bye) narrows() {}

func (e Bye) apply(w *work) error {
	l, ok := w.st.links[e.Link]
	if !ok {
		return nil
	}
	if w.st.ses != nil && w.st.ses.link == e.Link {
		w.endSession("engineer", actorEngineer, map[string]string{"engineer": l.engineer.Account})
		return nil
	}
	err := LinkLost(e).apply(w)
	w.do(DropLink(e))
	return err
}

// Violation is a link that does not keep to the protocol, or to any measure.
type Violation struct {
	Link  LinkID
	Flood bool // more messages than anybody's hands make (scenario 53)
}

func (Violation) narrows() {}

func (e Violation) apply(w *work) error {
	why := "protocol"
	if e.Flood {
		why = "flood"
	}
	if w.current(e.Link) {
		w.endSession(why, actorService, nil)
		return nil
	}
	if _, ok := w.st.links[e.Link]; !ok {
		return nil
	}
	w.send(e.Link, wire.Message{Type: "end", Why: why})
	err := LinkLost{Link: e.Link}.apply(w)
	w.do(DropLink{Link: e.Link})
	return err
}

// ChannelRefused says that somebody came to the relay whose end of the channel
// did not hold: a swapped certificate, a spliced session, a person the policy
// does not know (scenario 29).
type ChannelRefused struct{ What string }

func (e ChannelRefused) apply(w *work) error {
	w.audit("channel.refused", actorService, map[string]string{"what": Clean(e.What, maxName)}, nil)
	w.tell("channel-refused", map[string]string{"what": Clean(e.What, maxName)})
	return nil
}

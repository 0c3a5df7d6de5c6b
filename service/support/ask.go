package support

import (
	"crypto/subtle"
	"slices"
	"strconv"
	"time"

	"beckmanconnect/session/wire"
)

// Ask is the engineer's wish for a capability that lives as a lease.
type Ask struct {
	Link       LinkID
	ID         string
	Capability Capability
	Reason     string
	Ticket     string   // the case's number
	Duration   Duration // the longest the engineer would like; empty: any
}

func (e Ask) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	if !validID(e.ID) {
		w.violation(e.Link)
		return nil
	}
	c := Capability(Clean(string(e.Capability), maxName))
	a := ask{
		id: e.ID, capability: c, durations: offered(c, e.Duration),
		reason: Clean(e.Reason, maxReason), ticket: Clean(e.Ticket, maxTicket),
	}
	w.ask(a)
	return nil
}

// current is true for the link of the one engineer in session.
func (w *work) current(l LinkID) bool {
	return l != 0 && w.st.ses != nil && w.st.ses.link == l
}

// violation ends the session of a link that does not keep to the protocol.
func (w *work) violation(l LinkID) {
	if w.current(l) {
		w.endSession("protocol", actorService, nil)
	}
}

func (w *work) engineerAnd(kv ...string) map[string]string {
	p := map[string]string{}
	if w.st.ses != nil {
		p["engineer"] = w.st.ses.engineer.Account
	}
	for i := 0; i+1 < len(kv); i += 2 {
		p[kv[i]] = kv[i+1]
	}
	return p
}

// ask puts a wish in front of the technician, or refuses it without a prompt.
func (w *work) ask(a ask) {
	s := w.st.ses
	fields, personal := map[string]string{"capability": string(a.capability)}, w.engineerAnd("reason", a.reason, "ticket", a.ticket)
	a.describe(fields, personal)
	// A flood is counted before it is logged: it must not fill the log (16).
	s.asked = slices.DeleteFunc(s.asked, func(t time.Duration) bool { return w.now.Mono-t >= time.Minute })
	s.asked = append(s.asked, w.now.Mono)
	if n := len(s.asked); n >= w.cfg.AsksPerMinute {
		if n == w.cfg.AsksPerMinute {
			w.audit("session.throttled", actorEngineer, fields, personal)
			w.tell("throttled", nil)
			w.line("refused", a.capability, "throttled")
		}
		// A minute of silence is over only once the asking stops.
		s.asked = s.asked[len(s.asked)-min(n, w.cfg.AsksPerMinute+1):]
		w.answer(a, false, "throttled", nil)
		return
	}
	w.audit("session.asked", actorEngineer, fields, personal)
	w.tell("asked", fields)
	if a.file == nil && !slices.Contains(leased(), a.capability) {
		// Files go by AskFile; what is not known here stays off (P27).
		w.no(a, "policy", "unknown-capability")
		return
	}
	if d := w.cfg.Policy.Decide(s.engineer, a.capability); !d.Allowed {
		w.no(a, "policy", d.Why)
		return
	}
	if told, why := w.fileRefusal(a); told != "" {
		w.no(a, told, why)
		return
	}
	pending := func(b ask) bool {
		return b.id == a.id || (a.file == nil && b.capability == a.capability)
	}
	if (s.prompt != nil && pending(s.prompt.ask)) || slices.ContainsFunc(s.queue, pending) {
		w.no(a, "pending", "pending")
		return
	}
	if len(s.queue) >= w.cfg.QueuedAsks {
		w.no(a, "throttled", "queue-full")
		return
	}
	s.queue = append(s.queue, a)
}

// no refuses without a prompt, and says so in the log (B4).
func (w *work) no(a ask, told, why string) {
	w.audit("session.refused", actorService, map[string]string{"capability": string(a.capability), "why": why}, w.engineerAnd())
	w.tell("answered", a.outcome(told))
	w.line("refused", a.capability, why)
	w.answer(a, false, told, nil)
}

// answer tells the engineer how an ask ended.
func (w *work) answer(a ask, granted bool, why string, l *lease) {
	m := wire.Message{
		Type: "answer", ID: a.id, Capability: string(a.capability), Granted: granted, Why: why, Generation: w.st.generation,
	}
	if l != nil && l.until != nil {
		m.UntilMS = l.until.Wall.UnixMilli()
	}
	if a.file == nil || a.file.fill(&m) {
		w.send(w.st.ses.link, m)
	}
	if a.file != nil && !granted {
		w.refuseFile(a, why)
	}
}

// showNext asks the technician the next question, one at a time.
func (w *work) showNext() {
	s := w.st.ses
	for s != nil && s.link != 0 && s.prompt == nil && len(s.queue) > 0 {
		a := s.queue[0]
		s.queue = s.queue[1:]
		d := w.cfg.Policy.Decide(s.engineer, a.capability)
		if !d.Allowed {
			w.no(a, "policy", d.Why)
			continue
		}
		if _, view := s.leases[View]; needsView(a.capability) && !view {
			w.no(a, mayNeedsView, mayNeedsView)
			continue
		}
		if a.file != nil && w.cfg.Scanner() == "" {
			w.no(a, noScanner, noScanner) // it went while the question waited
			continue
		}
		needs := w.needs(d)
		if needs.pin && !w.cfg.HasPIN() {
			w.no(a, pinMissing, pinMissing)
			w.miss(a.capability, pinMissing)
			continue
		}
		timeout := w.cfg.PromptTimeout
		if d.PromptTimeout > 0 {
			timeout = min(timeout, d.PromptTimeout)
		}
		p := &prompt{ask: a, shown: w.now, expires: w.now.Add(timeout)}
		p.Prompt = Prompt{
			ID: w.newID(), Nonce: w.random(16), Session: s.id, Generation: w.st.generation,
			Capability: a.capability, Engineer: s.engineer, Reason: a.reason, Ticket: a.ticket, Durations: a.durations,
			Expires: p.expires.Wall, Stands: timeout, ArmedAfter: w.cfg.ArmedAfter, Missed: s.missedOf[a.capability],
			PatientData: d.PatientData, RunInProgress: a.capability == Control && d.RunInProgress,
		}
		p.require(needs, w.cfg.PINTries)
		if a.file != nil {
			a.file.put(&p.Prompt)
		}
		s.prompt, w.changed = p, true
		w.show(p)
	}
}

// show puts the question in front of the technician, as it now stands.
func (w *work) show(p *prompt) {
	w.audit("prompt.shown", actorService, map[string]string{
		"prompt": p.Prompt.ID, "capability": string(p.capability),
		"timeout_s":    strconv.Itoa(int((p.expires.Mono - w.now.Mono) / time.Second)),
		"patient_data": strconv.FormatBool(p.PatientData), "run": strconv.FormatBool(p.RunInProgress),
		"initials": strconv.FormatBool(p.NeedsInitials), "pin": strconv.FormatBool(p.NeedsPIN), "missed": strconv.Itoa(p.Missed),
	}, w.engineerAnd())
	w.do(ShowPrompt{Prompt: p.Prompt})
}

// outcome is how an ask ended, for the cloud; a file goes by its hash.
func (a ask) outcome(answer string) map[string]string {
	f := map[string]string{"capability": string(a.capability), "answer": answer}
	if a.file != nil {
		f["direction"] = a.file.direction
		if !a.file.choose {
			f["sha256"] = a.file.File.SHA256
		}
	}
	return f
}

// shownName is the name of the file an ask is about, or "".
func (a ask) shownName() string {
	if a.file == nil {
		return ""
	}
	return a.file.shown
}

// Answer is the technician's decision: a no by anybody on this PC, a yes only
// by whoever asked for help.
type Answer struct {
	Technician   string
	Initials     string
	PINOf        string // whose PIN was proved, by the driver; "": nobody's
	Prompt       string
	Nonce        []byte
	Allow        bool
	Duration     Duration // empty: the default
	RunConfirmed bool
	Desktop      string // where the question stood, as the window program says
}

// stood is that word for the log. It decides nothing: a program that speaks for
// the window program can say what it likes.
func (e Answer) stood() string {
	if e.Desktop == "own" {
		return e.Desktop
	}
	return "shared"
}

func (e Answer) apply(w *work) error {
	p, err := w.meant(e)
	if err != nil {
		return err
	}
	s := w.st.ses
	who := w.engineerAnd("technician", e.Technician, "initials", Clean(e.Initials, maxName))
	p.stood = e.stood()
	if !e.Allow {
		w.closePrompt("denied", actorTechnician, who)
		return nil
	}
	if e.Technician != s.technician {
		return w.void(e, "wrong-account", "only whoever asked for help may allow") // scenario 11
	}
	if w.now.Mono-p.shown.Mono < w.cfg.ArmedAfter {
		return w.void(e, "not-armed", "answered before it could have been read") // scenario 10
	}
	duration := e.Duration
	if duration == "" {
		duration = p.durations[0]
	}
	if !slices.Contains(p.durations, duration) {
		return w.void(e, "duration-not-offered", "the duration was not offered")
	}
	d := w.cfg.Policy.Decide(s.engineer, p.capability)
	if !d.Allowed {
		w.audit("session.refused", actorService, map[string]string{"capability": string(p.capability), "why": d.Why}, who)
		w.closePrompt("policy", actorService, who)
		return refuse("policy", "the site's policy does not allow it any more: "+d.Why)
	}
	again := w.askAgain(p, d)
	if p.capability == Control && d.RunInProgress && (!e.RunConfirmed || again) {
		return w.void(e, "run-not-confirmed", "a run is or may be in progress: confirm it")
	}
	if p.NeedsInitials && (again || Initials(e.Initials) == "") {
		return w.void(e, "initials-missing", "an Allow needs initials here")
	}
	if p.NeedsPIN && (again || e.PINOf != Initials(e.Initials)) {
		return w.void(e, "pin-needed", "an Allow needs the PIN of these initials")
	}
	w.grant(duration, d.RunInProgress && e.RunConfirmed, who)
	return nil
}

// meant gives the question an answer belongs to, or why it belongs to none.
func (w *work) meant(e Answer) (*prompt, error) {
	s := w.st.ses
	if s == nil || s.prompt == nil || s.prompt.Prompt.ID != e.Prompt {
		// Decided already, by somebody else or by time: void (scenarios 12, 19).
		return nil, w.void(e, "prompt-gone", "this question was answered or is over")
	}
	if !s.prompt.matches(e) || s.prompt.Session != s.id {
		return nil, w.void(e, "nonce-wrong", "the answer does not belong to this question")
	}
	return s.prompt, nil
}

func (p *prompt) matches(e Answer) bool {
	return p.Prompt.ID == e.Prompt && len(e.Nonce) > 0 && subtle.ConstantTimeCompare(e.Nonce, p.Nonce) == 1
}

// askAgain shows the question anew when more goes with it than when it was
// put: a run began (B7), or the policy asks for initials or a PIN by now. The
// answer must be one to the question as it stands. It says whether it did.
func (w *work) askAgain(p *prompt, d Decision) bool {
	run := p.RunInProgress || (p.capability == Control && d.RunInProgress)
	needs := w.needs(d)
	if run == p.RunInProgress && (p.NeedsInitials || !needs.initials) && (p.NeedsPIN || !needs.pin) {
		return false
	}
	p.RunInProgress = run
	p.require(needs, w.cfg.PINTries)
	p.shown, p.Nonce, w.changed = w.now, w.random(16), true
	w.show(p)
	return true
}

// void logs an answer that does not count.
func (w *work) void(e Answer, code, message string) error {
	w.audit("prompt.answer-void", actorTechnician,
		map[string]string{"prompt": Clean(e.Prompt, maxID), "why": code, "allow": strconv.FormatBool(e.Allow)},
		map[string]string{"technician": e.Technician})
	return refuse(code, message)
}

// closePrompt ends the showing question with a no of some kind.
func (w *work) closePrompt(code, actor string, who map[string]string) {
	s := w.st.ses
	p := s.prompt
	if p == nil {
		return
	}
	fields := map[string]string{"prompt": p.Prompt.ID, "capability": string(p.capability), "answer": code}
	if code == "denied" && p.stood != "" {
		fields["desktop"] = p.stood
	}
	w.audit("prompt.answered", actor, fields, who)
	w.tell("answered", p.outcome(code))
	switch code {
	case "denied":
		w.line("denied", p.capability, p.shownName())
	case "timeout":
		w.line("timeout", p.capability, p.shownName())
		w.miss(p.capability, code)
	case "policy":
		w.line("refused", p.capability, code)
	}
	s.prompt, w.changed = nil, true
	w.do(HidePrompt{ID: p.Prompt.ID, Code: code})
	w.answer(p.ask, false, code, nil)
}

// withdrawAll takes every question back, shown or queued.
func (w *work) withdrawAll(code string) {
	s := w.st.ses
	w.closePrompt(code, actorService, w.engineerAnd())
	for _, a := range s.queue {
		w.answer(a, false, code, nil)
	}
	s.queue = nil
}

// Cancel is the engineer taking back an ask, giving back what it led to, or
// stopping a transfer.
type Cancel struct {
	Link LinkID
	ID   string
}

func (Cancel) narrows() {}

func (e Cancel) apply(w *work) error {
	if !w.current(e.Link) {
		return nil
	}
	s := w.st.ses
	if s.prompt != nil && s.prompt.id == e.ID {
		w.closePrompt("withdrawn", actorEngineer, w.engineerAnd())
		return nil
	}
	if i := slices.IndexFunc(s.queue, func(a ask) bool { return a.id == e.ID }); i >= 0 {
		w.answer(s.queue[i], false, "withdrawn", nil)
		s.queue = slices.Delete(s.queue, i, i+1)
		return nil
	}
	for c, l := range s.leases {
		if l.ask == e.ID {
			w.endLease(c, "released")
			return nil
		}
	}
	for i := range s.transfers {
		if s.transfers[i].ID == e.ID {
			w.failTransfer(&s.transfers[i], "withdrawn")
			return nil
		}
	}
	return nil
}

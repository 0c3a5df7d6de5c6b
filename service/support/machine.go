package support

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/session/wire"
)

// Machine is the session and consent state machine. It is not safe for
// concurrent use: the driver holds one lock around it and around forwarding.
type Machine struct {
	cfg Config
	st  state
}

// New makes a machine with nothing running. When wrong codes were counted
// before, the wait they cost starts again, since nobody knows how long the
// service was off (scenario 22).
func New(cfg Config, now Moment) (*Machine, error) {
	cfg = cfg.withDefaults()
	if cfg.Policy == nil || cfg.Recorder == nil || cfg.Random == nil {
		return nil, errors.New("support: new machine: policy, recorder and random are needed")
	}
	m := &Machine{cfg: cfg}
	m.st = state{
		tries:     cfg.Tries,
		waitUntil: now.Mono + waitAfter(cfg.Tries.Row),
		links:     map[LinkID]link{},
	}
	return m, nil
}

// Event is something that happened to the machine.
type Event interface {
	apply(*work) error
}

// narrowing events only take rights away: they work when the log does not.
type narrowing interface{ narrows() }

// Result is what a step leads to.
type Result struct {
	Effects []Effect
	Help    *Help // of RequestHelp
	Err     error // a *Refusal, for the caller of the event
}

// Do lets one event happen. First everything that is over by now ends, so no
// event ever meets an expired right.
func (m *Machine) Do(now Moment, ev Event) Result {
	w := m.begin(now)
	w.expire()
	err := ev.apply(w)
	w.settle()
	if recErr := m.record(w); recErr != nil {
		return m.failClosed(now, ev, recErr)
	}
	m.st = w.st
	return Result{Effects: w.effects, Help: w.help, Err: err}
}

func (m *Machine) begin(now Moment) *work {
	return &work{cfg: &m.cfg, now: now, st: m.st.clone()}
}

func (m *Machine) record(w *work) error {
	if w.fault != nil {
		return w.fault
	}
	if w.batch.empty() {
		return nil
	}
	return m.cfg.Recorder.Record(w.batch)
}

// failClosed is the branch taken when a step could not be written: the step
// never happened, and what was open is closed (scenario 50). Ending needs no
// log, but it is offered to it.
func (m *Machine) failClosed(now Moment, ev Event, cause error) Result {
	w := m.begin(now)
	code := "log-failed"
	if w.fault != nil {
		code = "internal"
	}
	w.endAll(code, actorService, nil)
	if j, ok := ev.(Joined); ok {
		w.send(j.Link, wire.Message{Type: "end", Why: code})
		w.do(DropLink{Link: j.Link}) // the machine never knew this link
	}
	w.settle()
	_ = m.cfg.Recorder.Record(w.batch) // best effort; the state narrows either way
	m.st = w.st
	if _, ok := ev.(narrowing); ok {
		return Result{Effects: w.effects}
	}
	return Result{Effects: w.effects, Err: refuse(code, cause.Error())}
}

// RelayWanted names the request to wait for at the relay, or "".
func (m *Machine) RelayWanted() string {
	switch {
	case m.st.ses != nil:
		return m.st.ses.request
	case m.st.req != nil:
		return m.st.req.id
	}
	return ""
}

// NextDeadline is how long until something ends by itself; false: nothing does.
func (m *Machine) NextDeadline(now Moment) (time.Duration, bool) {
	var next time.Duration
	found := false
	consider := func(at *Moment) {
		if at == nil {
			return
		}
		if d := max(now.left(*at), 0); !found || d < next {
			next, found = d, true
		}
	}
	if r := m.st.req; r != nil {
		consider(&r.expires)
		if r.pending != 0 {
			consider(&r.pendingUntil)
		}
	}
	if s := m.st.ses; s != nil {
		consider(s.lostUntil)
		consider(s.barUntil)
		for _, l := range s.leases {
			consider(l.until)
		}
		if s.prompt != nil {
			consider(&s.prompt.expires)
		}
		for _, t := range s.transfers {
			consider(t.until)
		}
		if s.helper.stage == helperWanted {
			consider(&s.helper.attachBy)
		}
	}
	return next, found
}

// Tick lets due things end; nothing else happens.
type Tick struct{}

func (Tick) apply(*work) error { return nil }
func (Tick) narrows()          {}

// work is one step in the making.
type work struct {
	cfg     *Config
	now     Moment
	st      state
	effects []Effect
	batch   Batch
	help    *Help
	fault   error // the step cannot be taken at all (no randomness)
	changed bool
}

// The actors of the audit log. People's names go into Entry.Personal.
const (
	actorTechnician = "technician"
	actorEngineer   = "engineer"
	actorService    = "service"
	actorIT         = "it"
)

func (w *work) do(e Effect) { w.effects = append(w.effects, e) }

func (w *work) send(to LinkID, m wire.Message) {
	if to == 0 {
		return
	}
	m.V = wire.Version
	w.do(SendTo{Link: to, Message: m})
}

func (w *work) drop(l LinkID) {
	if _, ok := w.st.links[l]; !ok {
		return
	}
	delete(w.st.links, l)
	w.do(DropLink{Link: l})
}

// turnAway says why and closes the link.
func (w *work) turnAway(l LinkID, why string) {
	w.send(l, wire.Message{Type: "end", Why: why})
	w.drop(l)
}

func (w *work) audit(kind, actor string, fields, personal map[string]string) {
	subject := ""
	switch {
	case w.st.ses != nil:
		subject = w.st.ses.id
	case w.st.req != nil:
		subject = w.st.req.id
	}
	w.batch.Entries = append(w.batch.Entries, Entry{Kind: kind, Actor: actor, Subject: subject, Fields: fields, Personal: personal})
}

// tell puts one line of the session's log into the outbox (P14, P24).
func (w *work) tell(kind string, fields map[string]string) {
	ev := &cloudapi.SessionEvent{Kind: kind, Fields: fields}
	switch {
	case w.st.ses != nil:
		ev.Request, ev.Session, ev.Engineer = w.st.ses.request, w.st.ses.id, w.st.ses.engineer.Account
	case w.st.req != nil:
		ev.Request = w.st.req.id
	}
	w.batch.Out = append(w.batch.Out, Outgoing{Event: ev})
}

// tellOf is tell about somebody who is not in yet.
func (w *work) tellOf(e Engineer, kind string, fields map[string]string) {
	w.tell(kind, fields)
	w.batch.Out[len(w.batch.Out)-1].Event.Engineer = e.Account
}

// announce puts the request's state into the outbox, for the console's queue.
func (w *work) announce(r cloudapi.Request) {
	w.batch.Out = append(w.batch.Out, Outgoing{Request: &r})
}

func (w *work) open() {
	o := Open{}
	if w.st.ses != nil {
		o = Open{Request: w.st.ses.request, Session: w.st.ses.id}
	} else if w.st.req != nil {
		o = Open{Request: w.st.req.id}
	}
	w.batch.Open = &o
}

func (w *work) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(w.cfg.Random, b); err != nil {
		w.fault = fmt.Errorf("support: no randomness: %w", err)
	}
	return b
}

func (w *work) newID() string { return hex.EncodeToString(w.random(16)) }

func digest(b []byte) [32]byte { return sha256.Sum256(b) }

// bump opens a new generation: input made before it is void.
func (w *work) bump() uint64 {
	w.st.generation++
	return w.st.generation
}

// Package relay is a hostile relay between a real PC and the product's own
// engineer's client: it reads, changes and keeps what it carries, and in some
// classes holds the keys of one or both authorities, as a cloud would that is
// taken over as a whole.
package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel/channeltest"
	console "beckmanconnect/session/engineer"
	"beckmanconnect/session/wire"
)

type class struct {
	name   string
	weight int
	try    func(*walk) error
}

// Kind is the hostile relay.
func Kind() tally.Kind {
	k := tally.Kind{Name: "relay", Block: 50, Idle: 2, Run: block}
	for _, c := range classes() {
		k.Classes = append(k.Classes, tally.Class{Name: c.name, Weight: c.weight})
	}
	return k
}

func classes() []class { return slices.Concat(carried, shaken, between, spliced) }

// walk is one block: a PC, an engineer, and the relay in between.
type walk struct {
	*site
	ctx   context.Context
	r     *rand.Rand
	log   func(string, ...any)
	other *site // a second device, made when it is needed
	b     *tally.Block

	old [2][][][]byte // channels that are over: what the engineer sent, what the host sent
}

// site is a PC with its engineer and the relay's sockets for both.
type site struct {
	pc      *pc.PC
	kit     *channeltest.Kit
	line    *line
	request string
	code    string
	wrong   bool
	cases   int
	asked   int
	desk    *honest
	pair    *pair
}

func newSite(b *tally.Block, l *line) (*site, error) {
	kit, err := pc.NewKit()
	if err != nil {
		return nil, err
	}
	p, err := pc.Start(pc.Config{
		Witness: b, Rand: b.Rand, Log: b.Log, Kit: kit, Dialer: l.dialer(),
		Policy: pc.Policy{Staff: []string{anna.Account}, Class: "general"},
	})
	if err != nil {
		return nil, err
	}
	p.Ledger().KnowChannels()
	return &site{pc: p, kit: kit, line: l}, nil
}

func (s *site) close(ctx context.Context) error {
	s.part()
	if s.desk != nil {
		s.desk.stop()
	}
	return s.pc.Close(ctx)
}

func block(ctx context.Context, b *tally.Block) error {
	all := map[string]class{}
	for _, c := range classes() {
		all[c.name] = c
	}
	return blockOf(ctx, b, all)
}

func blockOf(ctx context.Context, b *tally.Block, all map[string]class) error {
	l := newLine()
	defer l.close()
	s, err := newSite(b, l)
	if err != nil {
		return err
	}
	w := &walk{site: s, ctx: ctx, r: b.Rand, log: b.Log, b: b}
	for n, name := range b.Classes {
		b.Begin(n)
		if err = w.attempt(all[name]); err != nil {
			break
		}
	}
	err = errors.Join(err, w.site.close(ctx))
	if w.other != nil {
		err = errors.Join(err, w.other.close(ctx))
	}
	return err
}

func (w *walk) attempt(c class) error {
	err := c.try(w)
	for again := 0; errors.Is(err, errLost) && again < 3; again++ {
		// What was attacked before ended the session only now.
		w.log("again: %v", err)
		err = c.try(w)
	}
	if errors.Is(err, errGone) {
		w.log("the engineer's client ended: %v", err) // it must not go on with what it met
		err = nil
	}
	if err != nil {
		return err
	}
	if w.other != nil {
		if err := w.other.pc.Check(w.ctx); err != nil {
			return err
		}
	}
	return w.pc.Check(w.ctx)
}

// part cuts what is joined.
func (s *site) part() {
	if s.pair != nil {
		s.pair.close()
		s.pair = nil
	}
}

// call opens a new request, with an engineer who knows its code.
func (w *walk) call(s *site) error {
	s.part()
	if s.desk != nil {
		s.desk.stop()
	}
	_ = s.pc.End("button") // there may be nothing to end
	if s.wrong {
		s.pc.Pass(513 * time.Second)
		s.wrong = false
	}
	if s.pc.State().Phase == hostpb.SupportPhase_SUPPORT_PHASE_OFF {
		if err := s.pc.Reset(); err != nil {
			return err
		}
	}
	var err error
	if s.request, s.code, err = s.pc.Help(); err != nil {
		return err
	}
	s.asked = 0
	s.pc.Ledger().Holder(s.request, anna)
	s.desk = begin(w.ctx, s.line, s.pc, s.kit, s.request, s.code)
	return nil
}

// ends takes the two sockets that wait.
func (w *walk) ends(s *site) (h, e *end, err error) {
	s.part()
	e, err = s.line.take(w.ctx, engineer, s.request, func() bool {
		state, _ := s.desk.now()
		return state.Phase != console.Ended
	})
	if err != nil {
		return nil, nil, err
	}
	h, err = s.line.take(w.ctx, host, s.request, func() bool { return s.pc.State().RequestId == s.request })
	return h, e, err
}

// joinFairly joins the two as a relay should, and waits until the engineer is
// in.
func (w *walk) joinFairly(s *site) error {
	_, before := s.desk.now()
	h, e, err := w.ends(s)
	if err != nil {
		return err
	}
	s.pair = join(h, e, nil, nil)
	w.come(s, before, 30*time.Second)
	if _, stood := s.desk.now(); stood == before {
		return errLost
	}
	return nil
}

// come waits until the engineer is in anew, or the sockets are gone, or the
// engineer is.
func (w *walk) come(s *site, before int, within time.Duration) {
	for late := time.Now().Add(within); time.Now().Before(late) && !s.pair.a.over() && w.ctx.Err() == nil; {
		s.desk.mu.Lock()
		done, changed := s.desk.state.Phase == console.Ended || s.desk.stood > before, s.desk.changed
		s.desk.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-s.pair.a.gone:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// session: the engineer is in, over a relay that carries fairly, and control
// and view are given for the whole session.
func (w *walk) session(s *site) error {
	for try := 0; ; try++ {
		err := w.sessionOnce(s)
		if err == nil || try == 3 {
			return err
		}
		w.log("once more: %v", err) // what was attacked before may have ended it just now
		if err := w.call(s); err != nil {
			return err
		}
	}
}

func (w *walk) sessionOnce(s *site) error {
	in := s.desk != nil && s.desk.at() != "" && s.pc.State().SessionId == s.desk.at()
	if in {
		state, _ := s.desk.now()
		in = state.Phase != console.Ended
	}
	if !in {
		if err := w.call(s); err != nil {
			return err
		}
	}
	if state, _ := s.desk.now(); state.Phase != console.Session || s.pair == nil || s.pair.a.over() {
		if in {
			s.pc.Ledger().Resumes(anna.Account)
		}
		if err := w.joinFairly(s); err != nil {
			return err
		}
	}
	for _, c := range []string{wire.View, wire.Control} {
		if err := w.given(s, c); err != nil {
			return err
		}
	}
	return nil
}

var capabilities = map[string]hostpb.Capability{wire.View: hostpb.Capability_CAPABILITY_VIEW, wire.Control: hostpb.Capability_CAPABILITY_CONTROL}

func (w *walk) given(s *site, c string) error {
	active := func(state *hostpb.SupportState) bool {
		return slices.ContainsFunc(state.Leases, func(l *hostpb.Lease) bool { return l.Capability == capabilities[c] && l.Active })
	}
	if active(s.pc.State()) {
		return nil
	}
	if !s.pc.Ledger().Holds(s.desk.at(), capabilities[c]) {
		if s.asked++; s.asked > 10 {
			s.pc.Pass(61 * time.Second)
			s.asked = 0
		}
		s.cases++
		id := fmt.Sprintf("case-%d", s.cases)
		s.pc.Plan(id, pc.Plan{Allow: true, Duration: hostpb.Duration__DURATION_SESSION})
		if err := s.desk.say(w.ctx, wire.Message{Type: "ask", ID: id, Capability: c, Reason: id}); err != nil {
			return err
		}
		m, err := s.desk.hear(w.ctx, "an answer", 30*time.Second, func(m wire.Message) bool { return m.Type == "answer" && m.ID == id })
		if err != nil {
			return err
		}
		if !m.Granted {
			return fmt.Errorf("%s was not given: %s", c, m.Why)
		}
	}
	return s.pc.Wait(w.ctx, c+" in use", active)
}

// traffic sends some of everything over a session; what is sent is allowed.
func (w *walk) traffic(s *site) (seq uint32, err error) {
	s.desk.mu.Lock()
	m := wire.Message{Type: "input", Generation: s.desk.generation}
	s.desk.mu.Unlock()
	for range 1 + w.r.IntN(4) {
		m.Events = append(m.Events, wire.Input{Kind: "keydown", Code: "KeyA", Key: s.pc.Ledger().Press()})
	}
	if err := s.desk.say(w.ctx, m); err != nil {
		return 0, err
	}
	s.pc.Desktop.Capture(1)
	return s.desk.ping(w.ctx)
}

// broken says that the channel of a session does not stand any more.
func (s *site) broken() bool {
	state, _ := s.desk.now()
	return state.Phase != console.Session || s.pc.State().Phase != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED || s.pair == nil || s.pair.a.over()
}

// shake sends traffic until the channel breaks or has shown that it carries.
func (w *walk) shake(s *site, rounds int) {
	for range rounds {
		seq, err := w.traffic(s)
		if err != nil || s.broken() {
			return
		}
		pong := func(m wire.Message) bool { return m.Type == "pong" && m.Seq == seq }
		_ = s.desk.until(w.ctx, "a pong", 150*time.Millisecond, func() bool {
			return s.desk.state.Phase != console.Session || slices.ContainsFunc(s.desk.heard, pong)
		})
	}
}

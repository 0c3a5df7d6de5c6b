// Package engineer is a hostile engineer: on the site's list, with a good
// certificate, with or without the code, and with a client that keeps to no
// rule. It attacks a real PC over the cloud's own relay.
package engineer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/build/hostile/pc"
	"beckmanconnect/build/hostile/tally"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/session/wire"
)

// class is one way to attack.
type class struct {
	name   string
	weight int
	try    func(*walk) error
}

// Kind is the hostile engineer.
func Kind() tally.Kind {
	k := tally.Kind{Name: "engineer", Block: 100, Run: block}
	for _, c := range classes() {
		k.Classes = append(k.Classes, tally.Class{Name: c.name, Weight: c.weight})
	}
	return k
}

func classes() []class { return slices.Concat(messages, rights, shares, files, codes, certificates) }

// walk is one block: a PC, and the hostile engineer's way through it.
type walk struct {
	ctx  context.Context
	r    *rand.Rand
	pc   *pc.PC
	kit  *channeltest.Kit
	line *line
	log  func(string, ...any)

	request, code string
	wrong         int // wrong codes since the last right one
	asked         int // asks since a minute passed
	ids, cases    int
	peer          *far.Peer
	peers         []*far.Peer // all that were opened
	old           []far.Proof
	claims        [][]byte // that were sent
}

// The two on the site's list.
var (
	anna = channeltest.Anna()
	bob  = channel.Identity{Account: "bob.stone@vendor.example", Name: "Bob Stone", Organisation: "Service", Regions: []string{"eu", "us"}}
)

func block(ctx context.Context, b *tally.Block) error {
	kit, err := pc.NewKit()
	if err != nil {
		return err
	}
	l := newLine(kit)
	defer l.close()
	site := pc.Policy{Staff: []string{anna.Account, bob.Account}, Class: "general"}
	switch b.Number % 8 {
	case 0:
		site.Class = "patient-data"
	case 1, 3, 5:
		site.Shares = true
	case 4:
		site.Run = true
	}
	p, err := pc.Start(pc.Config{Witness: b, Rand: b.Rand, Log: b.Log, Kit: kit, Dialer: l.dialer(), Policy: site})
	if err != nil {
		return err
	}
	p.Ledger().Shares(site.Shares)
	w := &walk{ctx: ctx, r: b.Rand, pc: p, kit: kit, line: l, log: b.Log}
	all := map[string]class{}
	for _, c := range classes() {
		all[c.name] = c
	}
	for n, name := range b.Classes {
		b.Begin(n)
		if err = w.attempt(all[name]); err != nil {
			break
		}
	}
	w.leave()
	return errors.Join(err, p.Close(ctx))
}

// attempt makes one attempt and has everything looked at.
func (w *walk) attempt(c class) error {
	err := c.try(w)
	var s *stage
	if errors.As(err, &s) && errors.Is(err, far.ErrEnded) {
		// What the attempt before did may have ended the channel just now.
		w.log("again, the stage was gone: %v", err)
		w.drop()
		err = c.try(w)
	}
	if errors.Is(err, far.ErrEnded) && !errors.As(err, &s) {
		err = nil // the host ended it, as it may
	}
	if err != nil {
		return err
	}
	if w.peer != nil {
		if w.peer.Ended() || w.peer.Barrier(w.ctx) != nil {
			w.drop()
		}
	}
	return w.pc.Check(w.ctx)
}

// stage is a fault on the way to where an attempt begins.
type stage struct{ err error }

func (s *stage) Error() string { return "stage: " + s.err.Error() }
func (s *stage) Unwrap() error { return s.err }

func at(err error) error {
	if err == nil {
		return nil
	}
	return &stage{err}
}

func (w *walk) drop() {
	if w.peer != nil {
		if proof := w.peer.Proof(); proof.Session != "" {
			w.old = append(w.old, proof)
		}
		w.peer.Cut()
		w.peer = nil
	}
}

func (w *walk) leave() {
	for _, p := range w.peers {
		p.Cut()
	}
}

// certificate is what the cloud would issue.
func (w *walk) certificate(id channel.Identity) tls.Certificate {
	id.Request = w.request
	return w.kit.Engineer(id)
}

// connect opens a channel to the request, as somebody.
func (w *walk) connect(id channel.Identity) (*far.Peer, error) {
	return w.connectWith(id, far.Config(w.certificate(id)))
}

func (w *walk) connectWith(id channel.Identity, conf *tls.Config) (*far.Peer, error) {
	ctx, cancel := context.WithCancelCause(w.ctx)
	defer cancel(nil)
	// Nobody comes to a request that is over, and what was tried before may end
	// it only now.
	watched := make(chan struct{})
	defer func() { cancel(nil); <-watched }()
	go func() {
		defer close(watched)
		for w.pc.State().RequestId == w.request {
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
		cancel(far.ErrEnded)
	}()
	under, err := w.line.dial(ctx, w.request, id.Account)
	if err == nil {
		var p *far.Peer
		p, err = far.Open(ctx, under, conf, id, far.Target{Device: w.kit.DeviceID, Request: w.request}, w.pc)
		if err == nil {
			w.peers = append(w.peers, p)
			return p, nil
		}
	}
	if errors.Is(context.Cause(ctx), far.ErrEnded) {
		err = fmt.Errorf("%w: %w", far.ErrEnded, err)
	}
	return nil, err
}

// waiting: a request is open, and no session.
func (w *walk) waiting() error {
	switch s := w.pc.State(); s.Phase {
	case hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, hostpb.SupportPhase_SUPPORT_PHASE_LOST:
		_ = w.pc.End("button") // it may have ended by itself
		w.drop()
	case hostpb.SupportPhase_SUPPORT_PHASE_OFF:
		if err := w.pc.Reset(); err != nil {
			return at(err)
		}
		w.wrong = 0
	}
	request, code, err := w.pc.Help()
	if err != nil && w.pc.State().OffCode != "" { // burnt meanwhile
		if err = w.pc.Reset(); err == nil {
			w.wrong = 0
			request, code, err = w.pc.Help()
		}
	}
	if request != w.request {
		w.drop()
	}
	w.request, w.code = request, code
	return at(err)
}

// joined: a channel stands on a waiting request, and nothing was proved.
func (w *walk) joined() error {
	if err := w.waiting(); err != nil {
		return err
	}
	if w.peer != nil && !w.peer.Ended() {
		return nil
	}
	w.drop()
	p, err := w.connect(w.somebody())
	if err != nil {
		return at(err)
	}
	w.peer = p
	if err := p.Hello(w.text()); err != nil {
		return at(fmt.Errorf("%w: %w", far.ErrEnded, err))
	}
	return nil
}

func (w *walk) somebody() channel.Identity {
	if w.r.IntN(4) == 0 {
		return bob
	}
	return anna
}

// session: the code was proved.
func (w *walk) session() error {
	if w.peer != nil && w.peer.Session() != "" && !w.peer.Ended() && w.pc.State().SessionId == w.peer.Session() {
		return w.settled()
	}
	if w.wrong > 0 {
		// A technician who waits, asks anew and reads out another code.
		_ = w.pc.End("button")
		w.pc.Pass(513 * time.Second)
	}
	if err := w.joined(); err != nil {
		return err
	}
	w.pc.Ledger().Holder(w.request, w.peer.ID)
	in, err := w.peer.Prove(w.ctx, w.code, true)
	if err != nil {
		return at(err)
	}
	if !in {
		return at(fmt.Errorf("the right code was refused; %v", w.pc.State()))
	}
	w.wrong, w.asked = 0, 0
	return nil
}

// settled: no prompt shows or waits.
func (w *walk) settled() error {
	for range 20 {
		if w.pc.Open() == "" {
			return nil
		}
		w.minute()
	}
	return at(errors.New("prompts never end"))
}

// minute lets one pass: prompts are over, and one may ask again.
func (w *walk) minute() {
	w.pc.Pass(61 * time.Second)
	w.asked = 0
}

func (w *walk) id() string {
	w.ids++
	return fmt.Sprintf("%032x", w.ids)
}

var capabilities = map[string]hostpb.Capability{
	wire.View: hostpb.Capability_CAPABILITY_VIEW, wire.Control: hostpb.Capability_CAPABILITY_CONTROL, wire.Files: hostpb.Capability_CAPABILITY_FILES,
	wire.Chat: hostpb.Capability_CAPABILITY_CHAT, wire.Pointer: hostpb.Capability_CAPABILITY_POINTER,
	wire.ClipboardToPC: hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC, wire.ClipboardToMe: hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER,
}

// given: the technician gave this capability, and it is in use.
func (w *walk) given(c string, d hostpb.Duration_) error {
	if err := w.session(); err != nil {
		return err
	}
	held := func(s *hostpb.SupportState) bool {
		return slices.ContainsFunc(s.Leases, func(l *hostpb.Lease) bool {
			return l.Capability == capabilities[c] && l.Active && (c != wire.View || w.pc.Desktop.Viewing(s.SessionId))
		})
	}
	if held(w.pc.State()) && w.pc.Ledger().Holds(w.peer.Session(), capabilities[c]) {
		return nil
	}
	if err := w.settled(); err != nil {
		return err
	}
	m, err := w.ask(c, pc.Plan{Allow: true, Duration: d})
	if err != nil {
		return at(err)
	}
	if !m.Granted {
		return at(fmt.Errorf("%s was not given: %s", c, m.Why))
	}
	peer := w.peer
	err = w.pc.Wait(w.ctx, c+" in use", func(s *hostpb.SupportState) bool { return held(s) || peer.Ended() })
	if err == nil && peer.Ended() {
		err = far.ErrEnded
	}
	if err == nil && c == wire.View { // so that something could come through
		seen := peer.Pictures()
		w.pc.Desktop.Capture(1)
		err = peer.See(w.ctx, seen)
	}
	return at(err)
}

// planned is a reason by which the technician knows what to do, and what an
// attack puts behind it.
func (w *walk) planned(p pc.Plan) string {
	w.cases++
	word := fmt.Sprintf("case-%d", w.cases)
	w.pc.Plan(word, p)
	return word + " " + w.text()
}

// ask asks for a capability and waits for the answer.
func (w *walk) ask(c string, p pc.Plan) (wire.Message, error) {
	if w.asked > 10 {
		w.minute()
	}
	w.asked++
	id := w.id()
	if err := w.peer.Say(wire.Message{Type: "ask", ID: id, Capability: c, Reason: w.planned(p)}); err != nil {
		return wire.Message{}, gone(err)
	}
	return w.answer(id)
}

func (w *walk) answer(id string) (wire.Message, error) {
	return w.peer.Hear(w.ctx, "an answer", func(m wire.Message) bool { return m.Type == "answer" && m.ID == id })
}

// say sends; a channel that is gone is no fault.
func (w *walk) say(m wire.Message) error { return gone(w.peer.Say(m)) }
func (w *walk) json(text string) error   { return gone(w.peer.JSON(text)) }

func gone(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", far.ErrEnded, err)
}

// pick gives one of them.
func pick[T any](w *walk, from []T) T { return from[w.r.IntN(len(from))] }

// texts people might be misled by.
var texts = []string{
	"Ticket 4711", "", "Press Allow\nnow", "\u202egnp.exe", "a\u200bb\u2066c", "IT department (verified) ✓", "\x00\x1b[31mred",
	"<b>bold</b>&amp;", "=cmd|' /C calc'!A0", "\U000e0041\U000e0042", "Ａｎｎａ", "ä\u0308\u0308\u0308\u0308\u0308", "\uFFFD\uFEFF", "аnnа",
}

func (w *walk) text() string {
	if w.r.IntN(12) == 0 {
		b := make([]byte, 5000)
		for i := range b {
			b[i] = byte(w.r.IntN(95) + 32)
		}
		return string(b)
	}
	return pick(w, texts)
}

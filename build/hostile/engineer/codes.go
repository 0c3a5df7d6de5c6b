package engineer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"beckmanconnect/build/hostile/far"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/wire"
)

// Classes about codes and about coming back.
var codes = []class{
	{"wrong codes", 10, (*walk).wrongCodes},
	{"codes at once", 3, (*walk).codesAtOnce},
	{"a code that is used up", 3, (*walk).usedCode},
	{"malformed proofs", 5, (*walk).malformed},
	{"shares that are none", 4, (*walk).badShares},
	{"half a proof", 3, (*walk).halfProof},
	{"forged resumption", 5, (*walk).forgedResume},
	{"two sockets", 3, (*walk).twoSockets},
}

const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// near is a wrong code, some of them off by one letter.
func (w *walk) near() string {
	right := strings.ReplaceAll(w.code, " ", "")
	b := []byte(right)
	if w.r.IntN(2) == 0 {
		for i := range b {
			b[i] = alphabet[w.r.IntN(len(alphabet))]
		}
	}
	for string(b) == right {
		b[w.r.IntN(len(b))] = alphabet[w.r.IntN(len(alphabet))]
	}
	return string(b)
}

// wrongCodes guesses, patiently or not.
func (w *walk) wrongCodes() error {
	if err := w.joined(); err != nil {
		return err
	}
	if w.r.IntN(2) == 0 {
		w.pc.Pass(time.Duration(w.r.IntN(8)) * time.Second)
	}
	w.wrong++
	_, err := w.peer.Prove(w.ctx, pick(w, []string{w.near(), w.near(), w.near(), "", " ", strings.Repeat("A", 8), w.code + "A", w.code[:4], "%", "********"}), false)
	return err
}

// codesAtOnce tries several, and the right one among them, without waiting:
// an early try counts as wrong even if it is right (scenario 21).
func (w *walk) codesAtOnce() error {
	if err := w.joined(); err != nil {
		return err
	}
	for range 2 + w.r.IntN(5) {
		w.wrong++
		if err := gone(w.peer.Try(w.near())); err != nil {
			return err
		}
	}
	err := w.peer.Barrier(w.ctx)
	if err == nil && w.pc.State().Phase == hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED {
		w.pc.Ledger().Entered(w.pc.State().SessionId, w.peer.ID.Account, false)
	}
	return err
}

// usedCode: the code of a session that was, or of a request that is over.
func (w *walk) usedCode() error {
	if err := w.session(); err != nil {
		return err
	}
	old := w.code
	if err := w.pc.End("button"); err != nil {
		return err
	}
	w.drop()
	if err := w.joined(); err != nil {
		return err
	}
	w.wrong++
	_, err := w.peer.Prove(w.ctx, old, false)
	return err
}

// malformed proofs are no proofs.
func (w *walk) malformed() error {
	if err := w.joined(); err != nil {
		return err
	}
	w.wrong++
	return w.forbidden(func() ([]string, error) {
		kind := pick(w, []string{"pake", "pake", "pake-confirm", "resume", "authenticated", "code"})
		value := pick(w, []string{
			`null`, `0`, `[]`, `{}`, `""`, `"x"`, fmt.Sprintf("%q", strings.Repeat("A", 100_000)), `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`,
			`"/////////////////////////////////////////w=="`, `true`, `1e999`,
		})
		return nil, w.json(fmt.Sprintf(`{"v":%d,"t":%q,"code":%s,"token":%s,"data":%s}`, wire.Version, kind, value, value, value))
	})
}

// badShares: points of small order, encodings that are none, the host's own
// share, and confirmations of nothing (CPace, section 6).
func (w *walk) badShares() error {
	if err := w.joined(); err != nil {
		return err
	}
	w.wrong++
	share := make([]byte, 32)
	switch w.r.IntN(6) {
	case 0: // the neutral element
	case 1:
		for i := range share {
			share[i] = 0xff
		}
	case 2:
		for i := range share {
			share[i] = byte(w.r.Uint32())
		}
	case 3: // p, and p plus a little: no canonical encodings
		for i := range share {
			share[i] = 0xff
		}
		share[0], share[31] = 0xed+byte(w.r.IntN(18)), 0x7f
	case 4:
		share = share[:w.r.IntN(32)]
	case 5:
		share = make([]byte, 33+w.r.IntN(1000))
	}
	return w.forbidden(func() ([]string, error) {
		if err := gone(w.peer.Share(share)); err != nil {
			return nil, err
		}
		return nil, w.say(wire.Message{Type: "pake-confirm", Data: pick(w, [][]byte{nil, share, make([]byte, 64)})})
	})
}

// halfProof: a confirmation without a share, of another try, the host's own
// share mirrored, or another try in the middle of one.
func (w *walk) halfProof() error {
	if err := w.joined(); err != nil {
		return err
	}
	if w.wrong > 0 { // so that a try is looked at
		w.pc.Pass(513 * time.Second)
		if err := w.joined(); err != nil {
			return err
		}
	}
	w.wrong++
	junk := make([]byte, 64)
	for i := range junk {
		junk[i] = byte(w.r.Uint32())
	}
	which := w.r.IntN(4)
	if which == 0 {
		return w.say(wire.Message{Type: "pake-confirm", Data: junk})
	}
	if err := gone(w.peer.Try(w.near())); err != nil {
		return err
	}
	m, err := w.peer.Hear(w.ctx, "the host's share", far.Type("pake", "wrong-code", "end"))
	if err != nil || m.Type != "pake" {
		return err
	}
	switch which {
	case 1:
		err = w.say(wire.Message{Type: "pake-confirm", Data: junk})
	case 2:
		w.wrong++
		if err = gone(w.peer.Share(m.Data)); err == nil {
			err = w.say(wire.Message{Type: "pake-confirm", Data: m.Data})
		}
	case 3:
		if err = w.say(wire.Message{Type: "pake-confirm", Data: junk}); err == nil {
			err = w.say(wire.Message{Type: "pake-confirm", Data: junk})
		}
	}
	return err
}

// forgedResume: whoever comes back without the newest proof of their own gets
// nothing; whoever has it gets what there was, once (scenario 18).
func (w *walk) forgedResume() error {
	if err := w.lasting(); err != nil {
		return err
	}
	session, newest, who := w.peer.Session(), w.peer.Proof(), w.peer.ID
	other := anna
	if who.Account == anna.Account {
		other = bob
	}
	type try struct {
		id    channel.Identity
		proof far.Proof
	}
	forged := []try{
		{who, far.Forge(session, make([]byte, 32))},
		{who, far.Forge(session, nil)},
		{other, newest}, // the key was stolen
		{other, far.Forge(session, []byte("x"))},
	}
	for _, p := range w.old[max(0, len(w.old)-4):] {
		if !p.Stands(newest) {
			forged = append(forged, try{who, p})
		}
	}
	for _, claim := range w.claims[max(0, len(w.claims)-3):] { // made over other channels
		forged = append(forged, try{who, far.Forge(session, claim)}, try{other, far.Forge(session, claim)})
	}
	f := pick(w, forged)
	lost := f.id.Account != who.Account || w.r.IntN(4) > 0
	if lost {
		w.peer.Cut()
		err := w.pc.Wait(w.ctx, "the lost link", func(s *hostpb.SupportState) bool { return s.Phase != hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED })
		if err != nil {
			return err
		}
	}
	p, err := w.connect(f.id)
	if err != nil {
		return err
	}
	defer p.Cut()
	if err := gone(p.Hello("back again")); err != nil {
		return err
	}
	in, err := p.Resume(w.ctx, f.proof, false)
	if err != nil && !errors.Is(err, far.ErrEnded) {
		return err
	}
	p.Cut()
	if in || w.pc.State().SessionId != session {
		w.drop()
		return nil
	}
	// The real one comes back.
	again, err := w.connect(who)
	if err != nil {
		return err
	}
	if err := gone(again.Hello("back again")); err != nil {
		return err
	}
	claim, err := again.Claim(newest)
	if err != nil {
		return err
	}
	w.claims, w.old = append(w.claims, claim), append(w.old, newest)
	if in, err = again.Resume(w.ctx, newest, true); err != nil && !errors.Is(err, far.ErrEnded) {
		return err
	}
	w.drop()
	if in {
		w.peer = again
	}
	return nil
}

// lasting: something was given that outlives a lost link.
func (w *walk) lasting() error {
	if err := w.session(); err != nil {
		return err
	}
	for _, c := range []string{wire.View, wire.Control} {
		if w.pc.Ledger().Holds(w.peer.Session(), capabilities[c]) {
			_ = w.pc.Revoke(capabilities[c]) // it may be over
		}
	}
	return w.given(pick(w, []string{wire.View, wire.Control}), pick(w, lengths[1:]))
}

// twoSockets: a second socket beside the one in session, with the code, with
// nothing, as somebody else.
func (w *walk) twoSockets() error {
	if err := w.lasting(); err != nil {
		return err
	}
	session := w.peer.Session()
	second, err := w.connect(w.peer.ID) // the relay puts it in the first one's place
	if err != nil {
		return err
	}
	if err := gone(second.Hello("me too")); err != nil {
		return err
	}
	switch w.r.IntN(3) {
	case 0:
		_, err = second.Prove(w.ctx, w.code, false)
	case 1:
		m, markers := w.input(5, second.Generation())
		if err = gone(second.Say(m)); err == nil {
			err = second.Barrier(w.ctx)
		}
		w.pc.Ledger().Never(markers)
	case 2:
		if err = gone(second.Say(wire.Message{Type: "ask", ID: w.id(), Capability: wire.Control})); err == nil {
			err = second.Barrier(w.ctx)
		}
	}
	if second.Session() == session {
		w.pc.Ledger().Resumed(session, second.ID.Account, false)
	}
	second.Cut()
	return err
}

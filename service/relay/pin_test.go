package relay

import (
	"errors"
	"sync"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

// prompt waits for the n-th prompt.
func (r *rig) prompt(n int) *hostpb.Prompt {
	r.Helper()
	var p *hostpb.Prompt
	r.await("a prompt", func(d *desk) bool {
		if len(d.prompts) >= n {
			p = d.prompts[n-1]
		}
		return p != nil
	})
	r.clock.pass(time.Second)
	return p
}

func (r *rig) refused(err error, code string) {
	r.Helper()
	if Code(err) != code {
		r.Errorf("%v, want %q", err, code)
	}
}

// B3: once control was given, what the engineer may have started could click
// Allow, but knows no PIN. Every further Allow counts only with one.
func TestAfterControlAnAllowNeedsAPIN(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control, Ticket: "INC\u202e 4711"})
	if p := r.answer(1, true); p.NeedsPin || p.NeedsInitials || p.Ticket != "INC 4711" {
		t.Errorf("before control was ever given: %v", p)
	}
	e.say(wire.Message{Type: "ask-file", ID: "00112233445566778899aabbccddeeff", File: fileOf("a.txt", []byte("x"))})
	p := r.prompt(2)
	if !p.NeedsPin || !p.NeedsInitials || p.PinWhy != "control-given" || p.PinTriesLeft != 3 || p.FileDirection != "to-pc" {
		t.Errorf("prompt %v", p)
	}
	yes := func(initials, pin string) error {
		return r.s.AnswerPrompt("lab", &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: true, Initials: initials, Pin: pin})
	}
	r.refused(yes("", ""), "initials-missing")
	r.refused(yes("ab", ""), "pin-needed")
	r.refused(yes("cd", labPIN), "pin-missing")
	r.refused(yes("ab", "000000"), "pin-wrong")
	r.refused(yes("ab", labPIN), "pin-wait")
	if left := r.s.State().GetPrompt().GetPinTriesLeft(); left != 2 {
		t.Errorf("%d tries left", left)
	}
	r.clock.pass(time.Second)
	if err := yes("ab", labPIN); err != nil {
		t.Fatal(err)
	}
	if m := e.hear("answer"); m.ID != "c" || !m.Granted {
		t.Errorf("%+v", m)
	}
	if m := e.hear("answer"); !m.Granted || m.Capability != wire.Files {
		t.Errorf("%+v", m)
	}
	k := r.kinds()
	if k["pin.wrong"] != 1 || k["prompt.answer-void"] != 3 {
		t.Errorf("the log says %v", k)
	}
	r.canary(labPIN)
}

// Three wrong PINs at one question are a no; five in a row lock the PIN, and
// where nobody has one that works there is no question at all.
func TestWrongPINs(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
	r.answer(1, true)
	e.hear("answer")
	wrong := func(p *hostpb.Prompt, code string) {
		t.Helper()
		r.clock.pass(20 * time.Second)
		r.refused(r.s.AnswerPrompt("lab", &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: true, Initials: "ab", Pin: "0000"}), code)
	}
	e.say(wire.Message{Type: "ask", ID: "v1", Capability: wire.View})
	p := r.prompt(2)
	wrong(p, "pin-wrong")
	wrong(p, "pin-wrong")
	e.say(wire.Message{Type: "ping", Seq: 1})
	e.hear("pong")
	// The third one; the question ran for less than its minute.
	r.clock.pass(5 * time.Second)
	r.refused(r.s.AnswerPrompt("lab", &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: true, Initials: "ab", Pin: "0000"}), "pin-wrong")
	if m := e.hear("answer"); m.ID != "v1" || m.Granted || m.Why != "denied" {
		t.Errorf("%+v", m)
	}
	r.refused(r.s.AnswerPrompt("lab", &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: true, Initials: "ab", Pin: labPIN}), "prompt-gone")

	e.say(wire.Message{Type: "ask", ID: "v2", Capability: wire.View})
	p = r.prompt(3)
	wrong(p, "pin-wrong")
	wrong(p, "pin-locked")
	if err := r.s.AnswerPrompt("lab", &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce}); err != nil {
		t.Errorf("a no never needs anything: %v", err)
	}
	if m := e.hear("answer"); m.ID != "v2" || m.Granted {
		t.Errorf("%+v", m)
	}
	e.say(wire.Message{Type: "ask", ID: "v3", Capability: wire.View})
	if m := e.hear("answer"); m.ID != "v3" || m.Granted || m.Why != "pin-missing" {
		t.Errorf("%+v", m)
	}
	missed := r.s.State().GetMissed()
	if len(missed) != 1 || missed[0].Code != "pin-missing" || missed[0].Capability != hostpb.Capability_CAPABILITY_VIEW {
		t.Errorf("missed %v", missed)
	}
	if k := r.kinds(); k["pin.wrong"] != 5 || k["pin.locked"] != 1 {
		t.Errorf("the log says %v", k)
	}
}

// Scenario 19: answers with the right PIN, all at once: one decision.
func TestPINAnswersRace(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
	r.answer(1, true)
	e.say(wire.Message{Type: "ask", ID: "v", Capability: wire.View})
	p := r.prompt(2)
	var wait sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		wait.Go(func() {
			a := &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: i%2 == 0, Initials: "ab", Pin: labPIN}
			results <- r.s.AnswerPrompt("lab", a)
		})
	}
	wait.Wait()
	close(results)
	counted := 0
	for err := range results {
		switch Code(err) {
		case "":
			counted++
		case "prompt-gone":
		default:
			t.Error(err)
		}
	}
	if k := r.kinds(); counted != 1 || k["session.granted"]+k["prompt.answered"] != 2 {
		t.Errorf("%d answers counted, the log says %v", counted, k)
	}
}

// Nothing is set while help is asked for: what an engineer started must not
// choose the PIN (B3). IT may always take one away.
func TestNoPINIsSetInASession(t *testing.T) {
	r := newRig(t)
	set := func() error {
		return r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "xy", Pin: "4938"})
	}
	h := r.help()
	r.refused(set(), "session-running")
	if err := r.s.CancelHelp("lab", h.RequestId); err != nil {
		t.Fatal(err)
	}
	r.refused(r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "ab", Pin: "4938"}), "pin-old-needed")
	if err := set(); err != nil {
		t.Fatal(err)
	}
	e := r.enter()
	r.refused(r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "zz", Pin: "4938"}), "session-running")
	if err := r.s.RemovePIN("root", "XY"); err != nil {
		t.Fatal(err)
	}
	if got := r.s.PINInitials(); len(got) != 1 || got[0] != "AB" {
		t.Errorf("%v", got)
	}
	e.say(wire.Message{Type: "bye"})
	r.phase(hostpb.SupportPhase_SUPPORT_PHASE_READY)
	if err := set(); err != nil {
		t.Fatal(err)
	}
	if k := r.kinds(); k["pin.set"] != 3 || k["pin.removed"] != 1 {
		t.Errorf("the log says %v", k)
	}
}

// A PIN that was set between the check and the write would be one too many:
// help asked for meanwhile wins.
func TestHelpWinsOverAPIN(t *testing.T) {
	r := newRig(t)
	var no *support.Refusal
	for i := range 20 {
		var wait sync.WaitGroup
		var set error
		wait.Go(func() { set = r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "xy", Pin: "4938", OldPin: "4938"}) })
		h := r.help()
		before := len(r.pins.Initials())
		wait.Wait()
		after := len(r.pins.Initials())
		if before != after {
			t.Fatalf("round %d: a PIN was set while help was asked for", i)
		}
		if set != nil && !errors.As(set, &no) {
			t.Fatal(set)
		}
		if err := r.s.CancelHelp("lab", h.RequestId); err != nil {
			t.Fatal(err)
		}
	}
}

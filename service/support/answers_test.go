package support

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/wire"
)

// Scenarios 10, 12, 19: an answer counts once, for its own question, in time.
func TestAnswers(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(Ask{Link: 1, ID: "a", Capability: View})
	p := r.prompt()
	yes := Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}
	r.pass(799 * time.Millisecond)
	r.refused(yes, "not-armed")
	r.pass(time.Second)
	for _, bad := range []Answer{
		{Prompt: p.ID, Allow: true},
		{Prompt: p.ID, Nonce: make([]byte, 16), Allow: true},
		{Prompt: p.ID, Nonce: p.Nonce[:15], Allow: true},
	} {
		r.refused(bad, "nonce-wrong")
	}
	r.refused(Answer{Prompt: "other", Nonce: p.Nonce, Allow: true}, "prompt-gone")
	r.refused(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true, Duration: "for ever"}, "duration-not-offered")
	if r.phase() != PhaseConnected || len(r.m.Snapshot(r.now).Leases) != 0 {
		t.Fatal("a void answer granted something")
	}
	r.must(yes)
	r.refused(Answer{Technician: "other", Prompt: p.ID, Nonce: p.Nonce}, "prompt-gone")
	if len(r.m.Snapshot(r.now).Leases) != 1 {
		t.Error("a second technician's answer changed the first")
	}
	r.must(Ask{Link: 1, ID: "b", Capability: Control})
	q := r.prompt()
	r.pass(time.Second)
	r.refused(Answer{Technician: "lab", Prompt: q.ID, Nonce: p.Nonce, Allow: true}, "nonce-wrong")
	r.pass(60 * time.Second)
	r.refused(Answer{Technician: "lab", Prompt: q.ID, Nonce: q.Nonce, Allow: true}, "prompt-gone")
	if r.rec.count("prompt.answer-void") == 0 {
		t.Error("void answers are not in the log")
	}
}

func TestPromptTimesOutDenied(t *testing.T) {
	r := newRig(t)
	r.pol.timeout = 15 * time.Second
	r.session()
	r.must(Ask{Link: 1, ID: "a", Capability: View})
	r.pass(15 * time.Second)
	r.must(Tick{})
	if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "timeout" {
		t.Errorf("answered %v", m)
	}
	last := r.rec.entries[len(r.rec.entries)-1]
	if last.Kind != "prompt.answered" || last.Fields["answer"] != "timeout" { // B4
		t.Errorf("the log says %v", last)
	}
}

// Scenarios 13, 26: what policy does not allow is refused without a prompt.
func TestPolicyRefusesWithoutPrompt(t *testing.T) {
	r := newRig(t)
	r.session()
	r.pol.off[Files] = "never"
	r.must(AskFile{Link: 1, ID: "f", File: wire.File{Name: "a.txt", Size: 1, SHA256: strings.Repeat("ab", 32)}})
	r.must(Ask{Link: 1, ID: "c", Capability: Capability(wire.Clipboard)})
	r.must(Ask{Link: 1, ID: "d", Capability: "drives\u202e"})
	if n := len(effectsOf[ShowPrompt](r.effects)); n != 0 {
		t.Fatalf("%d prompts", n)
	}
	if n := r.rec.count("session.refused"); n != 3 {
		t.Errorf("%d refusals in the log", n)
	}
	// Also between prompt and answer, and in the middle of a lease.
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	p := r.prompt()
	r.pol.off[View] = "off"
	r.pass(time.Second)
	r.refused(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}, "policy")
	delete(r.pol.off, View)
	r.grant(Control, Session)
	r.pol.off[Control] = "off"
	if r.input() {
		t.Error("policy is asked for every message")
	}
	r.must(PolicyChanged{})
	delete(r.pol.off, Control)
	if r.input() {
		t.Error("a lease ended by policy came back")
	}
}

// Scenario 27: an engineer taken off the list in mid-session.
func TestEngineerRefused(t *testing.T) {
	r := newRig(t)
	r.pol.refused[bob.Account] = true
	r.ask()
	r.must(Joined{Link: 9, Engineer: bob})
	if m := r.said("end"); len(m) != 1 || m[0].Why != "not-allowed" {
		t.Errorf("heard %v", m)
	}
	r.do(CancelHelp{Request: r.help.Request})
	r.session()
	r.grant(View, Session)
	r.pol.refused[anna.Account] = true
	r.must(PolicyChanged{})
	if r.phase() != PhaseReady || r.picture() {
		t.Error("the session went on")
	}
}

// B7: a run needs a second yes, also when it begins later.
func TestRunInterlock(t *testing.T) {
	r := newRig(t)
	r.session()
	r.pol.run = true
	r.must(Ask{Link: 1, ID: "c", Capability: Control})
	p := r.prompt()
	r.pass(time.Second)
	r.refused(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}, "run-not-confirmed")
	r.must(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true, RunConfirmed: true})

	r.pol.run = false
	r.grant(Control, Session)
	r.pol.run = true
	if r.input() {
		t.Error("control went on into a run nobody confirmed")
	}
	r.must(PolicyChanged{})
	if len(r.m.Snapshot(r.now).Leases) != 0 {
		t.Error("the lease outlived the run's beginning")
	}
	// Beginning while the question stands: it is put again, and armed again.
	r.pol.run = false
	r.must(Ask{Link: 1, ID: "c2", Capability: Control})
	p = r.prompt()
	r.pass(time.Second)
	r.pol.run = true
	early := full(p)
	early.RunConfirmed = true
	r.refused(early, "run-not-confirmed")
	p = r.prompt()
	r.refused(full(p), "not-armed")
	r.pass(time.Second)
	r.must(full(p))
}

// Scenario 8: while a prompt shows, remote input is dropped and keys are up.
func TestInputIsDroppedWhileAPromptShows(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(View, Session)
	r.grant(Control, Session)
	r.must(Ask{Link: 1, ID: "again", Capability: View})
	for range 10_000 {
		if r.input() {
			t.Fatal("input reached a prompt")
		}
	}
	if len(effectsOf[ReleaseInput](r.last)) != 1 {
		t.Error("keys stay held down")
	}
	if m := r.said("paused"); len(m) != 1 || !m[0].On {
		t.Errorf("the engineer heard %v", m)
	}
	p := r.prompt()
	r.must(Answer{Prompt: p.ID, Nonce: p.Nonce})
	if !r.input() {
		t.Error("control should go on after a no to something else")
	}
	if m := r.said("paused"); len(m) != 1 || m[0].On {
		t.Errorf("the engineer heard %v", m)
	}
}

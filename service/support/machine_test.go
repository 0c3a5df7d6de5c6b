package support

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// P5, P24: help, code, view, control, end, each with its place in the log.
func TestTheWholeWay(t *testing.T) {
	r := newRig(t)
	r.session()
	if r.picture() || r.input() {
		t.Fatal("something is allowed before anything was asked")
	}
	r.grant(View, Minutes)
	if !r.picture() || r.input() {
		t.Fatal("view means view, and nothing else")
	}
	r.grant(Control, Once)
	if !r.input() {
		t.Fatal("control was granted")
	}
	r.must(EndSession{Technician: "lab", How: "kill-key"})
	if r.input() || r.picture() || r.phase() != PhaseReady || r.m.Snapshot(r.now).Ended != "kill-key" {
		t.Fatal("something survived the end")
	}
	if m := r.said("end"); len(m) != 1 || m[0].Why != "kill-key" {
		t.Errorf("the engineer heard %v", m)
	}
	for _, kind := range []string{
		"help.requested", "engineer.joined", "code.tried", "session.authenticated", "session.asked", "prompt.shown", "session.granted", "session.ended",
	} {
		if r.rec.count(kind) == 0 {
			t.Errorf("no %s in the log", kind)
		}
	}
	if r.rec.open != (Open{}) {
		t.Error("the log still says something is open")
	}
}

func TestRequestHelp(t *testing.T) {
	r := newRig(t)
	r.gate = "terms-not-accepted" // P19
	r.refused(RequestHelp{TechnicianCalled: true}, "terms-not-accepted")
	if r.phase() != PhaseOff {
		t.Error("support should be off")
	}
	r.gate = ""
	r.refused(RequestHelp{}, "not-called")
	first := r.ask()
	again := r.ask()
	if first.Code != again.Code || first.Request != again.Request {
		t.Error("the second window got another code")
	}
	r.refused(CancelHelp{Request: "other"}, "request-gone")
	r.must(CancelHelp{Request: first.Request})
	if next := r.ask(); next.Code == first.Code || next.Request == first.Request {
		t.Error("a new request must have a new code")
	}
	r.pass(10 * time.Minute)
	r.must(Tick{})
	if r.phase() != PhaseReady || r.m.Snapshot(r.now).Ended != "code-expired" {
		t.Error("the code did not expire")
	}
}

// Scenario 23: a code is used up by the first right try, at most once.
func TestCodeIsSingleUse(t *testing.T) {
	r := newRig(t)
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.must(Joined{Link: 2, Engineer: bob})
	r.do(TryCode{Link: 1})
	check := effectsOf[CheckCode](r.last)[0]
	if r.try(2, h.Code.Reveal()) {
		t.Error("two tries were looked at at once")
	}
	r.do(TryDone{Link: 1, Try: check.Try, Right: true})
	if r.phase() != PhaseConnected {
		t.Fatal("not connected")
	}
	r.do(TryDone{Link: 1, Try: check.Try, Right: true})
	r.must(Joined{Link: 3, Engineer: bob})
	r.do(TryCode{Link: 3})
	if m := r.said("end"); len(m) != 1 || m[0].Why != "session-running" {
		t.Errorf("a second engineer heard %v", m) // scenario 18
	}
	if n := r.rec.count("session.authenticated"); n != 1 {
		t.Errorf("%d sessions out of one code", n)
	}
}

// Scenario 21: every guess counts, and a code burns after five.
func TestEveryGuessCounts(t *testing.T) {
	r := newRig(t)
	guesses, looked := 0, 0
	for round := 0; guesses < 99; round++ {
		r.ask()
		on := LinkID(round + 1)
		r.must(Joined{Link: on, Engineer: anna})
		for i := 0; i < 5 && r.phase() == PhaseWaiting; i++ {
			if r.try(on, "WRONG") {
				looked++
			}
			guesses++
			if r.rec.tries.Row != guesses {
				t.Fatalf("%d guesses, %d counted", guesses, r.rec.tries.Row)
			}
			if guesses == 99 {
				break
			}
		}
		if guesses < 99 && r.m.Snapshot(r.now).Ended != "code-burnt" {
			t.Fatal("five tries did not burn the code")
		}
	}
	if looked != 1 {
		t.Errorf("%d guesses were looked at without a wait", looked)
	}
	// Waiting is worth one look each time, and no new code shortens the wait.
	r.do(CancelHelp{Request: r.help.Request})
	h := r.ask()
	r.must(Joined{Link: 1000, Engineer: anna})
	r.pass(longestWait)
	if !r.try(1000, h.Code.Reveal()) || r.phase() != PhaseConnected {
		t.Error("scenario 24: after the wait the technician's new code must work")
	}
	if r.rec.tries.Row != 0 {
		t.Error("a right code ends the row")
	}
}

// P23: 100 in a row switch support off until IT acts, also after a restart.
func TestHundredInARow(t *testing.T) {
	r := newRig(t)
	r.boot(Tries{Serial: 7, Row: 99})
	r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.try(1, "WRONG")
	r.refused(RequestHelp{TechnicianCalled: true}, offTooMany)
	r.boot(r.rec.tries)
	r.refused(RequestHelp{TechnicianCalled: true}, offTooMany)
	r.must(ResetTries{By: "it"})
	r.ask()
	if r.rec.count("code.tries-reset") != 1 {
		t.Error("IT's act is not in the log")
	}
}

// Scenario 22: neither restart nor clock shortens a wait.
func TestWaitSurvives(t *testing.T) {
	r := newRig(t)
	r.boot(Tries{Serial: 4, Row: 4})
	for _, jump := range []time.Duration{0, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		r.now.Wall = r.now.Wall.Add(jump)
		r.boot(Tries{Serial: 4, Row: 4})
		h := r.ask()
		r.must(Joined{Link: 1, Engineer: anna})
		r.pass(waitAfter(4) - time.Millisecond)
		if r.try(1, h.Code.Reveal()) {
			t.Errorf("clock %v: looked at before the wait was over", jump)
		}
		r.do(CancelHelp{Request: h.Request})
		r.do(LinkLost{Link: 1})
	}
	if (Tries{Serial: 3, Row: 0}).Newer(Tries{Serial: 9, Row: 50}).Row != 50 {
		t.Error("a restored database won over the newer copy")
	}
}

func TestWaits(t *testing.T) {
	for row, want := range map[int]time.Duration{0: 0, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 10: 512 * time.Second, 11: 512 * time.Second, 1 << 40: 512 * time.Second} {
		if got := waitAfter(row); got != want {
			t.Errorf("row %d: %v, want %v", row, got, want)
		}
	}
}

// Whoever leaves in the middle of a try has used it.
func TestLeavingDuringATryCounts(t *testing.T) {
	r := newRig(t)
	r.ask()
	for i := range 5 {
		r.must(Joined{Link: LinkID(i + 1), Engineer: anna})
		r.do(TryCode{Link: LinkID(i + 1)})
		r.do(LinkLost{Link: LinkID(i + 1)})
		r.pass(time.Minute)
	}
	if r.m.Snapshot(r.now).Ended != "code-burnt" || r.rec.tries.Row != 5 {
		t.Errorf("ended %q, row %d", r.m.Snapshot(r.now).Ended, r.rec.tries.Row)
	}
}

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

// Scenario 14, B5: revoking opens a new generation; older input is void.
func TestRevoke(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(View, Session)
	r.grant(Control, Session)
	old := r.m.Generation()
	r.must(Revoke{Technician: "lab", Capability: Control})
	if r.m.MayInput(r.now, 1, old) || r.input() {
		t.Error("input after the revoke")
	}
	if !r.picture() {
		t.Error("view was not revoked")
	}
	r.grant(Control, Session)
	if r.m.MayInput(r.now, 1, old) {
		t.Error("input of before the revoke was applied under the next lease")
	}
	if r.m.MayInput(r.now, 1, r.m.Generation()+1) {
		t.Error("a generation nobody opened")
	}
	r.refused(Revoke{Capability: Chat}, "not-granted")
}

func TestLeasesEnd(t *testing.T) {
	for _, tt := range []struct {
		d     Duration
		after time.Duration
	}{{Once, 5 * time.Minute}, {Minutes, 15 * time.Minute}} {
		r := newRig(t)
		r.session()
		r.grant(Control, tt.d)
		r.pass(tt.after - time.Second)
		if !r.input() {
			t.Errorf("%s ended early", tt.d)
		}
		r.pass(time.Second)
		if r.input() { // even before anything ticks
			t.Errorf("%s did not end", tt.d)
		}
		r.must(Tick{})
		if m := r.said("lease-end"); len(m) != 1 || m[0].Why != "expired" {
			t.Errorf("heard %v", m)
		}
	}
	r := newRig(t)
	r.session()
	r.grant(Control, Minutes)
	r.now.Wall = r.now.Wall.Add(24 * time.Hour) // the machine slept
	if r.input() {
		t.Error("a lease slept through its end")
	}
}

// Scenario 17, B5: what dies on the PC ends the session.
func TestWhatDiesOnThePCEndsIt(t *testing.T) {
	for name, ev := range map[string]func(*rig) Event{
		"tray":     func(*rig) Event { return TrayLost{} },
		"seat":     func(*rig) Event { return SeatLost{} },
		"bar":      func(r *rig) Event { return BarLost{Session: r.id()} },
		"helper":   func(r *rig) Event { return HelperLost{Helper: r.helper} },
		"locked":   func(r *rig) Event { return HelperReport{Helper: r.helper, Locked: true} },
		"service":  func(*rig) Event { return Shutdown{} },
		"engineer": func(*rig) Event { return Bye{Link: 1} },
		"protocol": func(*rig) Event { return Violation{Link: 1} },
	} {
		r := newRig(t)
		r.session()
		r.grant(View, Session)
		r.grant(Control, Session)
		r.must(ev(r))
		if r.phase() != PhaseReady || r.input() || r.picture() {
			t.Errorf("%s: the session went on", name)
		}
	}
}

func TestBarMustShow(t *testing.T) {
	r := newRig(t)
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.try(1, h.Code.Reveal())
	r.refused(BarHeld{Session: "other"}, "no-session")
	r.grant(Control, Session)
	if r.input() {
		t.Error("input without a bar")
	}
	r.pass(30 * time.Second)
	r.must(Tick{})
	if r.m.Snapshot(r.now).Ended != "bar-missing" {
		t.Error("a session without a bar went on")
	}
}

func TestHelperToken(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	r.allow(Session)
	want := effectsOf[WantDesktop](r.last)[0]
	r.refused(AttachHelper{Helper: 1, Session: want.Session, Token: make([]byte, 32)}, "helper-refused")
	r.refused(AttachHelper{Helper: 1, Session: "other", Token: want.Token}, "helper-refused")
	r.must(AttachHelper{Helper: 2, Session: want.Session, Token: want.Token})
	r.refused(AttachHelper{Helper: 3, Session: want.Session, Token: want.Token}, "helper-refused")

	r = newRig(t)
	r.session()
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	r.allow(Session)
	r.pass(20 * time.Second)
	r.must(Tick{})
	if len(r.m.Snapshot(r.now).Leases) != 0 || r.phase() != PhaseConnected {
		t.Error("a helper that never came should end the lease, not more")
	}
}

// Scenario 18: a lost link resumes within a lease, by the same engineer only.
func TestResume(t *testing.T) {
	start := func() (*rig, proof.Key) {
		r := newRig(t)
		h := r.ask()
		r.must(Joined{Link: 1, Engineer: anna})
		r.try(1, h.Code.Reveal())
		r.must(BarHeld{Session: r.id()})
		r.grant(View, Session)
		r.grant(Control, Minutes)
		return r, r.key
	}
	r, key := start()
	r.must(LinkLost{Link: 1})
	if r.phase() != PhaseLost || r.input() || r.picture() {
		t.Fatal("lost, but not paused")
	}
	refused := func(what string, on LinkID, who Engineer, ev Resume) {
		t.Helper()
		before := r.rec.count("session.resume-refused")
		r.must(Joined{Link: on, Engineer: who})
		r.must(ev)
		if r.phase() != PhaseLost || len(r.said("end")) != 1 || len(r.said("authenticated")) != 0 {
			t.Fatal(what + " resumed")
		}
		if r.rec.count("session.resume-refused") != before+1 {
			t.Error(what + " is not in the log")
		}
	}
	refused("somebody else", 2, bob, r.resume(2, key))
	refused("nothing", 3, anna, Resume{Link: 3, Binding: bindingOf(t, 3).Resume()})
	seen := r.resume(4, key)
	seen.Link, seen.Binding = 5, bindingOf(t, 5).Resume()
	refused("a proof made for another channel", 5, anna, seen)
	other, _ := start()
	refused("a key of another session", 6, anna, r.resume(6, other.key))

	r.must(Joined{Link: 7, Engineer: anna})
	r.must(r.resume(7, key))
	if r.phase() != PhaseConnected || len(r.said("answer")) != 2 || !r.m.MayInput(r.now, 7, r.m.Generation()) {
		t.Fatal("the engineer could not resume")
	}
	// The answer was lost with the link: the engineer has the old key still.
	r.must(LinkLost{Link: 7})
	r.must(Joined{Link: 8, Engineer: anna})
	r.must(r.resume(8, key))
	if r.phase() != PhaseConnected {
		t.Fatal("an answer that never arrived cost the session")
	}
	next := r.accepted(8, key)
	r.must(LinkLost{Link: 8})
	r.must(Joined{Link: 9, Engineer: anna})
	r.must(r.resume(9, next))
	if r.phase() != PhaseConnected {
		t.Fatal("the next key does not resume")
	}
	last := r.accepted(9, next)
	r.must(LinkLost{Link: 9})
	refused("a key that was used up", 10, anna, r.resume(10, key))
	r.must(Joined{Link: 11, Engineer: anna})
	r.pass(11 * time.Minute)
	r.must(r.resume(11, last))
	if r.phase() != PhaseReady {
		t.Error("resumed after too long")
	}

	r = newRig(t)
	r.session()
	r.grant(View, Once)
	r.must(LinkLost{Link: 1})
	if r.phase() != PhaseReady {
		t.Error("without a lease a lost link ends the session")
	}
}

// A driver that brings no key makes a session nobody can come back to.
func TestWithoutAKeyNobodyComesBack(t *testing.T) {
	r := newRig(t)
	r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.do(TryCode{Link: 1})
	r.must(TryDone{Link: 1, Try: effectsOf[CheckCode](r.last)[0].Try, Right: true})
	r.must(BarHeld{Session: r.id()})
	r.grant(View, Session)
	r.must(LinkLost{Link: 1})
	r.must(Joined{Link: 2, Engineer: anna})
	r.must(Resume{Link: 2, Binding: bindingOf(t, 2).Resume(), Proof: proof.Key{}.Claim(bindingOf(t, 2).Resume())})
	if r.phase() != PhaseLost {
		t.Error("resumed without a key")
	}
}

// P23, scenario 21: an engineer who goes silent in the middle of a try has used
// it, and blocks nobody for long; what comes later is void.
func TestASilentTryIsOver(t *testing.T) {
	r := newRig(t)
	r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.must(Joined{Link: 2, Engineer: bob})
	r.do(TryCode{Link: 1})
	c := effectsOf[CheckCode](r.last)[0]
	if d, some := r.m.NextDeadline(r.now); !some || d != 10*time.Second {
		t.Errorf("due in %v", d)
	}
	r.pass(5 * time.Second)
	if r.try(2, "WRNGWRNG") {
		t.Error("two tries were looked at at once")
	}
	r.pass(5 * time.Second)
	r.must(Tick{})
	if m := r.said("wrong-code"); len(m) != 1 || m[0].TriesLeft != 3 || m[0].WaitMS != 0 || effectsOf[SendTo](r.last)[0].Link != 1 {
		t.Errorf("the silent engineer was told %+v", m)
	}
	if n := r.m.Snapshot(r.now).WrongCodes; n != 2 || r.rec.tries.Row != 2 || r.rec.count("code.wrong") != 1 {
		t.Errorf("%d wrong codes, %d in a row, %d in the log", n, r.rec.tries.Row, r.rec.count("code.wrong"))
	}
	r.do(r.tried(c, true))
	if r.phase() != PhaseWaiting || len(r.last) != 0 {
		t.Fatal("a try that was over let somebody in")
	}
	if !r.try(2, r.help.Code.Reveal()) || r.phase() != PhaseConnected {
		t.Error("a silent engineer keeps others out")
	}
}

// The words are of the link a session is on, and shown in a session only.
func TestWords(t *testing.T) {
	r := newRig(t)
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna, Words: "amber river wolf"})
	words := func() string { return r.m.Snapshot(r.now).Words }
	if words() != "" {
		t.Error("words before anybody proved anything")
	}
	r.try(1, h.Code.Reveal())
	if words() != "amber river wolf" {
		t.Errorf("words %q", words())
	}
	r.must(BarHeld{Session: r.id()})
	r.grant(View, Session)
	r.must(LinkLost{Link: 1})
	r.must(Joined{Link: 2, Engineer: anna, Words: "lemon opal zebra"})
	if words() != "" {
		t.Errorf("words %q while the link is lost", words())
	}
	r.must(r.resume(2, r.key))
	if words() != "lemon opal zebra" {
		t.Errorf("words %q after a resume", words())
	}
}

// Scenario 16: a flood is throttled, denied, and does not fill the log.
func TestThrottle(t *testing.T) {
	r := newRig(t)
	r.session()
	before := len(r.rec.entries)
	throttled := 0
	for i := range 1000 {
		r.must(Ask{Link: 1, ID: fmt.Sprint("a", i), Capability: View})
		for _, m := range r.said("answer") {
			if m.Why == "throttled" {
				throttled++
			}
		}
	}
	if throttled != 1000-19 {
		t.Errorf("%d throttled", throttled)
	}
	if n := len(r.rec.entries) - before; n > 60 {
		t.Errorf("the flood left %d entries", n)
	}
	r.pass(time.Minute)
	r.must(Tick{}) // the one that showed timed out
	r.must(Ask{Link: 1, ID: "later", Capability: View})
	if r.prompt().Capability != View {
		t.Error("after a quiet minute asking works again")
	}
}

func TestOnePromptAtATime(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(Ask{Link: 1, ID: "v", Capability: View, Duration: Minutes})
	r.must(Ask{Link: 1, ID: "c", Capability: Control})
	if len(effectsOf[ShowPrompt](r.effects)) != 1 {
		t.Fatal("two prompts at once")
	}
	p := r.prompt()
	if len(p.Durations) != 2 || p.Durations[0] != Once {
		t.Errorf("offered %v", p.Durations)
	}
	r.must(Cancel{Link: 1, ID: "v"})
	if r.prompt().Capability != Control {
		t.Error("the next one did not come up")
	}
}

// Scenarios 33, 34: a file is what was approved, or it is nothing.
func TestFiles(t *testing.T) {
	file := wire.File{Name: "report.pdf", Size: 10, SHA256: strings.Repeat("ab", 32)}
	r := newRig(t)
	r.session()
	if r.m.MayChunk(r.now, 1, "f1", 1) {
		t.Fatal("a chunk before the yes")
	}
	r.must(AskFile{Link: 1, ID: "f1", File: file})
	if p := r.prompt(); p.File.SHA256 != file.SHA256 || len(p.Durations) != 1 {
		t.Errorf("prompt %+v", p)
	}
	r.allow("")
	if len(r.m.Snapshot(r.now).Leases) != 0 {
		t.Error("there is no lease for files")
	}
	if r.m.MayChunk(r.now, 1, "f1", 11) || !r.m.MayChunk(r.now, 1, "f1", 10) || r.m.MayChunk(r.now, 1, "f1", 1) {
		t.Error("more than was offered")
	}
	r.must(FileEnd{Link: 1, ID: "f1"})
	r.must(FileChecked{ID: "f1", SHA256: file.SHA256, Name: file.Name, Scanner: "test 1"})
	if len(effectsOf[SaveTransfer](r.last)) != 1 || r.rec.count("file.accepted") != 1 {
		t.Fatal("not revealed, or not logged before")
	}
	r.must(FileSaved{ID: "f1", Name: file.Name})

	for name, ev := range map[string]Event{
		"short":   FileEnd{Link: 1, ID: "f2"},
		"hash":    FileChecked{ID: "f2", SHA256: strings.Repeat("cd", 32), Scanner: "test 1"},
		"kill":    EndSession{How: "kill-key"},
		"revoked": Revoke{Capability: Files},
		"lost":    LinkLost{Link: 1},
	} {
		r := newRig(t)
		r.session()
		r.must(AskFile{Link: 1, ID: "f2", File: file})
		r.allow("")
		if name == "hash" {
			r.m.MayChunk(r.now, 1, "f2", 10)
			r.must(FileEnd{Link: 1, ID: "f2"})
		}
		r.must(ev)
		if len(effectsOf[AbortTransfer](r.last)) != 1 || len(effectsOf[SaveTransfer](r.effects)) != 0 {
			t.Errorf("%s: %v", name, r.last)
		}
	}
}

// Scenario 50: what cannot be written does not happen, and what runs ends.
func TestNothingWithoutTheLog(t *testing.T) {
	r := newRig(t)
	r.rec.fail = true
	r.refused(RequestHelp{TechnicianCalled: true}, "log-failed")
	if r.m.RelayWanted() != "" || r.help != nil {
		t.Error("a code without a log")
	}
	r.rec.fail = false
	r.session()
	r.grant(View, Session)
	r.must(Ask{Link: 1, ID: "c", Capability: Control})
	p := r.prompt()
	r.pass(time.Second)
	r.rec.fail = true
	r.refused(Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true}, "log-failed")
	if r.input() || r.picture() || r.phase() == PhaseConnected {
		t.Error("the session went on without a log")
	}

	r = newRig(t)
	r.session()
	r.grant(Control, Session)
	r.rec.fail = true
	r.must(EndSession{How: "kill-key"}) // ending never needs the log
	if r.input() || r.phase() != PhaseReady {
		t.Error("the kill key did not work")
	}

	r = newRig(t)
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.rec.fail = true
	if r.try(1, h.Code.Reveal()) {
		t.Error("a try that could not be counted was looked at")
	}
}

// The technician's own hand rules.
func TestLocalInput(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(Control, Session)
	r.must(HelperReport{Helper: r.helper, LocalInput: true})
	if r.input() {
		t.Error("the engineer's hand went on")
	}
	r.pass(2 * time.Second)
	if !r.input() {
		t.Error("it should go on after 2 s")
	}
}

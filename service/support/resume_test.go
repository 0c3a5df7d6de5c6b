package support

import (
	"testing"
	"time"

	"beckmanconnect/session/proof"
)

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

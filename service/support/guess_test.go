package support

import (
	"testing"
	"time"
)

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

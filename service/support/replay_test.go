package support

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/wire"
)

// Scenario 12: an Allow that was good once is replayed where it does not
// belong, as it was and with the ID of what shows now.
func TestReplayedAllow(t *testing.T) {
	file := func(b string) wire.File { return wire.File{Name: "a.txt", Size: 1, SHA256: strings.Repeat(b, 32)} }
	viewOf := func(r *rig) Answer {
		r.must(Ask{Link: 1, ID: "v", Capability: View})
		r.pass(time.Second)
		return full(r.prompt())
	}
	fileOf := func(r *rig) Answer {
		r.must(AskFile{Link: 1, ID: "f", File: file("ab")})
		r.pass(time.Second)
		return full(r.prompt())
	}
	enter := func(r *rig, e Engineer, on LinkID) {
		h := r.ask()
		r.must(Joined{Link: on, Engineer: e})
		r.try(on, h.Code.Reveal())
		r.must(BarHeld{Session: r.id()})
		r.must(Ask{Link: on, ID: "v", Capability: View})
	}
	for name, tt := range map[string]struct {
		first func(*rig) Answer
		then  func(*rig, Answer)
		code  string // with its own ID
		again string // with the ID of what shows then, "" when nothing does
	}{
		"used":    {viewOf, func(r *rig, a Answer) { r.must(a) }, "prompt-gone", ""},
		"denied":  {viewOf, func(r *rig, a Answer) { a.Allow = false; r.must(a) }, "prompt-gone", ""},
		"expired": {viewOf, func(r *rig, _ Answer) { r.pass(time.Minute) }, "prompt-gone", ""},
		"taken back": {viewOf, func(r *rig, _ Answer) {
			r.must(Cancel{Link: 1, ID: "v"})
			r.must(Ask{Link: 1, ID: "v", Capability: View})
		}, "prompt-gone", "nonce-wrong"},
		"another capability": {viewOf, func(r *rig, _ Answer) {
			r.must(Cancel{Link: 1, ID: "v"})
			r.must(Ask{Link: 1, ID: "v", Capability: Control})
		}, "prompt-gone", "nonce-wrong"},
		"another file": {fileOf, func(r *rig, _ Answer) {
			r.must(Cancel{Link: 1, ID: "f"})
			r.must(AskFile{Link: 1, ID: "f", File: file("cd")})
		}, "prompt-gone", "nonce-wrong"},
		"another session": {viewOf, func(r *rig, _ Answer) {
			r.must(EndSession{})
			enter(r, anna, 2)
		}, "prompt-gone", "nonce-wrong"},
		"another engineer": {viewOf, func(r *rig, _ Answer) {
			r.must(Bye{Link: 1})
			enter(r, bob, 2)
		}, "prompt-gone", "nonce-wrong"},
		"another run of the service": {viewOf, func(r *rig, _ Answer) {
			r.boot(r.rec.tries)
			enter(r, anna, 1)
		}, "prompt-gone", "nonce-wrong"},
		"after the link was lost": {func(r *rig) Answer {
			r.grant(View, Session)
			r.must(Ask{Link: 1, ID: "c", Capability: Control})
			r.pass(time.Second)
			return full(r.prompt())
		}, func(r *rig, _ Answer) { r.must(LinkLost{Link: 1}) }, "prompt-gone", ""},
		"after a run began": {func(r *rig) Answer {
			r.must(Ask{Link: 1, ID: "c", Capability: Control})
			r.pass(time.Second)
			return full(r.prompt())
		}, func(r *rig, _ Answer) {
			r.pol.run = true
			r.must(PolicyChanged{})
		}, "nonce-wrong", "nonce-wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.session()
			old := tt.first(r)
			tt.then(r, old)
			before := r.rec.count("session.granted")
			r.pass(time.Second)
			old.RunConfirmed = true
			r.refused(old, tt.code)
			if tt.again != "" {
				p := r.prompt()
				old.Prompt, old.Initials, old.PINOf = p.ID, "AB", "AB"
				r.refused(old, tt.again)
			}
			if r.rec.count("session.granted") != before || r.rec.count("prompt.answer-void") == 0 {
				t.Error("it counted, or is not in the log")
			}
		})
	}
}

// Scenario 11: only whoever asked for help allows; a no is anybody's.
func TestOnlyWhoAskedMayAllow(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	r.pass(time.Second)
	other := full(r.prompt())
	other.Technician = "another"
	r.refused(other, "wrong-account")
	other.Allow = false
	r.must(other)
	if len(r.m.Snapshot(r.now).Leases) != 0 {
		t.Error("somebody else's answer granted something")
	}
}

// Scenarios 21, 24: a new code never shortens the wait that wrong ones cost,
// however far the row has come, and after the wait it works.
func TestANewCodeNeverShortensTheWait(t *testing.T) {
	for row := 1; row < 99; row++ {
		r := newRig(t)
		r.boot(Tries{Serial: uint64(row), Row: row})
		for range 3 { // asking again and again does not help either
			h := r.ask()
			r.must(CancelHelp{Request: h.Request})
		}
		h := r.ask()
		r.must(Joined{Link: 1, Engineer: anna})
		r.pass(waitAfter(row) - time.Millisecond)
		if r.try(1, h.Code.Reveal()) || r.phase() != PhaseWaiting {
			t.Fatalf("row %d: the right code of a new request was looked at too early", row)
		}
		r.pass(waitAfter(row + 1))
		if r.m.Snapshot(r.now).Phase == PhaseWaiting {
			r.do(Tick{})
		}
		if r.phase() != PhaseWaiting { // the code's ten minutes may be over
			h = r.ask()
			r.must(Joined{Link: 1, Engineer: anna})
		}
		if !r.try(1, h.Code.Reveal()) || r.phase() != PhaseConnected {
			t.Fatalf("row %d: after the wait the technician's code must work", row)
		}
	}
}

// P23, scenario 24: guessing from many places, with a new code whenever one
// burns: after 100 in a row support is off until IT acts, restart or not.
func TestGuessingFromManyPlacesEndsAtAHundred(t *testing.T) {
	r := newRig(t)
	guesses, codes := 0, 0
	for guesses < 100 {
		r.ask()
		codes++
		for r.phase() == PhaseWaiting && guesses < 100 {
			on := LinkID(guesses + 1)
			r.must(Joined{Link: on, Engineer: []Engineer{anna, bob}[guesses%2]})
			r.pass(longestWait / 7)
			r.try(on, "WRONG")
			guesses++
			if guesses%13 == 0 {
				r.boot(r.rec.tries) // the service starts anew
				break
			}
		}
	}
	if r.rec.tries.Row != 100 || codes < 20 {
		t.Fatalf("%d guesses at %d codes, %d counted", guesses, codes, r.rec.tries.Row)
	}
	for _, jump := range []time.Duration{0, 10 * 365 * 24 * time.Hour, -20 * 365 * 24 * time.Hour} {
		r.now.Wall = r.now.Wall.Add(jump)
		r.pass(24 * time.Hour)
		r.boot(r.rec.tries)
		r.refused(RequestHelp{TechnicianCalled: true}, offTooMany)
	}
	r.must(ResetTries{By: "it"})
	r.session()
}

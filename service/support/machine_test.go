package support

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

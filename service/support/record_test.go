package support

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/wire"
)

// told gives the cloud's events of a kind.
func (r *rig) told(kind string) []map[string]string {
	var out []map[string]string
	for _, o := range r.rec.out {
		if o.Event != nil && o.Event.Kind == kind {
			out = append(out, o.Event.Fields)
		}
	}
	return out
}

// P14, P24: all of a session is on record, here and in the cloud: request, code
// issued, tries, who came, each ask and answer, what was given and how it
// ended, files with hashes, the end and whose it was.
func TestOnRecord(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	r := newRig(t)
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.try(1, "WRONG")
	r.pass(time.Second)
	r.try(1, h.Code.Reveal())
	r.must(BarHeld{Session: r.id()})
	r.grant(View, Minutes)
	r.grant(Control, Session)
	r.m.CountInput(3)
	r.m.CountPicture()
	r.askFor(Files, "f")
	r.allow("")
	r.m.MayChunk(r.now, 1, "f", 1)
	r.must(FileEnd{Link: 1, ID: "f"})
	r.must(FileChecked{ID: "f", SHA256: sha, Name: "f.txt", Scanner: "test 1"})
	r.must(FileSaved{ID: "f", Name: "f.txt"})
	r.askFor(Files, "g")
	r.allow("")
	r.must(FileFailed{ID: "g", Why: "disk-full"})
	r.askFor(View, "v2")
	r.must(Answer{Technician: "lab", Prompt: r.prompt().ID, Nonce: r.prompt().Nonce})
	r.must(Ask{Link: 1, ID: "v3", Capability: View, Ticket: "INC 4711", Reason: "look"})
	r.pass(time.Minute)
	r.must(Tick{})
	r.must(Ask{Link: 1, ID: "p", Capability: Capability(wire.Clipboard)})
	r.must(Revoke{Technician: "lab", Capability: Control})
	r.must(EndSession{Technician: "lab", How: "button"})

	for kind, n := range map[string]int{
		"help.requested": 1, "engineer.joined": 1, "code.tried": 2, "code.wrong": 1, "session.authenticated": 1, "session.asked": 7,
		"prompt.shown": 6, "session.granted": 4, "prompt.answered": 2, "session.refused": 1, "session.revoked": 1, "session.lease-ended": 2,
		"file.accepted": 1, "file.received": 1, "file.failed": 1, "session.ended": 1, "session.summary": 1,
	} {
		if got := r.rec.count(kind); got != n {
			t.Errorf("log: %d × %s, want %d", got, kind, n)
		}
	}
	for kind, n := range map[string]int{
		"code-issued": 1, "joined": 1, "wrong-code": 1, "authenticated": 1, "asked": 7, "answered": 7, "lease-end": 2, "file": 2, "ended": 1,
	} {
		if got := len(r.told(kind)); got != n {
			t.Errorf("cloud: %d × %s, want %d", got, kind, n)
		}
	}
	for _, f := range append(r.told("file"), r.told("answered")[2], r.told("asked")[2]) {
		if f["sha256"] != sha {
			t.Errorf("a file without its hash: %v", f)
		}
	}
	if f := r.told("ended")[0]; f["why"] != "technician" || f["by"] != "technician" {
		t.Errorf("the cloud was told %v", f)
	}
	for _, o := range r.rec.out {
		if o.Event != nil && o.Event.Kind == "joined" && o.Event.Engineer != anna.Account {
			t.Errorf("who joined: %+v", o.Event)
		}
	}
	asked := r.rec.entries[slices.IndexFunc(r.rec.entries, func(e Entry) bool { return e.Personal["ticket"] != "" })]
	if asked.Kind != "session.asked" || asked.Personal["ticket"] != "INC 4711" || asked.Fields["ticket"] != "" {
		t.Errorf("the ticket is kept as %+v", asked)
	}

	s := r.m.Snapshot(r.now).Summary
	var kinds []string
	for _, l := range s.Lines {
		kinds = append(kinds, l.Kind+" "+string(l.Capability)+" "+l.Detail)
	}
	want := []string{
		"allowed view 15min", "allowed control session", "allowed files f.txt", "file-received files f.txt", "allowed files g.txt",
		"file-failed files g.txt", "denied view ", "timeout view ", "refused clipboard unknown-capability", "ended control revoked", "ended view session-ended",
	}
	if !slices.Equal(kinds, want) || s.Inputs != 3 || s.Pictures != 1 || s.By != "technician" || s.Code != "technician" ||
		s.Engineer.Account != anna.Account || !s.Ended.After(s.Started) {
		t.Errorf("summary %+v", s)
	}
	e := r.rec.entries[len(r.rec.entries)-1]
	if e.Kind != "session.summary" || e.Subject != s.Session || e.Personal["name"] != anna.Name || e.Personal["files"] != "f.txt" {
		t.Errorf("the log's summary %+v", e)
	}
	for field, n := range map[string]int{
		"allowed": 4, "denied": 1, "timeout": 1, "refused": 1, "ended": 2, "file-received": 1, "file-failed": 1, "inputs": 3, "pictures": 1,
	} {
		if e.Fields[field] != strconv.Itoa(n) {
			t.Errorf("the log's summary: %s %s, want %d", field, e.Fields[field], n)
		}
	}
	// What people typed and who they are is in no field that is plain.
	raw, _ := json.Marshal(e.Fields)
	if strings.Contains(string(raw), "Anna") || strings.Contains(string(raw), "f.txt") {
		t.Errorf("plain fields %s", raw)
	}

	// It stays until the next session begins, and not longer.
	h = r.ask()
	r.must(Joined{Link: 2, Engineer: anna})
	if r.m.Snapshot(r.now).Summary == nil {
		t.Error("a request took the summary away")
	}
	r.try(2, h.Code.Reveal())
	if got := r.m.Snapshot(r.now); got.Summary != nil || len(got.Missed) != 0 {
		t.Errorf("the next session begins with %+v", got)
	}
}

// Whose end it was, in the log, in the summary and for the cloud.
func TestWhoEndedIt(t *testing.T) {
	for _, tt := range []struct {
		ev       func(*rig) Event
		why, who string
	}{
		{func(*rig) Event { return EndSession{How: "kill-key"} }, "kill-key", "technician"},
		{func(*rig) Event { return Bye{Link: 1} }, "engineer", "engineer"},
		{func(*rig) Event { return TrayLost{} }, "tray-lost", "service"},
		{func(*rig) Event { return SeatLost{} }, "locked", "service"},
		{func(*rig) Event { return Unplugged{} }, "network-unplugged", "service"},
		{func(*rig) Event { return Shutdown{} }, "service-stopped", "service"},
	} {
		r := newRig(t)
		r.session()
		r.grant(View, Session)
		r.must(tt.ev(r))
		s, told := r.m.Snapshot(r.now).Summary, r.told("ended")
		if s == nil || s.By != tt.who || s.Code != tt.why || len(told) != 1 || told[0]["by"] != tt.who || told[0]["why"] != tt.why {
			t.Errorf("%s: %+v, %v", tt.why, s, told)
		}
		if r.rec.count("session.summary") != 1 {
			t.Errorf("%s: no summary in the log", tt.why)
		}
	}
	r := newRig(t)
	r.ask()
	r.must(CancelHelp{Request: r.help.Request})
	if told := r.told("ended"); len(told) != 1 || told[0]["by"] != "technician" {
		t.Errorf("%v", told)
	}
}

// A flood of refused asks does not push out of sight what was allowed.
func TestSummaryKeepsWhatWasAllowed(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(View, Session)
	for i := range 300 {
		r.pass(4 * time.Second)
		r.must(Ask{Link: 1, ID: "x" + strconv.Itoa(i), Capability: Capability(wire.Clipboard)})
	}
	r.must(EndSession{})
	s := r.m.Snapshot(r.now).Summary
	if len(s.Lines) != 64 || s.Lines[0].Kind != "allowed" || s.Lines[63].Kind != "ended" {
		t.Errorf("%d lines: %+v", len(s.Lines), s.Lines)
	}
	if e := r.rec.entries[len(r.rec.entries)-1]; e.Fields["refused"] != "300" {
		t.Errorf("counted %v", e.Fields)
	}
}

// P24: what nobody answered is shown, and may be asked again at once.
func TestMissedAndAskedAgain(t *testing.T) {
	r := newRig(t)
	r.session()
	for i := range 10 {
		r.must(Ask{Link: 1, ID: "v" + strconv.Itoa(i), Capability: View})
		if p := r.prompt(); p.Missed != i {
			t.Errorf("missed %d, want %d", p.Missed, i)
		}
		r.pass(time.Minute)
		r.must(Tick{})
		if m := r.said("answer"); len(m) != 1 || m[0].Why != "timeout" {
			t.Fatalf("heard %v", m)
		}
	}
	missed := r.m.Snapshot(r.now).Missed
	if len(missed) != 8 || missed[0].Code != "timeout" || !missed[0].At.After(missed[1].At) {
		t.Errorf("missed %+v", missed)
	}
	r.must(Ask{Link: 1, ID: "c", Capability: Control})
	if r.prompt().Missed != 0 {
		t.Error("another capability was not missed")
	}
	r.must(Answer{Technician: "lab", Prompt: r.prompt().ID, Nonce: r.prompt().Nonce})
	r.must(AskFile{Link: 1, ID: "f", Ticket: strings.Repeat("9", 50) + "\n", File: wire.File{Name: "a", Size: 1, SHA256: strings.Repeat("ab", 32)}})
	if p := r.prompt(); p.FileDirection != "to-pc" || p.Ticket != strings.Repeat("9", 40)+"…" {
		t.Errorf("prompt %+v", p)
	}
}

// B5: a plug that was pulled is not a link that was lost: it ends the session,
// also one that waits for its link, and lifts what is held down.
func TestUnplugged(t *testing.T) {
	for _, lost := range []bool{false, true} {
		r := newRig(t)
		r.session()
		r.grant(View, Session)
		r.grant(Control, Session)
		if lost {
			r.must(LinkLost{Link: 1})
		}
		r.must(Unplugged{})
		if r.phase() != PhaseReady || r.m.Snapshot(r.now).Ended != "network-unplugged" || len(effectsOf[StopDesktop](r.last)) != 1 {
			t.Errorf("lost %v: %+v", lost, r.m.Snapshot(r.now))
		}
	}
	r := newRig(t)
	r.ask()
	r.must(Unplugged{})
	if r.phase() != PhaseWaiting {
		t.Error("a code that waits gives nobody anything")
	}
}

package support

import (
	"strings"
	"testing"

	"beckmanconnect/session/wire"
)

const fetchID = "00112233445566778899aabbccddeeff"

var fetchedHash = strings.Repeat("cd", 32)

// chosen brings a fetch to its second question.
func (r *rig) chosen() {
	r.Helper()
	r.must(AskFetch{Link: 1, ID: fetchID, Reason: "the log"})
	if p := r.prompt(); p.File != nil || p.FileDirection != ToEngineer {
		r.Fatalf("the first question: %+v", p)
	}
	r.allow("")
	if len(effectsOf[ChooseFile](r.last)) != 1 || len(effectsOf[SendTransfer](r.effects)) != 0 {
		r.Fatalf("after the first yes: %v", r.last)
	}
	r.must(FileChosen{Technician: "lab", ID: fetchID, Asked: true, Name: "run.log", Size: 10})
	if !r.m.MaySpool(fetchID, 10) || r.m.MaySpool(fetchID, 1) {
		r.Fatal("what may be read is not what was chosen")
	}
	r.must(FileChecked{ID: fetchID, SHA256: fetchedHash, Scanner: "test 1"})
}

// The first yes gives nothing; the second is to a name, a size and a hash.
func TestFetchAsksTwice(t *testing.T) {
	r := newRig(t)
	r.session()
	r.chosen()
	p := r.prompt()
	if p.File == nil || p.File.SHA256 != fetchedHash || p.File.Size != 10 || p.Reason != "the log" {
		t.Fatalf("%+v", p)
	}
	if r.m.MaySend(1, fetchID, 0, 10) != 0 {
		t.Fatal("bytes may go out before the yes")
	}
	r.allow("")
	if m := r.said("answer"); len(m) != 1 || !m[0].Granted || m[0].File == nil || m[0].File.SHA256 != fetchedHash {
		t.Errorf("%+v", m)
	}
	for _, no := range []int{
		r.m.MaySend(2, fetchID, 0, 10), r.m.MaySend(1, fetchID, 1, 9), r.m.MaySend(1, "other", 0, 10), r.m.MaySend(1, fetchID, 0, 0),
	} {
		if no != 0 {
			t.Error("bytes may go out that may not")
		}
	}
	r.pol.off[Files] = "off"
	if r.m.MaySend(1, fetchID, 0, 10) != 0 {
		t.Error("against policy")
	}
	delete(r.pol.off, Files)
	if n := r.m.MaySend(1, fetchID, 0, 99); n != 10 {
		t.Errorf("%d bytes of 10", n)
	}
	r.must(FileReport{Link: 1, ID: fetchID, State: "finished"}) // before all was sent
	if s := r.m.Snapshot(r.now).Transfers[0]; s.State != "failed" {
		t.Errorf("%+v", s)
	}
}

// What the engineer's side holds sets how much more may go out.
func TestFetchCredits(t *testing.T) {
	r := newRig(t)
	r.session()
	size := int64(3 * wire.FileWindow)
	r.must(FileChosen{Technician: "lab", ID: fetchID, Name: "big", Size: size})
	for range 3 {
		r.m.MaySpool(fetchID, wire.FileWindow)
	}
	r.must(FileChecked{ID: fetchID, SHA256: fetchedHash, Scanner: "test 1"})
	r.allow("")
	if n := r.m.MaySend(1, fetchID, 0, int(size)); n != wire.FileWindow {
		t.Errorf("%d at first", n)
	}
	if r.m.MaySend(1, fetchID, wire.FileWindow, 1) != 0 {
		t.Error("beyond the window")
	}
	if !r.m.ReportHeld(1, fetchID, 100) || r.m.MaySend(1, fetchID, wire.FileWindow, 1000) != 100 {
		t.Error("what is held lets no more follow")
	}
	if r.m.ReportHeld(1, fetchID, size) || r.m.ReportHeld(1, fetchID, -1) {
		t.Error("more is held than was sent")
	}
}

// A no at either question, by whomever, and nothing goes out.
func TestFetchComesToNothing(t *testing.T) {
	for name, ev := range map[string]func(r *rig) Event{
		"denied":     func(r *rig) Event { return Answer{Technician: "lab", Prompt: r.prompt().ID, Nonce: r.prompt().Nonce} },
		"taken back": func(*rig) Event { return Cancel{Link: 1, ID: fetchID} },
		"revoked":    func(*rig) Event { return Revoke{Capability: Files} },
		"stopped":    func(*rig) Event { return FileFailed{ID: fetchID, Why: "cancelled"} },
		"kill":       func(*rig) Event { return EndSession{How: "kill-key"} },
		"link":       func(*rig) Event { return LinkLost{Link: 1} },
		"policy":     func(r *rig) Event { r.pol.off[Files] = "never"; return PolicyChanged{} },
		"no answer":  func(r *rig) Event { r.pass(61e9); return Tick{} },
	} {
		r := newRig(t)
		r.session()
		r.chosen()
		r.must(ev(r))
		if len(effectsOf[AbortTransfer](r.last)) != 1 || len(effectsOf[SendTransfer](r.effects)) != 0 || r.m.MaySend(1, fetchID, 0, 1) != 0 {
			t.Errorf("%s: %v", name, r.last)
		}
		if s := r.m.Snapshot(r.now); s.Prompt != nil {
			t.Errorf("%s: the question still stands", name)
		}
	}
}

// Nobody chooses; somebody else chooses; something else is chosen.
func TestChoosing(t *testing.T) {
	r := newRig(t)
	r.session()
	r.refused(FileChosen{Technician: "other", ID: fetchID, Name: "a", Size: 1}, "wrong-account")
	r.refused(FileChosen{Technician: "lab", ID: fetchID, Asked: true, Name: "a", Size: 1}, "transfer")
	r.must(AskFetch{Link: 1, ID: fetchID})
	r.allow("")
	r.refused(FileChosen{Technician: "lab", ID: fetchID, Name: "a", Size: 1}, "transfer") // the same ID, unasked
	r.pass(6 * 60e9)
	r.must(Tick{})
	if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "timeout" {
		t.Errorf("%+v", m)
	}
	for why, c := range map[string]FileChosen{
		"name":      {Technician: "lab", Name: "", Size: 1},
		"too-large": {Technician: "lab", Name: "a", Size: MaxFile + 1},
	} {
		c.ID = strings.Repeat("0a", 16)
		r := newRig(t)
		r.session()
		r.must(c)
		if s := r.m.Snapshot(r.now).Transfers[0]; s.State != "failed" || s.Detail != why || len(effectsOf[OpenTransfer](r.effects)) != 0 {
			t.Errorf("%s: %+v", why, s)
		}
	}
}

// Without a scanner nobody is asked, either way; one that went while the
// question waited refuses it; a verdict without a scanner's name is none.
func TestNoScanner(t *testing.T) {
	r := newRig(t)
	r.session()
	r.scanner = ""
	file := wire.File{Name: "a", Size: 1, SHA256: fetchedHash}
	for _, ev := range []Event{AskFile{Link: 1, ID: "f", File: file}, AskFetch{Link: 1, ID: "g"}} {
		r.must(ev)
		if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "no-scanner" || r.m.Snapshot(r.now).Prompt != nil {
			t.Errorf("%T: %+v", ev, m)
		}
	}
	r.scanner = "test 1"
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	r.must(AskFile{Link: 1, ID: "h", File: file})
	r.scanner = ""
	r.allow(Once)
	if m := r.said("answer"); len(m) != 2 || m[1].Granted || m[1].Why != "no-scanner" {
		t.Errorf("%+v", m)
	}
	r.scanner = "test 1"
	r.must(AskFile{Link: 1, ID: "i", File: file})
	r.allow("")
	r.m.MayChunk(r.now, 1, "i", 1)
	r.must(FileEnd{Link: 1, ID: "i"})
	r.must(FileChecked{ID: "i", SHA256: fetchedHash, Name: "a"})
	if len(effectsOf[SaveTransfer](r.effects)) != 0 {
		t.Error("saved without a scanner's word")
	}
	if r.m.Snapshot(r.now).Scanner != "test 1" {
		t.Error("the snapshot does not name the scanner")
	}
}

// The verdict is in the log, with the scanner and what it found.
func TestInfected(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(AskFile{Link: 1, ID: "i", File: wire.File{Name: "a", Size: 0, SHA256: fetchedHash}})
	r.allow("")
	r.must(FileEnd{Link: 1, ID: "i"})
	r.must(FileInfected{ID: "i", Scanner: "ClamAV 1/2", Signature: "Eicar\u202e-Test"})
	for _, e := range r.rec.entries {
		if e.Kind == "file.infected" && e.Fields["signature"] == "Eicar-Test" && e.Fields["scanner"] == "ClamAV 1/2" && e.Fields["verdict"] == "infected" {
			return
		}
	}
	t.Errorf("not in the log: %+v", r.rec.entries)
}

// A lost link pauses what needs it; a resumed one goes on only when it is asked
// to, and only from where both ends are.
func TestPauseAndResume(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(View, Session)
	r.must(AskFile{Link: 1, ID: "up", File: wire.File{Name: "a", Size: 100, SHA256: fetchedHash}})
	r.allow("")
	r.m.MayChunk(r.now, 1, "up", 40)
	r.chosen()
	r.allow("")
	r.m.MaySend(1, fetchID, 0, 6)
	r.must(LinkLost{Link: 1})
	for _, s := range r.m.Snapshot(r.now).Transfers {
		if s.State != "paused" {
			t.Errorf("%+v", s)
		}
	}
	r.must(Joined{Link: 2, Engineer: anna})
	r.must(r.resume(2, r.key))
	if r.m.MayChunk(r.now, 2, "up", 1) || r.m.MaySend(2, fetchID, 6, 1) != 0 {
		t.Error("it went on by itself")
	}
	r.must(ResumeFile{Link: 2, ID: "up"})
	if m := r.said("file"); len(m) != 1 || m[0].State != "running" || m[0].Done != 40 {
		t.Errorf("%+v", m)
	}
	r.must(ResumeFile{Link: 2, ID: fetchID, Done: 4})
	if s := effectsOf[SendTransfer](r.last); len(s) != 1 || s[0].From != 4 {
		t.Errorf("%+v", s)
	}
	if !r.m.MayChunk(r.now, 2, "up", 60) || r.m.MaySend(2, fetchID, 4, 99) != 6 {
		t.Error("it does not go on")
	}
	r.must(FileSent{ID: fetchID})
	// One who claims more than was ever sent does not keep to the protocol.
	r.must(AskFetch{Link: 2, ID: "g"})
	r.must(ResumeFile{Link: 2, ID: "unknown"})
	if m := r.said("file"); len(m) != 1 || m[0].State != "failed" {
		t.Errorf("%+v", m)
	}
}

func TestResumeWithMoreThanWasSent(t *testing.T) {
	r := newRig(t)
	r.session()
	r.grant(View, Session)
	r.chosen()
	r.allow("")
	r.m.MaySend(1, fetchID, 0, 6)
	r.must(LinkLost{Link: 1})
	r.must(Joined{Link: 2, Engineer: anna})
	r.must(r.resume(2, r.key))
	r.must(ResumeFile{Link: 2, ID: fetchID, Done: 7})
	if r.phase() == PhaseConnected {
		t.Error("the session goes on")
	}
}

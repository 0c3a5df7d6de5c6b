package support

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/session/wire"
)

// story is a session in which everything happens that is written down.
func story(r *rig) {
	link := LinkID(1)
	do := func(ev Event) Result { return r.do(ev) }
	prompt := func() *Prompt { return r.m.Snapshot(r.now).Prompt }
	allow := func() {
		if p := prompt(); p != nil {
			r.pass(time.Second)
			do(full(*p))
		}
		for _, w := range effectsOf[WantDesktop](r.last) {
			r.helper++
			do(AttachHelper{Helper: r.helper, Session: w.Session, Token: w.Token})
			do(HelperReport{Helper: r.helper, Width: 8, Height: 8, Capturing: true})
		}
	}
	code := "WRONG"
	if h := do(RequestHelp{Technician: "lab", TechnicianCalled: true}).Help; h != nil {
		code = h.Code.Reveal()
	}
	do(Joined{Link: link, Engineer: anna})
	r.try(link, "WRONG")
	r.pass(time.Second)
	r.try(link, code)
	do(BarHeld{Session: r.id()})
	do(Ask{Link: link, ID: "v", Capability: View})
	allow()
	do(Ask{Link: link, ID: "c", Capability: Control})
	allow()
	do(AskFile{Link: link, ID: "f", File: wire.File{Name: "a", Size: 1, SHA256: strings.Repeat("ab", 32)}})
	r.pass(time.Second)
	if p := prompt(); p != nil {
		do(WrongPIN{Answer: full(*p)})
	}
	allow()
	r.m.MayChunk(r.now, link, "f", 1)
	do(FileEnd{Link: link, ID: "f"})
	if do(FileChecked{ID: "f", SHA256: strings.Repeat("ab", 32), Name: "a", Scanner: "test 1"}); len(effectsOf[SaveTransfer](r.last)) > 0 {
		do(FileSaved{ID: "f", Name: "a"})
	}
	do(Ask{Link: link, ID: "m", Capability: View}) // missed
	r.pass(time.Minute)
	do(Tick{})
	r.noPIN = true
	do(Ask{Link: link, ID: "n", Capability: View}) // refused: no PIN
	r.noPIN = false
	do(Ask{Link: link, ID: "w", Capability: View})
	for range 3 {
		r.pass(time.Second)
		if p := prompt(); p != nil {
			do(WrongPIN{Answer: full(*p)})
		}
	}
	do(Ask{Link: link, ID: "t", Capability: View})
	if p := prompt(); p != nil {
		do(Answer{Technician: "other", Prompt: p.ID, Nonce: p.Nonce, Allow: true})
	}
	do(Cancel{Link: link, ID: "t"})
	r.pol.off[View] = "off"
	do(PolicyChanged{})
	delete(r.pol.off, View)
	do(Unplugged{})
	do(ChannelRefused{What: "handshake"})
}

// Scenario 50: the disk fails at each write of a whole session in turn, for
// that one write or from then on. Whatever could not be written did not happen:
// nothing is applied, nothing shows, and no right is without its entry.
func TestEachWriteFails(t *testing.T) {
	whole := newRig(t)
	story(whole)
	if whole.rec.writes < 25 || whole.m.Snapshot(whole.now).Ended != "network-unplugged" {
		t.Fatalf("the story has %d writes and ended %q", whole.rec.writes, whole.m.Snapshot(whole.now).Ended)
	}
	for _, forGood := range []bool{false, true} {
		for n := 1; n <= whole.rec.writes; n++ {
			r := newRig(t)
			r.rec.failAt, r.rec.forGood = n, forGood
			r.rec.failed = func() {
				// The step that fails: what it asked for must not be there after it.
				r.watch = true
			}
			story(r)
			granted := 0
			for _, h := range effectsOf[HidePrompt](r.effects) {
				if h.Code == "allowed" {
					granted++
				}
			}
			if granted != r.rec.count("session.granted") {
				t.Errorf("write %d: %d granted, %d in the log", n, granted, r.rec.count("session.granted"))
			}
			if len(effectsOf[SaveTransfer](r.effects)) != r.rec.count("file.accepted") {
				t.Errorf("write %d: a file was revealed that is not in the log", n)
			}
			if forGood && (r.phase() != PhaseReady || r.m.Snapshot(r.now).Prompt != nil || r.m.RelayWanted() != "") {
				t.Errorf("from write %d on: %+v", n, r.m.Snapshot(r.now))
			}
		}
	}
}

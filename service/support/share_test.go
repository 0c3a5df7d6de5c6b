package support

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beckmanconnect/session/wire"
)

// shared is a session with view and these granted, and the console's focus.
func shared(t testing.TB, more ...Capability) *rig {
	r := newRig(t)
	r.session()
	r.must(Focus{Link: 1, On: true})
	r.grant(View, Session)
	for _, c := range more {
		r.grant(c, "")
	}
	return r
}

func (r *rig) point() bool {
	_, ok := r.m.MayPoint(r.now, 1, r.m.Generation())
	return ok
}

func (r *rig) clip(c Capability) bool { return r.m.MayClipboard(r.now, 1, c, r.m.Generation()) }

// Scenario 13: a capability allows what it is for and nothing else.
func TestEachCapabilityAlone(t *testing.T) {
	for _, given := range leased() {
		r := shared(t)
		if given != View {
			r.grant(given, "")
		}
		r.do(EngineerSays{Link: 1, ID: "a", Text: "hello"})
		got := map[Capability]bool{
			View: r.picture(), Control: r.input(), Pointer: r.point(), Chat: len(r.said("chat")) == 1,
			ClipboardToPC: r.clip(ClipboardToPC), ClipboardToEngineer: r.clip(ClipboardToEngineer),
		}
		for c, yes := range got {
			if yes != (c == given || c == View) {
				t.Errorf("with %s: %s is %v", given, c, yes)
			}
		}
	}
}

// P27: how long, as the table of defaults says; a once ends by itself and with
// a lost link, the rest of a session does not.
func TestHowLongTheyLive(t *testing.T) {
	r := shared(t, Chat, Pointer, ClipboardToPC, ClipboardToEngineer)
	for _, l := range r.m.Snapshot(r.now).Leases {
		session := l.Capability == View || l.Capability == Chat || l.Capability == Pointer
		if session != l.Until.IsZero() || !l.Active {
			t.Errorf("%+v", l)
		}
	}
	r.must(LinkLost{Link: 1})
	if got := r.rights(); !slices.Equal(got, []Capability{View, Pointer, Chat}) {
		t.Errorf("after a lost link: %v", got)
	}
	r = shared(t, ClipboardToPC, Chat)
	r.pass(5*time.Minute + time.Second)
	r.must(Tick{})
	if got := r.rights(); !slices.Equal(got, []Capability{View, Chat}) {
		t.Errorf("after five minutes: %v", got)
	}
}

func (r *rig) rights() (all []Capability) {
	for _, l := range r.m.Snapshot(r.now).Leases {
		all = append(all, l.Capability)
	}
	return all
}

// Pointer and clipboard rest while the screen is not seen: they cannot be asked
// for, and what was given does nothing until the view comes back.
func TestNothingWithoutView(t *testing.T) {
	r := newRig(t)
	r.session()
	r.must(Focus{Link: 1, On: true})
	for _, c := range []Capability{Pointer, ClipboardToPC, ClipboardToEngineer} {
		r.must(Ask{Link: 1, ID: "ask-" + string(c), Capability: c})
		if m := r.said("answer"); len(m) != 1 || m[0].Granted || m[0].Why != "needs-view" {
			t.Errorf("%s: %+v", c, m)
		}
	}
	r = shared(t, Pointer, ClipboardToPC, ClipboardToEngineer)
	r.must(Revoke{Technician: "lab", Capability: View})
	if r.point() || r.clip(ClipboardToPC) || r.clip(ClipboardToEngineer) || len(effectsOf[StopDesktop](r.last)) != 1 {
		t.Error("something goes on without the view")
	}
	r.grant(View, Session)
	if !r.point() || !r.clip(ClipboardToPC) || !r.clip(ClipboardToEngineer) {
		t.Error("the view came back, and they did not")
	}
}

// Scenario 8: a question on the screen stops marker and clipboard, and the
// marker is gone from the screen.
func TestAPromptStopsThem(t *testing.T) {
	r := shared(t, Pointer, ClipboardToPC, ClipboardToEngineer)
	r.must(Ask{Link: 1, ID: "c", Capability: Control})
	if r.point() || r.clip(ClipboardToPC) || r.clip(ClipboardToEngineer) {
		t.Error("something goes on while a question shows")
	}
	if w := effectsOf[WatchClipboard](r.last); len(w) != 1 || w[0].On || len(effectsOf[HidePoint](r.last)) != 1 {
		t.Errorf("%+v", r.last)
	}
	r.must(ClipboardIn{Link: 1, Text: "text"})
	if len(effectsOf[PutClipboard](r.last)) != 0 || r.rec.count("clipboard.to-pc") != 0 {
		t.Error("a clipboard passed a question")
	}
	r.allow(Once)
	if !r.point() || !r.clip(ClipboardToPC) {
		t.Error("they do not go on after the answer")
	}
	if w := effectsOf[WatchClipboard](r.last); len(w) != 1 || !w[0].On {
		t.Errorf("%+v", w)
	}
}

// Scenario 20: the clipboard moves under its own right, with view and focus, and
// at no other moment; the log has size and hash before, and never the text.
func TestClipboard(t *testing.T) {
	const text = "the secret text"
	for _, row := range []struct {
		name string
		do   func(*rig)
		want bool
	}{
		{"granted", func(*rig) {}, true},
		{"revoked", func(r *rig) {
			r.must(Revoke{Technician: "lab", Capability: ClipboardToPC})
			r.must(Revoke{Technician: "lab", Capability: ClipboardToEngineer})
		}, false},
		{"released by the engineer", func(r *rig) {
			r.must(Cancel{Link: 1, ID: "ask-" + string(ClipboardToPC)})
			r.must(Cancel{Link: 1, ID: "ask-" + string(ClipboardToEngineer)})
		}, false},
		{"out of focus", func(r *rig) { r.must(Focus{Link: 1}) }, false},
		{"focus of another link", func(r *rig) { r.must(Focus{Link: 1}); r.must(Focus{Link: 2, On: true}) }, false},
		{"view revoked", func(r *rig) { r.must(Revoke{Technician: "lab", Capability: View}) }, false},
		{"expired", func(r *rig) { r.pass(6 * time.Minute) }, false},
		{"off by policy, nobody told", func(r *rig) { r.pol.off[ClipboardToPC], r.pol.off[ClipboardToEngineer] = "never", "never" }, false},
		{"helper gone", func(r *rig) { r.must(HelperLost{Helper: r.helper}) }, false},
		{"link lost", func(r *rig) { r.must(LinkLost{Link: 1}) }, false},
	} {
		r := shared(t, ClipboardToPC, ClipboardToEngineer)
		generation := r.m.Generation()
		row.do(r)
		r.do(ClipboardIn{Link: 1, Text: text})
		in := len(effectsOf[PutClipboard](r.last))
		r.do(ClipboardOut{Helper: r.helper, Generation: generation, Text: text})
		out := len(effectsOf[SendClipboard](r.last))
		want := map[bool]int{true: 1}[row.want]
		if in != want || out != want || r.rec.count("clipboard.to-pc") != want || r.rec.count("clipboard.to-engineer") != want {
			t.Errorf("%s: in %d, out %d, %v", row.name, in, out, r.rec.entries[len(r.rec.entries)-2:])
		}
		if strings.Contains(fmt.Sprint(r.rec.entries, r.rec.out), text) {
			t.Errorf("%s: the text is in the log", row.name)
		}
	}
	r := shared(t, ClipboardToPC)
	r.must(ClipboardIn{Link: 1, Text: "a\x00b"})
	if p := effectsOf[PutClipboard](r.last); len(p) != 1 || p[0].Text != "ab" {
		t.Errorf("%+v", p)
	}
	sum := sha256.Sum256([]byte("ab"))
	if e := r.rec.entries[len(r.rec.entries)-1]; e.Fields["size"] != "2" || e.Fields["sha256"] != hex.EncodeToString(sum[:]) {
		t.Errorf("%+v", e)
	}
	r.rec.fail = true // scenario 50
	r.do(ClipboardIn{Link: 1, Text: text})
	if len(effectsOf[PutClipboard](r.last)) != 0 {
		t.Error("passed without a log")
	}
	r = shared(t, ClipboardToPC)
	r.do(ClipboardIn{Link: 1, Text: strings.Repeat("a", wire.MaxClipboard+1)})
	if r.m.Snapshot(r.now).Ended != "protocol" {
		t.Error("a text too large ended nothing")
	}
}

// A text that was logged while it was allowed is held back when its turn comes
// after the right ended, also when the right was given anew meanwhile (12, 20).
func TestClipboardOfAnEarlierRight(t *testing.T) {
	r := shared(t, ClipboardToPC)
	r.must(ClipboardIn{Link: 1, Text: "text"})
	put := effectsOf[PutClipboard](r.last)[0]
	if !r.m.MayClipboard(r.now, put.Link, ClipboardToPC, put.Generation) {
		t.Fatal("not allowed at once")
	}
	r.must(Revoke{Technician: "lab", Capability: ClipboardToPC})
	r.grant(ClipboardToPC, Once)
	if r.m.MayClipboard(r.now, put.Link, ClipboardToPC, put.Generation) {
		t.Error("what was sent under the first right passes under the second")
	}
}

// A line is in the log before either side sees it; without a log nobody does.
func TestChat(t *testing.T) {
	r := shared(t)
	r.must(EngineerSays{Link: 1, ID: "a", Text: "before"})
	r.refused(TechnicianSays{Technician: "lab", Session: r.id(), Text: "before"}, "not-granted")
	r.grant(Chat, Session)
	r.must(EngineerSays{Link: 1, ID: "a1", Text: "Please open\nthe \u202elid\x1b[31m https://vendor.example"})
	want := "Please open the lid[31m https://vendor.example"
	if m := r.said("chat"); len(m) != 1 || m[0].ID != "a1" || m[0].On || m[0].Text != want {
		t.Errorf("%+v", m)
	}
	r.must(TechnicianSays{Technician: "lab", Session: r.id(), Text: "It is open"})
	if m := r.said("chat"); len(m) != 1 || !m[0].On || m[0].Text != "It is open" {
		t.Errorf("%+v", m)
	}
	lines := r.m.Snapshot(r.now).Chat
	if len(lines) != 2 || lines[0].Text != want || lines[0].Technician || lines[1].ID != 2 || !lines[1].Technician {
		t.Errorf("%+v", lines)
	}
	last := r.rec.entries[len(r.rec.entries)-1]
	if last.Kind != "chat.line" || last.Actor != "technician" || last.Personal["text"] != "It is open" || strings.Contains(fmt.Sprint(last.Fields), "open") {
		t.Errorf("%+v", last)
	}
	r.refused(TechnicianSays{Technician: "other", Session: r.id(), Text: "x"}, "wrong-account")
	r.refused(TechnicianSays{Technician: "lab", Session: "other", Text: "x"}, "no-session")
	r.refused(TechnicianSays{Technician: "lab", Session: r.id(), Text: "\u202e\n"}, "chat-empty")
	r.rec.fail = true
	r.do(EngineerSays{Link: 1, ID: "a2", Text: "lost"})
	if len(r.said("chat")) != 0 || len(r.m.Snapshot(r.now).Chat) != 0 {
		t.Error("a line was shown that is not in the log") // the session ended with it (50)
	}
}

// Scenario 16: a flood of lines or clipboards neither fills the log nor goes on.
func TestChatAndClipboardFloods(t *testing.T) {
	r := shared(t, Chat, ClipboardToPC)
	for i := range 1000 {
		r.must(EngineerSays{Link: 1, ID: fmt.Sprint(i), Text: "x"})
		r.must(ClipboardIn{Link: 1, Text: "x"})
	}
	if lines, clips, noted := r.rec.count("chat.line"), r.rec.count("clipboard.to-pc"), r.rec.count("session.throttled"); lines != 20 || clips != 10 || noted != 2 {
		t.Errorf("%d lines, %d clipboards, %d times noted", lines, clips, noted)
	}
	r.pass(2 * time.Second)
	r.must(EngineerSays{Link: 1, ID: "later", Text: "x"})
	if r.rec.count("chat.line") != 21 {
		t.Error("nothing passes after the flood")
	}
	for range 200 {
		r.pass(time.Second)
		r.must(EngineerSays{Link: 1, ID: "more", Text: "x"})
	}
	if got := r.m.Snapshot(r.now).Chat; len(got) != keptChat || got[keptChat-1].ID != 221 {
		t.Errorf("%d lines kept", len(got))
	}
}

// What a line may be, whatever was typed (scenarios 15, 49).
func TestLineIsInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Map(rapid.IntRange(0, 6000), func(n int) string { return strings.Repeat("ä\u202e", n) })).Draw(t, "typed")
		got := line(typed)
		if !utf8.ValidString(got) || len(got) > wire.MaxChat || got != strings.TrimSpace(got) || strings.ContainsAny(got, "\n\r\t\x00\x1b\u202e\u2066\u200f") {
			t.Fatalf("%q became %q", typed, got)
		}
		if again := line(got); again != got {
			t.Fatalf("%q became %q", got, again)
		}
	})
}

// "may": told after the way in, after coming back, and whenever it changes.
func TestMay(t *testing.T) {
	r := newRig(t)
	scanner := "clamav"
	r.m.cfg.Scanner = func() string { return scanner }
	r.pol.off[Chat] = "off"
	r.pol.off[ClipboardToPC], r.pol.off[ClipboardToEngineer] = "never", "never"
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.try(1, h.Code.Reveal())
	want := map[string]string{
		"view": "ask", "control": "ask", "files": "ask", "pointer": "needs-view", "chat": "off", "clipboard-to-pc": "never", "clipboard-to-engineer": "never",
	}
	expect := func(what string, changes ...string) {
		t.Helper()
		for i := 0; i < len(changes); i += 2 {
			want[changes[i]] = changes[i+1]
		}
		m := r.said("may")
		if len(m) != 1 || !maps.Equal(m[0].May, want) {
			t.Errorf("%s: %v, want %v", what, m, want)
		}
	}
	expect("in")
	r.must(BarHeld{Session: r.id()})
	if len(r.said("may")) != 0 {
		t.Error("told again without a change")
	}
	r.must(Ask{Link: 1, ID: "v", Capability: View})
	r.pass(time.Second)
	yes := full(r.prompt())
	yes.Duration = Session
	r.must(yes)
	expect("view granted", "pointer", "ask")
	scanner = ""
	r.must(PolicyChanged{})
	expect("scanner gone", "files", "no-scanner")
	r.pol.off[Control] = "off"
	r.must(PolicyChanged{})
	expect("policy", "control", "off")
	r.must(LinkLost{Link: 1})
	r.must(Joined{Link: 2, Engineer: anna})
	r.must(r.resume(2, r.key))
	expect("back")
	if first := effectsOf[SendTo](r.last)[0]; first.Message.Type != "authenticated" {
		t.Errorf("%v comes first", first)
	}
}

// A monitor is one of those the helper named, and the log has the change.
func TestMonitors(t *testing.T) {
	r := shared(t)
	two := []wire.Monitor{{ID: "m1", Name: "Left\u202e", Width: 800, Height: 600, Primary: true}, {ID: "m2", X: 800, Width: 800, Height: 600}}
	r.must(ShowMonitor{Link: 1, ID: "all"})
	if len(effectsOf[SelectMonitor](r.last)) != 0 {
		t.Error("a choice among nothing")
	}
	r.must(HelperReport{Helper: r.helper, Width: 800, Height: 600, Capturing: true, Monitor: "m1", Monitors: append(two, two[0], wire.Monitor{ID: "all", Width: 1, Height: 1}, wire.Monitor{ID: "m3"})})
	if m := r.said("screen"); len(m) != 1 || m[0].Monitor != "m1" || len(m[0].Monitors) != 2 || m[0].Monitors[0].Name != "Left" {
		t.Errorf("%+v", m)
	}
	for _, row := range []struct {
		id   string
		want bool
	}{{"m1", false}, {"m2", true}, {"m2", false}, {"m9", false}, {"", false}, {"all", true}, {"m1", true}} {
		before := r.rec.count("monitor.chosen")
		r.must(ShowMonitor{Link: 1, ID: row.id})
		if got := len(effectsOf[SelectMonitor](r.last)) == 1; got != row.want || (r.rec.count("monitor.chosen") > before) != row.want {
			t.Errorf("%q: %v", row.id, got)
		}
	}
	r.must(Revoke{Technician: "lab", Capability: View})
	r.must(ShowMonitor{Link: 1, ID: "m2"})
	if len(effectsOf[SelectMonitor](r.last)) != 0 {
		t.Error("a monitor chosen without the view")
	}
}

// The engineer is told why a picture is black.
func TestWhyThePictureIsBlack(t *testing.T) {
	r := shared(t)
	on := HelperReport{Helper: r.helper, Width: 800, Height: 600, Capturing: true}
	for _, row := range []struct {
		state, why string
		change     func(*HelperReport)
	}{
		{"masked", "", func(h *HelperReport) { h.Masked, h.Hides = true, true }},
		{"on", "masked", func(h *HelperReport) { h.Hides = true }},
		{"on", "", func(*HelperReport) {}},
		{"secure-desktop", "", func(h *HelperReport) { h.SecureDesktop, h.Capturing = true, false }},
		{"answering", "", func(h *HelperReport) { h.Answering, h.Capturing = true, false }},
		{"off", "", func(h *HelperReport) { h.Capturing = false }},
	} {
		report := on
		row.change(&report)
		r.must(report)
		if m := r.said("screen"); len(m) != 1 || m[0].State != row.state || m[0].Why != row.why {
			t.Errorf("%s: %+v", row.state, m)
		}
		r.must(report)
		if len(r.said("screen")) != 0 {
			t.Errorf("%s is told twice", row.state)
		}
	}
	on.Locked = true
	r.must(on)
	if m := r.said("screen"); len(m) != 1 || m[0].State != "locked" {
		t.Errorf("%+v", m)
	}
}

// What was said and passed stands in the summary, as numbers.
func TestSharedSummary(t *testing.T) {
	r := shared(t, Chat, ClipboardToPC)
	r.must(EngineerSays{Link: 1, ID: "a", Text: "hello"})
	r.must(TechnicianSays{Technician: "lab", Session: r.id(), Text: "yes"})
	r.must(ClipboardIn{Link: 1, Text: "text"})
	r.must(EndSession{Technician: "lab"})
	var got []string
	for _, l := range r.m.Snapshot(r.now).Summary.Lines {
		if l.Kind == "chat-lines" || l.Kind == "clipboard-sent" {
			got = append(got, l.Kind+" "+string(l.Capability)+" "+l.Detail)
		}
	}
	if !slices.Equal(got, []string{"chat-lines chat 2", "clipboard-sent clipboard-to-pc 1"}) {
		t.Errorf("%q", got)
	}
	for _, e := range r.rec.entries {
		if e.Kind == "session.summary" && (e.Fields["chat_lines"] != "2" || e.Fields["clipboards_to_pc"] != "1" || e.Fields["clipboards_to_engineer"] != "0") {
			t.Errorf("%v", e.Fields)
		}
	}
}

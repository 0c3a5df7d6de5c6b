package relay

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// granted asks for capabilities one by one and has each allowed; the helper is
// attached with the first that needs one.
func (r *rig) granted(e *engineer, wanted ...string) *helperEnd {
	r.Helper()
	var help *helperEnd
	for i, c := range wanted {
		e.say(wire.Message{Type: "ask", ID: "ask-" + c, Capability: c})
		r.answer(i+1, true)
		if m := e.hear("answer"); !m.Granted {
			r.Fatalf("%s: %+v", c, m)
		}
		if c == wire.View {
			help = r.attach(1)
			view := help.get(r, isView(true))
			help.tell(&hostpb.HelperMessage{Generation: view.Generation, Body: &hostpb.HelperMessage_State{State: &hostpb.HelperState{
				Width: 200, Height: 150, Capturing: true, Monitor: "m1",
				Monitors: []*hostpb.Monitor{{Id: "m1", Name: "Left", Width: 200, Height: 150, Primary: true}, {Id: "m2", X: 200, Width: 200, Height: 150}},
			}}})
			for e.hear("screen").State != "on" {
			}
		}
	}
	return help
}

// settled waits until all the engineer said so far was read.
func (e *engineer) settled() {
	e.Helper()
	e.say(wire.Message{Type: "ping", Seq: 7})
	e.hear("pong")
}

func isPoint(on bool) func(*hostpb.HelperCommand) bool {
	return func(c *hostpb.HelperCommand) bool { return c.GetPoint() != nil && c.GetPoint().On == on }
}
func isClipboard(c *hostpb.HelperCommand) bool { return c.GetClipboard() != nil }
func isWatch(on bool) func(*hostpb.HelperCommand) bool {
	return func(c *hostpb.HelperCommand) bool {
		return c.GetClipboardWatch() != nil && c.GetClipboardWatch().On == on
	}
}

// Chat both ways over the real channel: in the log first, then on both screens.
func TestChatOnTheWire(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	if m := e.hear("may"); m.May[wire.Chat] != "ask" || m.May[wire.Pointer] != "needs-view" || m.May[wire.Files] != "ask" {
		t.Errorf("%+v", m)
	}
	r.granted(e, wire.Chat)
	e.say(wire.Message{Type: "chat", ID: "c1", Text: "Open the \u202elid"})
	if m := e.hear("chat"); m.ID != "c1" || m.Text != "Open the lid" || m.On {
		t.Errorf("%+v", m)
	}
	session := r.s.State().GetSessionId()
	if err := r.s.SendChat("lab", &hostpb.SendChatRequest{SessionId: session, Text: "It is open"}); err != nil {
		t.Fatal(err)
	}
	if m := e.hear("chat"); m.Text != "It is open" || !m.On {
		t.Errorf("%+v", m)
	}
	lines := r.s.State().GetChat()
	if len(lines) != 2 || lines[0].Text != "Open the lid" || lines[0].Technician || !lines[1].Technician || lines[1].UnixMs == 0 {
		t.Errorf("%v", lines)
	}
	if err := r.s.SendChat("other", &hostpb.SendChatRequest{SessionId: session, Text: "x"}); Code(err) != "wrong-account" {
		t.Error(err)
	}
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_CHAT); err != nil {
		t.Fatal(err)
	}
	if m := e.hear("lease-end"); m.Capability != wire.Chat || m.Why != "revoked" {
		t.Errorf("%+v", m)
	}
	e.say(wire.Message{Type: "chat", ID: "c2", Text: "after"})
	e.settled()
	if got := r.kinds()["chat.line"]; got != 2 || len(r.s.State().GetChat()) != 2 {
		t.Errorf("%d lines in the log", got)
	}
}

// The marker carries the verified name, goes where the newest message says, and
// goes away with its right (scenario 15).
func TestMarker(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "point", X: 1, Y: 1, On: true}) // nothing is granted yet
	help := r.granted(e, wire.View, wire.Pointer)
	e.say(wire.Message{Type: "point", X: -1, Y: 5, On: true})
	for i := range 200 {
		e.say(wire.Message{Type: "point", X: i, Y: 2 * i, On: true})
	}
	var last *hostpb.HelperPoint
	places := 0
	for last.GetX() != 199 {
		last = help.get(t, isPoint(true)).GetPoint()
		places++
		if last.Name != "Anna Weber" || last.Y != 2*last.X {
			t.Fatalf("%v", last)
		}
	}
	t.Logf("200 messages, %d places", places)
	e.say(wire.Message{Type: "point", X: 7, Y: 7, On: true})
	help.get(t, isPoint(true))
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_POINTER); err != nil {
		t.Fatal(err)
	}
	help.get(t, isPoint(false))
	e.say(wire.Message{Type: "point", X: 9, Y: 9, On: true})
	e.settled()
	// Something after it, to be waited for: no place may come before.
	e.say(wire.Message{Type: "monitor", Monitor: "m2"})
	c := help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetPoint() != nil || c.GetMonitor() != nil })
	if c.GetMonitor().GetId() != "m2" {
		t.Errorf("%v", c)
	}
	if r.kinds()["monitor.chosen"] != 1 {
		t.Error("the change of the monitor is not in the log")
	}
}

// Scenario 20, on the real channel: before a grant, out of focus and after a
// revoke nothing moves, in either direction.
func TestClipboardOnTheWire(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "focus", On: true})
	help := r.granted(e, wire.View)
	e.say(wire.Message{Type: "clipboard", Text: "before"})
	copied := func(text string) {
		help.tell(&hostpb.HelperMessage{Generation: 1 << 20, Body: &hostpb.HelperMessage_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: text}}})
	}
	copied("before")
	for i, c := range []string{wire.ClipboardToPC, wire.ClipboardToMe} {
		e.say(wire.Message{Type: "ask", ID: c, Capability: c})
		r.answer(i+2, true)
		e.hear("answer")
	}
	watch := help.get(t, func(c *hostpb.HelperCommand) bool {
		if c.GetClipboard() != nil {
			t.Fatal("a clipboard arrived before it was granted")
		}
		return isWatch(true)(c)
	})
	leave := func(text string) {
		help.tell(&hostpb.HelperMessage{Generation: watch.Generation, Body: &hostpb.HelperMessage_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: text}}})
	}
	leave("from the PC")
	if m := e.hear("clipboard"); m.Text != "from the PC" {
		t.Errorf("%q", m.Text)
	}
	e.say(wire.Message{Type: "clipboard", Text: "to the\x00 PC"})
	if c := help.get(t, isClipboard); c.GetClipboard().Text != "to the PC" {
		t.Errorf("%v", c)
	}
	e.say(wire.Message{Type: "focus"})
	help.get(t, isWatch(false))
	e.say(wire.Message{Type: "clipboard", Text: "out of focus"})
	leave("out of focus")
	e.settled()
	e.say(wire.Message{Type: "focus", On: true})
	watch = help.get(t, isWatch(true))
	// Queued behind a helper that does not read, and revoked meanwhile (14).
	e.say(wire.Message{Type: "clipboard", Text: "revoked"})
	e.settled()
	for _, c := range []hostpb.Capability{hostpb.Capability_CAPABILITY_CLIPBOARD_TO_PC, hostpb.Capability_CAPABILITY_CLIPBOARD_TO_ENGINEER} {
		if err := r.s.RevokeCapability("lab", c); err != nil {
			t.Fatal(err)
		}
	}
	leave("revoked")
	var stray []string
	help.get(t, func(c *hostpb.HelperCommand) bool {
		if c.GetClipboard() != nil {
			stray = append(stray, c.GetClipboard().Text)
		}
		return isWatch(false)(c)
	})
	e.say(wire.Message{Type: "ping", Seq: 9})
	for {
		_, _, m := e.next()
		if m.Type == "clipboard" {
			stray = append(stray, m.Text)
		}
		if m.Type == "pong" {
			break
		}
	}
	// One that the helper's stream had in its hands already was allowed then.
	if stray = slices.DeleteFunc(stray, func(s string) bool { return s == "revoked" }); len(stray) != 0 {
		t.Errorf("%q moved", stray)
	}
	kinds := r.kinds()
	if kinds["clipboard.to-engineer"] != 1 || kinds["clipboard.to-pc"] != 2 {
		t.Errorf("%v", kinds)
	}
	for _, text := range []string{"from the PC", "to the PC", "out of focus"} {
		if strings.Contains(r.log.String(), text) {
			t.Errorf("%q is in the log of the service", text)
		}
	}
}

// What waits for a slow link is judged when its turn comes (scenarios 14, 20).
func TestWhatWaitsIsJudgedAgain(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	e.say(wire.Message{Type: "focus", On: true})
	r.granted(e, wire.View, wire.ClipboardToMe)
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	l := r.s.links[r.s.m.Current()]
	g := r.s.m.Generation()
	moved, err := screen.Cursor{Kind: screen.CursorMoved, X: 1, Y: 2}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, revoked := range []bool{false, true} {
		if revoked {
			for _, c := range []support.Capability{support.ClipboardToEngineer, support.View} {
				if err := r.s.doLocked(support.Revoke{Technician: "lab", Capability: c}).Err; err != nil {
					t.Fatal(err)
				}
			}
		}
		r.s.clipping = &clipping{l.id, g, "text"}
		r.s.cursors.offer(1, g, moved)
		var frames []byte
		for {
			frame, payload := r.s.aside(l)
			if payload == nil {
				break
			}
			frames = append(frames, frame)
		}
		want := map[bool][]byte{false: {wire.FrameControl, wire.FrameCursor}}[revoked]
		if !bytes.Equal(frames, want) {
			t.Errorf("revoked %v: frames %v", revoked, frames)
		}
	}
}

// The pointer's shape and place reach the engineer under a live view, and what
// is no cursor does not.
func TestCursorOnTheWire(t *testing.T) {
	r := newRig(t)
	e := r.enter()
	help := r.granted(e, wire.View)
	e.say(wire.Message{Type: "refresh"})
	g := help.get(t, isView(true)) // its generation counts
	shape, err := screen.Cursor{Kind: screen.CursorShape, Width: 2, Height: 1, RGBA: []byte("12345678")}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{{9}, nil, shape[:len(shape)-1], shape} {
		help.tell(&hostpb.HelperMessage{Generation: g.Generation, Body: &hostpb.HelperMessage_Cursor{Cursor: b}})
	}
	for {
		kind, payload, _ := e.next()
		if kind != wire.FrameCursor {
			continue
		}
		if !bytes.Equal(payload, shape) {
			t.Errorf("% x", payload)
		}
		break
	}
	if err := r.s.RevokeCapability("lab", hostpb.Capability_CAPABILITY_VIEW); err != nil {
		t.Fatal(err)
	}
	help.tell(&hostpb.HelperMessage{Generation: g.Generation, Body: &hostpb.HelperMessage_Cursor{Cursor: shape}})
	e.say(wire.Message{Type: "ping", Seq: 3})
	for {
		kind, _, m := e.next()
		if kind == wire.FrameCursor {
			t.Fatal("a pointer after the view was revoked")
		}
		if m.Type == "pong" {
			return
		}
	}
}

// However much a helper says of its pointer, only the newest waits, and a
// generation's never mixes with another's.
func TestCursorsKeepTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c cursors
		var wantShape, wantPlace []byte
		generation := uint64(0)
		for i := range rapid.IntRange(0, 40).Draw(t, "messages") {
			switch rapid.SampledFrom([]string{"shape", "place", "hidden", "junk", "generation"}).Draw(t, "what") {
			case "shape":
				wantShape, _ = screen.Cursor{Kind: screen.CursorShape, Width: 1, Height: 1, RGBA: []byte{byte(i), 0, 0, 0}}.Append(nil)
				c.offer(1, generation, wantShape)
			case "place":
				wantPlace, _ = screen.Cursor{Kind: screen.CursorMoved, X: i}.Append(nil)
				c.offer(1, generation, wantPlace)
			case "hidden":
				wantPlace, _ = screen.Cursor{}.Append(nil)
				c.offer(1, generation, wantPlace)
			case "junk":
				if c.offer(1, generation, []byte{3, 1}) {
					t.Fatal("junk was taken for a cursor")
				}
			case "generation":
				generation++
				hidden, _ := screen.Cursor{}.Append(nil)
				c.offer(1, generation, hidden)
				wantShape, wantPlace = nil, hidden
			}
		}
		var got, want [][]byte
		for m := c.take(); m != nil; m = c.take() {
			got = append(got, m)
		}
		for _, m := range [][]byte{wantShape, wantPlace} {
			if m != nil {
				want = append(want, m)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// Scenario 53: more messages than any hands make end the session, with the
// reason in the log.
func TestFlood(t *testing.T) {
	stands := support.Moment{Wall: time.Unix(1e9, 0), Mono: time.Hour}
	r := newRigWith(t, nil, func(c *Config) { c.Now = func() support.Moment { return stands } })
	e := r.enter()
	for range messagesAtOnce {
		if e.send(wire.Message{Type: "focus", On: true}) != nil {
			break
		}
	}
	if m := e.hear("end"); m.Why != "flood" {
		t.Errorf("%+v", m)
	}
	r.await("the end", func(d *desk) bool { return d.state.GetEndedCode() == "flood" })
	if r.kinds()["session.ended"] != 1 {
		t.Error("the log does not say so")
	}
}

// What an input method made comes as text and nothing else, without anything
// that is a key or hides itself.
func TestTypedText(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"ä", "ä"}, {"日本語", "日本語"}, {" a b ", " a b "}, {"", ""}, {"\n", ""}, {"a\x00\x1b\x7fb", "ab"},
		{"\u202eab\u2066", "ab"}, {"👩\u200d🔬", "👩\u200d🔬"}, {"\ue000\ufffdx", "x"}, {strings.Repeat("ß", 300), strings.Repeat("ß", 256)},
	} {
		got := inputEvents([]wire.Input{{Kind: "text", Text: row.in, Code: "KeyA", Key: "a", X: 5, Button: 1}})
		if row.want == "" {
			if len(got) != 0 {
				t.Errorf("%q: %v", row.in, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Text != row.want || got[0].Kind != hostpb.InputEvent_KIND_TEXT || got[0].Code != "" || got[0].X != 0 {
			t.Errorf("%q: %v", row.in, got)
		}
	}
	if got := inputEvents([]wire.Input{{Kind: "keydown", Code: "KeyA", Text: "x"}}); len(got) != 1 || got[0].Text != "" {
		t.Errorf("%v", got)
	}
}

// Why a picture is black, as the helper's word and the profile's masks say it.
func TestReportOf(t *testing.T) {
	s := &Support{cfg: Config{Masks: append(AllMasked("all"), &hostpb.Mask{Id: "part", X: 10, Width: 10, Height: 10}, &hostpb.Mask{Id: "window", Title: "x"})}}
	two := []*hostpb.Monitor{{Id: "a", X: -100, Width: 100, Height: 100}, {Id: "b", Width: 100, Height: 100}}
	for _, row := range []struct {
		name          string
		state         *hostpb.HelperState
		masked, hides bool
	}{
		{"nothing", &hostpb.HelperState{}, false, false},
		{"windows cannot be told apart", &hostpb.HelperState{ErrorCode: "windows-unknown"}, true, false},
		{"all", &hostpb.HelperState{Masks: []string{"all"}, Monitors: two}, true, true},
		{"a part", &hostpb.HelperState{Masks: []string{"part", "window"}, Monitors: two}, false, true},
		{"one that is not in force", &hostpb.HelperState{Masks: []string{"other"}}, false, false},
	} {
		row.state.Width, row.state.Height = 100, 100
		if got := s.reportOf(&helper{}, row.state); got.Masked != row.masked || got.Hides != row.hides {
			t.Errorf("%s: masked %v, hides %v", row.name, got.Masked, got.Hides)
		}
	}
}

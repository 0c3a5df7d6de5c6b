package pc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/store"
)

// found collects what the observer says.
type found struct{ acts []string }

func (f *found) Act(what, format string, args ...any) {
	f.acts = append(f.acts, what+": "+fmt.Sprintf(format, args...))
}
func (f *found) Live(string) {}

const control, view = hostpb.Capability_CAPABILITY_CONTROL, hostpb.Capability_CAPABILITY_VIEW

// desk is a ledger in which anna is in session s.
func desk() (*Ledger, *found, *Clock) {
	f, c := &found{}, NewClock()
	l := newLedger(f, c.Now)
	l.Holder("r", channeltest.Anna())
	l.Entered("s", channeltest.Anna().Account, true)
	return l, f, c
}

func prompt(c hostpb.Capability) *hostpb.Prompt {
	return &hostpb.Prompt{Id: "p" + c.String(), SessionId: "s", Capability: c, Engineer: anna(), Durations: []hostpb.Duration_{hostpb.Duration__DURATION_ONCE}}
}

func anna() *hostpb.Engineer {
	a := channeltest.Anna()
	return &hostpb.Engineer{Account: a.Account, Name: a.Name, Organisation: a.Organisation, Regions: a.Regions}
}

func events(keys ...string) (out []*hostpb.InputEvent) {
	for _, k := range keys {
		out = append(out, &hostpb.InputEvent{Kind: hostpb.InputEvent_KIND_KEY_DOWN, Code: "KeyA", Key: k})
	}
	return out
}

// The observer finds each kind of act: an observer that finds nothing in any
// case would make every campaign look good.
func TestTheObserverFinds(t *testing.T) {
	for name, act := range map[string]func(*Ledger, *Clock){
		"input: 1 events": func(l *Ledger, _ *Clock) { l.applied("s", events(l.Press())) },
		"input: m0000001 was applied twice": func(l *Ledger, _ *Clock) {
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			m := l.Press()
			l.applied("s", events(m))
			l.applied("s", events(m))
		},
		"input: m0000001 was applied after": func(l *Ledger, _ *Clock) {
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			first, second := l.Press(), l.Press()
			l.applied("s", events(second, first))
		},
		"input: m0000001 was applied although": func(l *Ledger, _ *Clock) {
			m := l.Press()
			l.Never([]string{m})
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			l.applied("s", events(m))
		},
		"was never sent": func(l *Ledger, _ *Clock) {
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			l.applied("s", events("x"))
		},
		"the key that ends": func(l *Ledger, _ *Clock) {
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			l.applied("s", []*hostpb.InputEvent{{Code: "Pause", Key: l.Press()}})
		},
		"input: 1 events in session s without control": func(l *Ledger, c *Clock) { // the second command after the end
			l.allow(prompt(control), hostpb.Duration__DURATION_15_MIN)
			c.Pass(16 * time.Minute)
			l.applied("s", events(l.Press()))
			l.applied("s", events(l.Press()))
		},
		"input: 1 events in session other": func(l *Ledger, _ *Clock) {
			l.allow(prompt(control), hostpb.Duration__DURATION_SESSION)
			l.applied("other", events(l.Press()))
		},
		"picture: 1 bytes": func(l *Ledger, _ *Clock) { l.Saw("s", []byte("x")) },
		"picture: a picture of session s": func(l *Ledger, _ *Clock) {
			l.captured("s", []byte("x"))
			l.allow(prompt(view), hostpb.Duration__DURATION_SESSION)
			l.Saw("s", []byte("x"))
		},
		"picture: a picture was seen twice": func(l *Ledger, _ *Clock) {
			l.allow(prompt(view), hostpb.Duration__DURATION_SESSION)
			l.captured("s", []byte("x"))
			l.Saw("s", []byte("x"))
			l.Saw("s", []byte("x"))
		},
		"code: ":   func(l *Ledger, _ *Clock) { l.Entered("t", "x", false) },
		"resume: ": func(l *Ledger, _ *Clock) { l.Resumed("s", "x", true) },
		"prompt: ": func(l *Ledger, _ *Clock) {
			p := prompt(view)
			p.SessionId = "t"
			l.shown(p)
		},
		"identity: ": func(l *Ledger, _ *Clock) {
			p := prompt(view)
			p.Engineer.Name = "Anna W."
			l.shown(p)
		},
		`prompt: "a\u202eb"`: func(l *Ledger, _ *Clock) {
			p := prompt(view)
			p.Reason = "a\u202eb"
			l.shown(p)
		},
		"prompt: CAPABILITY_CLIPBOARD": func(l *Ledger, _ *Clock) { l.shown(prompt(hostpb.Capability_CAPABILITY_CLIPBOARD)) },
		"pointer: ": func(l *Ledger, _ *Clock) {
			l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{On: true, Name: anna().Name}}})
		},
		"pointer: the marker of": func(l *Ledger, _ *Clock) {
			l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{On: true, Name: "System"}}})
		},
		"clipboard: in session": func(l *Ledger, _ *Clock) {
			l.allow(prompt(toPC), hostpb.Duration__DURATION_ONCE) // and no view
			l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Clipboard{Clipboard: &hostpb.HelperClipboard{Text: "x"}}})
		},
		"clipboard watch: ": func(l *Ledger, _ *Clock) {
			l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_ClipboardWatch{ClipboardWatch: &hostpb.HelperClipboardWatch{On: true}}})
		},
		"monitor: ": func(l *Ledger, _ *Clock) {
			l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Monitor{Monitor: &hostpb.HelperMonitor{Id: "m1"}}})
		},
		"clipboard: \"x\" left": func(l *Ledger, _ *Clock) { l.copied("s", "x"); l.Heard("s", "clipboard", "x") },
		"chat: \"x\" was said":  func(l *Ledger, _ *Clock) { l.Heard("s", "chat", "x") },
		"chat: \"x\" is shown": func(l *Ledger, _ *Clock) {
			l.state(&hostpb.SupportState{RequestId: "r", SessionId: "s", Engineer: anna(), Chat: []*hostpb.ChatLine{{Text: "x"}}})
		},
		"log: chat.line that":             func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "chat.line", Subject: "s"}) },
		"log: clipboard.to-engineer that": func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "clipboard.to-engineer", Subject: "s"}) },
		"prompt: CAPABILITY_CHAT":         func(l *Ledger, _ *Clock) { l.shown(prompt(chat)) },
		"session: ": func(l *Ledger, _ *Clock) {
			l.state(&hostpb.SupportState{RequestId: "q", SessionId: "s", Engineer: anna()})
		},
		"lease: ": func(l *Ledger, _ *Clock) {
			l.state(&hostpb.SupportState{RequestId: "r", SessionId: "s", Engineer: anna(), Leases: []*hostpb.Lease{{Capability: view}}})
		},
		"log: granted without": func(l *Ledger, _ *Clock) {
			l.entry(store.Record{Kind: "session.granted", Subject: "s", Fields: map[string]string{"prompt": "p"}})
		},
		"log: granted map": func(l *Ledger, _ *Clock) {
			l.allow(prompt(view), hostpb.Duration__DURATION_ONCE)
			l.entry(store.Record{Kind: "session.granted", Subject: "s", Fields: map[string]string{"prompt": prompt(view).Id, "capability": "view", "duration": "session"}})
		},
		"log: one yes": func(l *Ledger, _ *Clock) {
			l.allow(prompt(view), hostpb.Duration__DURATION_ONCE)
			for range 2 {
				l.entry(store.Record{Kind: "session.granted", Subject: "s", Fields: map[string]string{"prompt": prompt(view).Id, "capability": "view", "duration": "once"}})
			}
		},
		"log: session": func(l *Ledger, _ *Clock) {
			l.entry(store.Record{Kind: "session.authenticated", Subject: "s", Fields: map[string]string{"request": "q"}})
		},
		"log: help.requested":    func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "help.requested"}) },
		"log: code.tries-reset":  func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "code.tries-reset"}) },
		"log: session.resumed":   func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "session.resumed"}) },
		"log: file.received":     func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "file.received"}) },
		"log: terms.accepted is": func(l *Ledger, _ *Clock) { l.entry(store.Record{Kind: "terms.accepted"}) },
	} {
		l, f, c := desk()
		act(l, c)
		if len(f.acts) == 0 || !strings.Contains(strings.Join(f.acts, "\n"), name) {
			t.Errorf("%s: found %q", name, f.acts)
		}
	}
}

// What the technician allowed is no act.
func TestTheObserverLetsPass(t *testing.T) {
	l, f, c := desk()
	l.shown(prompt(control))
	l.allow(prompt(control), hostpb.Duration__DURATION_15_MIN)
	l.applied("s", events(l.Press(), l.Press()))
	l.allow(prompt(view), hostpb.Duration__DURATION_SESSION)
	l.captured("s", []byte("x"))
	l.Saw("s", []byte("x"))
	l.state(&hostpb.SupportState{RequestId: "r", SessionId: "s", Engineer: anna(), Leases: []*hostpb.Lease{{Capability: view}}})
	l.Shares(true)
	for _, c := range []hostpb.Capability{chat, marker, toPC, toFar} {
		l.shown(prompt(c))
		l.allow(prompt(c), hostpb.Duration__DURATION_SESSION)
	}
	l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{On: true, Name: anna().Name}}})
	l.told("s", &hostpb.HelperCommand{Body: &hostpb.HelperCommand_Point{Point: &hostpb.HelperPoint{}}})
	l.copied("s", "x")
	l.Heard("s", "clipboard", "x")
	l.Heard("s", "chat", "x")
	l.state(&hostpb.SupportState{RequestId: "r", SessionId: "s", Engineer: anna(), Chat: []*hostpb.ChatLine{{Text: "x"}}})
	l.entry(store.Record{Kind: "chat.line", Subject: "s"})
	l.entry(store.Record{Kind: "session.granted", Subject: "s", Fields: map[string]string{"prompt": prompt(view).Id, "capability": "view", "duration": "session"}})
	late := l.Press()
	c.Pass(16 * time.Minute)
	l.applied("s", events(late)) // the one that was being handed over
	if len(f.acts) > 0 {
		t.Error(f.acts)
	}
}

// Files that can be seen and were not allowed are found, wherever they lie.
func TestTheObserverFindsFiles(t *testing.T) {
	for _, name := range []string{"received/evil.txt", "received/sub/evil.txt", "evil.txt", "cron.d/x"} {
		f := &found{}
		p := &PC{w: f, dir: t.TempDir()}
		p.ledger = newLedger(f, NewClock().Now)
		path := filepath.Join(p.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.lookAtFolder(); err != nil || len(f.acts) == 0 {
			t.Errorf("%s: %v %v", name, f.acts, err)
		}
	}
}

func TestSameName(t *testing.T) {
	for name, want := range map[string]bool{"a.txt": true, "a (2).txt": true, "a (12).txt": true, "a (x).txt": false, "a ().txt": false, "b.txt": false, "a.txt.exe": false} {
		if sameName("a.txt", name) != want {
			t.Error(name)
		}
	}
}

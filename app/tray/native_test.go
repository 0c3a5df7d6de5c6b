package tray_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// own notes what the tray's own dialogs are told.
type own struct{ *desk }

func (o own) Prompt(ctx context.Context, p *hostpb.Prompt) {
	if p != nil {
		o.note("own prompt %s %v", p.GetId(), ctx.Err())
	} else {
		o.note("own prompt none")
	}
}
func (o own) Session(ctx context.Context, s *hostpb.SupportState) {
	if s != nil {
		o.note("own bar %s %v", s.GetSessionId(), ctx.Err())
	} else {
		o.note("own bar none")
	}
}
func (o own) Help(context.Context, *hostpb.SupportState) { o.note("own help") }
func (o own) HelpChanged(*hostpb.SupportState)           {}
func (o own) Close()                                     { o.note("own close") }
func (o own) Speak(c *text.Catalogue)                    { o.note("own language %s", c.Lang()) }

// Without OpenGL (scenarios 8 to 11, B5): when the tray asks itself, and when it
// leaves it to the window program.
func TestOwnDialogs(t *testing.T) {
	connected := hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED
	session := support(&hostpb.SupportState{Phase: connected, SessionId: "s1"})
	over := support(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "technician"})
	ends := func(d *desk, _ chan struct{}) { d.ended <- struct{}{} }
	missing := func(d *desk, _ chan struct{}) { d.mu.Lock(); defer d.mu.Unlock(); d.noWindow = true }
	windows := func(n uint32) func(*desk, chan struct{}) {
		return func(d *desk, _ chan struct{}) { d.mu.Lock(); defer d.mu.Unlock(); d.windows = n }
	}
	for _, test := range []struct {
		name    string
		windows uint32
		steps   []any
		want    []string // in order; what only clears is left out
	}{
		{"a window that is there asks", 1, []any{true, prompt("p1"), time.Minute}, []string{"show prompt"}},
		{"a window that comes in time asks", 0, []any{true, prompt("p1"), time.Second, windows(1), time.Minute}, []string{"show prompt", "start help", "show prompt"}},
		{"no program file", 0, []any{true, missing, prompt("p1")}, []string{"show prompt", "start help", "own prompt p1 <nil>"}},
		{"it ends at once", 0, []any{true, prompt("p1"), time.Second, ends}, []string{"show prompt", "start help", "own prompt p1 <nil>"}},
		{"it hangs", 0, []any{true, prompt("p1"), 9 * time.Second}, []string{"show prompt", "start help", "show prompt", "own prompt p1 <nil>"}},
		{"the next question does not wait again", 0, []any{true, prompt("p1"), ends, promptGone("p1"), time.Minute, prompt("p2")},
			[]string{"show prompt", "start help", "own prompt p1 <nil>", "show prompt", "own prompt p2 <nil>"}},
		{"but it does after a while", 0, []any{true, prompt("p1"), ends, promptGone("p1"), 11 * time.Minute, prompt("p2"), time.Second, ends},
			[]string{"show prompt", "start help", "own prompt p1 <nil>", "show prompt", "start help", "own prompt p2 <nil>"}},
		{"a window that came is asked again", 0, []any{true, prompt("p1"), ends, promptGone("p1"), windows(1), tray.ItemOpen, prompt("p2")},
			[]string{"show prompt", "start help", "own prompt p1 <nil>", "show home", "show prompt"}},
		{"a window that was there and crashes is started again", 0, []any{true, prompt("p1"), windows(1), 9 * time.Second, windows(0), ends, 9 * time.Second},
			[]string{"show prompt", "start help", "show prompt", "start help", "show prompt", "own prompt p1 <nil>"}},
		{"a session's bar", 0, []any{true, session, ends, over}, []string{"show help", "start help", "own bar s1 <nil>", "stop helper", "toast ended: The session has ended"}},
		{"a session's bar, and its question", 0, []any{true, session, ends, prompt("p1")},
			[]string{"show help", "start help", "own bar s1 <nil>", "show prompt", "own prompt p1 <nil>"}},
		// A window program that comes and dies would end the session.
		{"no window is started beside the tray's own bar", 0, []any{true, session, ends, 20 * time.Minute, tray.ItemActivity}, []string{"show help", "start help", "own bar s1 <nil>", "show activity"}},
		{"help is asked for", 0, []any{true, tray.ItemHelp, ends}, []string{"show help", "start help", "own help"}},
		{"help, with a window", 1, []any{true, tray.ItemHelp, time.Minute}, []string{"show help"}},
		{"another page is not help", 0, []any{true, tray.ItemActivity, ends}, []string{"show activity", "start activity"}},
		{"the service dies", 0, []any{true, session, ends, false}, []string{"show help", "start help", "own bar s1 <nil>", "stop helper", "own close", "untoast prompt"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &desk{windows: test.windows, clicked: make(chan string), opened: make(chan string), ended: make(chan struct{}), events: make(chan func())}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error)
				tr := tray.New(tray.Config{Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Face: d, Toaster: toasts{d}, Launcher: d, Service: service{d}, Dialogs: own{d}, Follow: d.follow})
				go func() { done <- tr.Run(ctx, nil) }()
				for _, step := range test.steps {
					synctest.Wait()
					switch s := step.(type) {
					case bool:
						d.events <- func() { d.onState(s, nil) }
					case *hostpb.Event:
						d.events <- func() { d.onEvent(s) }
					case string:
						d.clicked <- s
					case time.Duration:
						time.Sleep(s)
					case func(*desk, chan struct{}):
						s(d, nil)
					}
				}
				synctest.Wait()
				var got []string
				for _, line := range d.journal {
					if line == "untoast prompt" && !slices.Contains(test.want, line) || strings.HasPrefix(line, "own ") && strings.HasSuffix(line, " none") {
						continue
					}
					if n := len(got); n > 0 && got[n-1] == line && strings.HasPrefix(line, "own ") {
						continue // brought up to date
					}
					got = append(got, line)
				}
				if !slices.Equal(drop(got, "own bar s1 <nil>"), drop(test.want, "own bar s1 <nil>")) || slices.Contains(got, "own bar s1 <nil>") != slices.Contains(test.want, "own bar s1 <nil>") {
					t.Errorf("got  %q\nwant %q", got, test.want)
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if d.journal[len(d.journal)-1] != "own close" {
					t.Error("the tray's end leaves its dialogs behind")
				}
			})
		})
	}
}

// drop leaves out what is only brought up to date again and again.
func drop(lines []string, what string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(s string) bool { return s == what })
}

// P11: the service is told of the desktop's proxy when it connects, and when it
// is another one.
func TestTellsTheProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{clicked: make(chan string), opened: make(chan string), ended: make(chan struct{}), events: make(chan func())}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		var now atomic.Pointer[hostpb.OfferProxyRequest] // nil: cannot be read
		set := func(proxy string) { now.Store(&hostpb.OfferProxyRequest{Proxy: proxy}) }
		set("")
		tr := tray.New(tray.Config{Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Face: d, Toaster: toasts{d}, Launcher: d, Service: service{d}, Follow: d.follow,
			Proxy: func() (*hostpb.OfferProxyRequest, error) {
				if r := now.Load(); r != nil {
					return r, nil
				}
				return nil, errors.New("unreadable")
			}})
		go func() { done <- tr.Run(ctx, nil) }()
		connect := func(on bool) { synctest.Wait(); d.events <- func() { d.onState(on, nil) }; synctest.Wait() }
		connect(true) // no proxy, and the service knows of none
		set("a:1")
		time.Sleep(12 * time.Minute)
		now.Store(nil)
		time.Sleep(12 * time.Minute)
		set("")
		time.Sleep(12 * time.Minute)
		set("b:2")
		connect(false)
		connect(true)
		connect(true)
		var got []string
		for _, line := range d.journal {
			if strings.HasPrefix(line, "proxy ") {
				got = append(got, line)
			}
		}
		if want := []string{"proxy a:1", "proxy ", "proxy b:2"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

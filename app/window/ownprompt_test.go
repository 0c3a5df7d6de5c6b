package window

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// deskSystem has desktops in memory, whose program the test plays.
type deskSystem struct {
	mu     sync.Mutex
	args   []string
	shown  bool
	closed int
	broken bool
	said   *bufio.Scanner
	say    io.WriteCloser
}

func newDeskSystem(s *stage) *deskSystem {
	r, w := io.Pipe()
	d := &deskSystem{said: bufio.NewScanner(r), say: w}
	s.program.desk = owndesk.New(owndesk.Config{System: d, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	s.t.Cleanup(func() { _ = w.Close() })
	return d
}

func (d *deskSystem) Open(args []string) (owndesk.Place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.args = args
	if d.broken {
		return nil, errors.New("none here")
	}
	return d, nil
}
func (d *deskSystem) Switch() error { d.set(true); return nil }
func (d *deskSystem) Back() error   { d.set(false); return nil }
func (d *deskSystem) set(on bool)   { d.mu.Lock(); d.shown = on; d.mu.Unlock() }
func (d *deskSystem) Facing() owndesk.Facing {
	if d.shows() {
		return owndesk.Own
	}
	return owndesk.Shared
}
func (d *deskSystem) shows() bool          { d.mu.Lock(); defer d.mu.Unlock(); return d.shown }
func (d *deskSystem) Said() (string, bool) { more := d.said.Scan(); return d.said.Text(), more }
func (d *deskSystem) Close()               { d.mu.Lock(); d.closed++; d.mu.Unlock() }

func (s *stage) steered() {
	s.t.Helper()
	support := proto.CloneOf(sample.SessionState())
	support.Prompt = nil
	support.Leases = []*hostpb.Lease{{Capability: hostpb.Capability_CAPABILITY_CONTROL}}
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: support}})
	s.until("control is live", func() bool { return apart(&s.program.state, nil) })
}

// B3: while control is live a question stands on a desktop of its own and not
// among the programs that the engineer may have started.
func TestPromptStandsApart(t *testing.T) {
	s := newStage(t, Config{File: "host.toml"})
	d := newDeskSystem(s)
	s.ready()
	s.steered()
	question := sample.ViewPrompt()
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: question}})
	s.until("it is put there", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.args != nil })
	if got := strings.Join(d.args, " "); got != "--prompt-only --lang en --theme light --config host.toml" {
		t.Errorf("started with %q", got)
	}
	if s.program.prompt != nil {
		t.Error("it stands among the other programs, too")
	}
	if _, err := io.WriteString(d.say, "ready "+hex.EncodeToString([]byte(questionID(question)))+"\n"); err != nil {
		t.Fatal(err)
	}
	s.until("it is shown", d.shows)
	s.look(time.Second)
	if s.program.prompt != nil {
		t.Error("it stands among the other programs, too")
	}
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_PromptGone{PromptGone: &hostpb.PromptGone{Id: question.GetId(), Code: "timeout"}}})
	s.until("the shared desktop is back", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return !d.shown && d.closed == 1 })
}

// Where none can be had it stands among the other programs, by the rules of
// there, and the answer says so.
func TestPromptFallsBack(t *testing.T) {
	s := newStage(t, Config{})
	d := newDeskSystem(s)
	d.broken = true
	s.ready()
	s.steered()
	// Windows tells of the keyboard in the middle of opening a window.
	depth := 0
	s.program.native = &eagerNative{s.native, func() {
		if depth++; depth > 50 {
			t.Fatal("windows are opened while they are being opened")
		}
		s.program.inFront(depth%2 == 1)
	}}
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: sample.ViewPrompt()}})
	s.until("it falls back", func() bool { return s.program.prompt != nil })
	if s.native.attends != 1 {
		t.Errorf("%d windows of the question watch who presses", s.native.attends)
	}
	s.look(2 * time.Second)
	s.tap(s.program.prompt.window, "prompt.deny")
	if r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest); r.GetDesktop() != onShared {
		t.Errorf("answered on %q", r.GetDesktop())
	}
}

func TestApart(t *testing.T) {
	lease := func(c hostpb.Capability) *model.State {
		return &model.State{Support: &hostpb.SupportState{Leases: []*hostpb.Lease{{Capability: c}}}}
	}
	for name, row := range map[string]struct {
		state    *model.State
		question *hostpb.Prompt
		want     bool
	}{
		"nothing":        {&model.State{}, sample.ViewPrompt(), false},
		"view":           {lease(hostpb.Capability_CAPABILITY_VIEW), sample.ViewPrompt(), false},
		"control":        {lease(hostpb.Capability_CAPABILITY_CONTROL), sample.ViewPrompt(), true},
		"after control":  {&model.State{}, &hostpb.Prompt{PinWhy: "control-given"}, true},
		"a site's PIN":   {&model.State{}, &hostpb.Prompt{PinWhy: "site-policy"}, false},
		"and control on": {lease(hostpb.Capability_CAPABILITY_CONTROL), &hostpb.Prompt{PinWhy: "site-policy"}, true},
	} {
		if got := apart(row.state, row.question); got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The program on the desktop of its own: it says when it shows its question,
// that it works, that the answer counted; it shows one question and ends.
func TestPromptOnly(t *testing.T) {
	s := &stage{t: t, service: ipctest.Start(t, ipctest.Config{}), queue: make(chan func(), 1024), native: &fakeNative{}, now: sample.Now}
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	in, first := io.Pipe()
	defer first.Close()
	lines := make(chan string, 64)
	go func() {
		for scan := bufio.NewScanner(r); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	guard := owndesk.NewGuard(in, w, func() error { return nil })
	c := Config{Client: s.service.Client(ipctest.Technician("maria"), protocol.Prompt), Language: "en", Theme: "light"}
	s.program = newProgram(ctx, test.NewTempApp(t), parts{
		config: c, now: func() time.Time { return s.now }, do: func(f func()) { s.queue <- f }, native: s.native, locked: func() bool { return s.locked },
		quit: func() { s.quits++ }, only: guard,
	})
	s.program.startPrompt()
	t.Cleanup(func() {
		cancel()
		done := make(chan struct{})
		go func() { s.program.close(); close(done) }()
		for {
			select {
			case <-s.queue:
			case <-done:
				return
			}
		}
	})
	said := map[string]bool{}
	told := func(line string) func() bool {
		return func() bool {
			for len(lines) > 0 {
				said[<-lines] = true
			}
			return said[line]
		}
	}
	question := sample.ViewPrompt()
	s.ask(question)
	s.until("it is told", told("ready "+hex.EncodeToString([]byte(questionID(question)))))
	s.look(2 * time.Second)
	s.until("it beats", told("beat"))
	s.tap(s.program.prompt.window, "prompt.allow")
	if r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest); !r.GetAllow() || r.GetDesktop() != onOwn {
		t.Errorf("answered %v", r)
	}
	s.until("it ends", func() bool { return s.quits > 0 && told("answered")() && told("gone")() })
	if s.native.attends != 0 || s.program.prompt != nil {
		t.Error("the question stays")
	}
}

package window

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// stage is a program on Fyne's test driver, against a real server in memory.
// Its windows' goroutine is the test's: run works off what was handed to it.
type stage struct {
	t       *testing.T
	service *ipctest.Fixture
	program *program
	queue   chan func()
	native  *fakeNative

	mu      sync.Mutex
	pressed func() // the kill key
	held    bool
	quits   int
	locked  bool
	now     time.Time
}

// fakeNative is a screen on which everything can be seen unless said otherwise.
type fakeNative struct {
	hidden  bool
	covered bool
	blind   bool // who presses cannot be told
	machine bool // a program presses
	above   int
	insists int
	attends int
	stays   bool   // what is hidden stays on the screen for now
	looked  func() // at whether it does

	screens   []native.Rect
	x, y      int // where a window was moved last
	maximised bool
}

func (n *fakeNative) Own(fyne.Window) error    { return nil }
func (n *fakeNative) Above(fyne.Window) error  { n.above++; return nil }
func (n *fakeNative) Insist(fyne.Window) error { n.insists++; return nil }
func (n *fakeNative) Area(w fyne.Window) (native.Rect, error) {
	return native.Rect{X: 100, Y: 50, W: int(w.Canvas().Size().Width), H: int(w.Canvas().Size().Height)}, nil
}
func (n *fakeNative) Visible(fyne.Window) bool           { return !n.hidden }
func (n *fakeNative) Move(_ fyne.Window, x, y int) error { n.x, n.y = x, y; return nil }
func (n *fakeNative) Unfocused(show func())              { show() }
func (n *fakeNative) Maximise(fyne.Window) error         { n.maximised = true; return nil }
func (n *fakeNative) Screens() ([]native.Rect, error)    { return n.screens, nil }
func (n *fakeNative) Placed(w fyne.Window) (native.Rect, bool, error) {
	return native.Rect{X: n.x, Y: n.y, W: int(w.Canvas().Size().Width), H: int(w.Canvas().Size().Height)}, n.maximised, nil
}
func (n *fakeNative) Close()                   {}
func (n *fakeNative) Covered(fyne.Window) bool { return n.covered }
func (n *fakeNative) Gone(fyne.Window) bool {
	if n.looked != nil {
		n.looked()
	}
	return !n.stays
}
func (n *fakeNative) Attend(fyne.Window) (native.Hand, error) {
	if n.blind {
		return nil, errors.New("no devices")
	}
	n.attends++
	return &fakeHand{n}, nil
}

type fakeHand struct{ n *fakeNative }

func (h *fakeHand) Made(in native.Rect, _ bool) bool { return !h.n.machine && in.W > 0 && in.H > 0 }
func (h *fakeHand) Close()                           { h.n.attends-- }

func newStage(t *testing.T, c Config) *stage { return newStageWith(t, c, sample.Status()) }

// chosen writes a file of choices.
func chosen(t *testing.T, p preferences.Preferences) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "preferences.json")
	if err := preferences.Save(path, p); err != nil {
		t.Fatal(err)
	}
	return path
}

// newStageWith starts with a status of its own, which is what the program
// sees first.
func newStageWith(t *testing.T, c Config, status *hostpb.Status) *stage {
	t.Helper()
	s := &stage{t: t, service: ipctest.Start(t, ipctest.Config{}), queue: make(chan func(), 1024), native: &fakeNative{}, now: sample.Now}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.ListNotifications = func(_ context.Context, r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
			return sample.Page(sample.Notifications(), r), nil
		}
		h.GetTerms = func(_ context.Context, r *hostpb.GetTermsRequest) (*hostpb.Terms, error) {
			return sample.Terms(r.GetLanguage()), nil
		}
	})
	s.service.SetStatus(status)
	c.Client = s.service.Client(ipctest.Technician("maria"), protocol.Window)
	if c.Language == "" {
		c.Language, c.Theme = "en", "light"
	}
	if c.Preferences == "" {
		c.Preferences = chosen(t, preferences.Preferences{Guided: "0.1.0"})
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.program = newProgram(ctx, test.NewTempApp(t), parts{
		config: c, now: func() time.Time { return s.now }, do: func(f func()) { s.queue <- f }, native: s.native, locked: func() bool { return s.locked },
		grabKillKey: s.grab, quit: func() { s.quits++ },
	})
	s.program.openMain()
	if c.View == "" && c.Place == "" {
		s.program.content.Show(view.Notifications) // where most tests have something to do
	}
	s.program.start()
	t.Cleanup(func() {
		cancel()
		// What is still on its way must not wait for a test that is over.
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
	return s
}

func (s *stage) grab(_ context.Context, pressed func()) (func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pressed, s.held = pressed, true
	return func() { s.mu.Lock(); s.held = false; s.mu.Unlock() }, nil
}

// until runs the windows until something is so.
func (s *stage) until(what string, so func() bool) {
	s.t.Helper()
	limit := time.After(20 * time.Second)
	for !so() {
		select {
		case f := <-s.queue:
			f()
		case <-limit:
			s.t.Fatalf("never: %s", what)
		}
	}
}

// called waits for a call and returns the newest of its kind.
func (s *stage) called(method string, times int) ipctest.Call {
	s.t.Helper()
	s.until(method, func() bool { return len(s.service.Host.Calls(method)) >= times })
	calls := s.service.Host.Calls(method)
	return calls[len(calls)-1]
}

func (s *stage) ready() {
	s.t.Helper()
	s.until("the window is connected and filled", func() bool {
		return s.program.state.Connected && s.program.state.Alarms.List.Loaded() && s.program.state.Terms != nil
	})
}

func (s *stage) tap(w fyne.Window, id string) {
	s.t.Helper()
	o := part.Find(w.Content(), id)
	if o == nil {
		s.t.Fatalf("there is no %s", id)
	}
	o.(desktop.Mouseable).MouseDown(&desktop.MouseEvent{})
	test.Tap(o.(fyne.Tappable))
}

func (s *stage) ask(p *hostpb.Prompt) {
	s.t.Helper()
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: p}})
	s.until("the prompt shows", func() bool { return s.program.prompt != nil && s.program.prompt.id == questionID(p) })
}

func (s *stage) look(d time.Duration) {
	for ; d > 0; d -= 100 * time.Millisecond {
		s.now = s.now.Add(100 * time.Millisecond)
		s.program.onTick()
	}
}

func TestAcknowledge(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.tap(s.program.main, "notification.19.acknowledge")
	r := s.called("AcknowledgeNotification", 1).Request.(*hostpb.AcknowledgeNotificationRequest)
	if r.GetId() != 19 {
		t.Errorf("acknowledged %d", r.GetId())
	}
}

// Scenario 25: the code is in the window and comes from the reply alone.
func TestHelpFromAnAlarm(t *testing.T) {
	s := newStage(t, Config{})
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.RequestHelp = func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			return &hostpb.HelpRequested{RequestId: "r1", Code: "K7PX 3MDW", ExpiresUnixMs: sample.In(10 * time.Minute)}, nil
		}
	})
	s.ready()
	s.program.OpenNotification(19)
	s.tap(s.program.main, "notification.19.help")
	s.tap(s.program.main, "help.called-them")
	s.called("PrepareHelpLogs", 1)
	s.until("no log is to be had", func() bool { return !s.program.state.Help.Logs.Busy })
	s.tap(s.program.main, "help.request")
	r := s.called("RequestHelp", 1).Request.(*hostpb.RequestHelpRequest)
	if r.GetNotificationId() != 19 || !r.GetTechnicianCalled() {
		t.Errorf("asked with %v", r)
	}
	s.until("the code shows", func() bool { return part.Find(s.program.main.Content(), "help.code") != nil })
	s.tap(s.program.main, "help.cancel")
	if r := s.called("CancelHelp", 1).Request.(*hostpb.CancelHelpRequest); r.GetRequestId() != "r1" {
		t.Errorf("cancelled %v", r)
	}
}

func TestSetUp(t *testing.T) {
	s := newStageWith(t, Config{}, sample.Fresh("en").Status)
	s.ready()
	s.until("the set-up shows", func() bool { return part.Find(s.program.main.Content(), "register.accept") != nil })
	test.Tap(part.Find(s.program.main.Content(), "register.it-read").(*part.Check))
	s.tap(s.program.main, "register.accept")
	a := s.called("AcceptTerms", 1).Request.(*hostpb.AcceptTermsRequest)
	if a.GetSha256() != sample.Terms("en").GetSha256() || !a.GetItRequirementsRead() {
		t.Errorf("accepted %v", a)
	}
	s.until("step 2 shows", func() bool { return part.Find(s.program.main.Content(), "register.submit") != nil })
	for id, typed := range map[string]string{"register.email": "m@labor.example", "register.name": "Maria", "register.type": "DxH 900", "register.serial": "BA1"} {
		test.Type(part.Find(s.program.main.Content(), id).(fyne.Focusable), typed)
	}
	s.tap(s.program.main, "register.submit")
	r := s.called("Register", 1).Request.(*hostpb.RegisterRequest)
	if r.GetEmail() != "m@labor.example" || r.GetSerial() != "BA1" {
		t.Errorf("registered %v", r)
	}
}

// A prompt is its own window, above the others, and answers with its nonce.
func TestPromptAnswers(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	question := sample.ViewPrompt()
	s.ask(question)
	if s.native.above == 0 {
		t.Error("the prompt is not kept above")
	}
	w := s.program.prompt.window
	s.tap(w, "prompt.allow")
	s.look(900 * time.Millisecond)
	s.tap(w, "prompt.allow")
	r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest)
	if !r.GetAllow() || r.GetPromptId() != "p1" || string(r.GetNonce()) != string(question.GetNonce()) || r.GetDuration() != hostpb.Duration__DURATION_ONCE {
		t.Errorf("answered %v", r)
	}
	s.until("the prompt closes", func() bool { return s.program.prompt == nil })
	if n := len(s.service.Host.Calls("AnswerPrompt")); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// B7: a run that begins puts the question anew, and it is answered anew.
func TestQuestionPutAnew(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.ask(sample.ViewPrompt())
	s.look(900 * time.Millisecond)
	again := sample.ViewPrompt()
	again.Nonce, again.RunInProgress = []byte{9}, true
	s.ask(again)
	s.tap(s.program.prompt.window, "prompt.allow")
	s.look(900 * time.Millisecond)
	s.tap(s.program.prompt.window, "prompt.allow")
	s.tap(s.program.prompt.window, "prompt.deny")
	r := s.called("AnswerPrompt", 1).Request.(*hostpb.AnswerPromptRequest)
	if r.GetAllow() || string(r.GetNonce()) != "\x09" {
		t.Errorf("answered %v", r)
	}
}

// Scenario 11: out of sight it cannot be allowed, and nothing is remembered.
func TestPromptOutOfSight(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.native.hidden = true
	s.ask(sample.ViewPrompt())
	s.look(2 * time.Second)
	s.tap(s.program.prompt.window, "prompt.allow")
	s.native.hidden = false
	s.look(300 * time.Millisecond)
	s.tap(s.program.prompt.window, "prompt.allow")
	if n := len(s.service.Host.Calls("AnswerPrompt")); n != 0 {
		t.Fatalf("%d answers", n)
	}
	// It goes with the service: nobody could take the answer any more.
	s.service.Stop()
	s.until("the prompt goes with the service", func() bool { return s.program.prompt == nil && !s.program.state.Connected })
	s.service.Run()
	s.until("the service is back", func() bool { return s.program.state.Connected })
}

// B5: the bar holds its stream while the session lasts, the kill key is taken
// for as long, and both end the session.
func TestBarAndKillKey(t *testing.T) {
	s := newStage(t, Config{})
	held := make(chan struct{})
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.HoldSessionBar = func(_ *hostpb.HoldSessionBarRequest, stream hostpb.Host_HoldSessionBarServer) error {
			<-stream.Context().Done()
			close(held)
			return stream.Context().Err()
		}
	})
	s.ready()
	s.service.SetSupport(sample.SessionState())
	if r := s.called("HoldSessionBar", 1).Request.(*hostpb.HoldSessionBarRequest); r.GetSessionId() != "s1" {
		t.Errorf("held %v", r)
	}
	if s.program.bar == nil || s.program.content.Page() != view.Help {
		t.Error("no bar, or not on the help page")
	}
	s.tap(s.program.bar.window, "bar.control.revoke")
	if r := s.called("RevokeCapability", 1).Request.(*hostpb.RevokeCapabilityRequest); r.GetCapability() != hostpb.Capability_CAPABILITY_CONTROL {
		t.Errorf("revoked %v", r)
	}
	s.mu.Lock()
	press := s.pressed
	s.mu.Unlock()
	press()
	if len(s.service.Host.Calls("EndSession")) != 1 {
		t.Error("the kill key waits for the windows")
	}
	if r := s.called("EndSession", 1).Request.(*hostpb.EndSessionRequest); r.GetHow() != "kill-key" {
		t.Errorf("ended %v", r)
	}
	s.tap(s.program.bar.window, "bar.end")
	if r := s.called("EndSession", 2).Request.(*hostpb.EndSessionRequest); r.GetHow() != "button" {
		t.Errorf("ended %v", r)
	}
	s.service.SetSupport(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "technician"})
	s.until("the bar goes", func() bool { return s.program.bar == nil })
	s.until("the stream is let go", func() bool {
		select {
		case <-held:
			return true
		default:
			s.program.onTick()
			return false
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held {
		t.Error("the kill key is kept after the session")
	}
}

// Closing the window in mid-session keeps bar and prompts; the program ends
// with the session.
func TestCloseInMidSession(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.service.SetSupport(sample.SessionState())
	s.until("the bar shows", func() bool { return s.program.bar != nil })
	s.program.closeMain()
	if s.quits != 0 {
		t.Fatal("closing the window ended the program in mid-session")
	}
	s.service.SetSupport(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY})
	s.until("the program ends", func() bool { return s.quits > 0 })
}

func TestCloseWhenIdle(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.program.closeMain()
	if s.quits != 1 {
		t.Errorf("%d quits", s.quits)
	}
}

func TestShowEvent(t *testing.T) {
	s := newStage(t, Config{View: view.About})
	s.ready()
	if s.program.content.Page() != view.About {
		t.Errorf("opened at %s", s.program.content.Page())
	}
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Show{Show: &hostpb.ShowRequest{View: "activity"}}})
	s.called("ListActivity", 1)
	if s.program.content.Page() != view.Activity {
		t.Errorf("at %s", s.program.content.Page())
	}
}

// A call that fails says so in words and can be closed.
func TestFailureIsSaid(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.service.Stop()
	s.tap(s.program.main, "notification.18.acknowledge")
	s.until("the failure shows", func() bool { return part.Find(s.program.main.Content(), "failure.close") != nil })
	s.tap(s.program.main, "failure.close")
	if s.program.state.Failure != "" {
		t.Error("the failure stays")
	}
	s.service.Run()
	s.until("the service is back", func() bool { return s.program.state.Connected })
}

func TestLanguageWhileRunning(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.program.SetLanguage("de")
	if got := part.Find(s.program.main.Content(), "nav.help").(*part.Button).Label(); got != "Hilfe holen" {
		t.Errorf("after the switch: %q", got)
	}
	s.until("the terms in German", func() bool { return s.program.state.Terms.GetTerms() == sample.Terms("de").GetTerms() })
	s.program.SetTheme("dark")
	if !s.program.kit.Palette.Dark {
		t.Error("not dark")
	}
}

func TestConfigCheck(t *testing.T) {
	for _, c := range []Config{{View: "nothing"}, {Theme: "pink"}} {
		if c.Check() == nil {
			t.Errorf("%+v passes", c)
		}
	}
	if err := (Config{View: "help", Theme: "dark"}).Check(); err != nil {
		t.Error(err)
	}
}

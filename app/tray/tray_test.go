package tray_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// desk plays everything around a tray and writes down what it is told.
type desk struct {
	mu      sync.Mutex
	journal []string
	view    tray.View
	windows uint32
	// noWindow: the window program does not start.
	noWindow bool

	clicked, opened chan string
	ended           chan struct{}
	events          chan func()
	onEvent         func(*hostpb.Event)
	onState         func(bool, error)
}

func (d *desk) note(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.journal = append(d.journal, fmt.Sprintf(format, a...))
}

func (d *desk) Update(v tray.View)     { d.mu.Lock(); d.view = v; d.mu.Unlock() }
func (d *desk) Clicked() <-chan string { return d.clicked }
func (d *desk) Opened() <-chan string  { return d.opened }
func (d *desk) Window(view string) error {
	d.note("start %s", view)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.noWindow {
		return errors.New("no window")
	}
	return nil
}
func (d *desk) WindowEnded() <-chan struct{} {
	return d.ended
}
func (d *desk) Desktop(w *hostpb.DesktopWanted) error {
	d.note("helper %s/%d", w.GetSessionId(), w.GetGeneration())
	return nil
}
func (d *desk) StopDesktop() { d.note("stop helper") }

type toasts struct{ *desk }

func (d toasts) Show(_ context.Context, t tray.Toast) error {
	sound := map[tray.Sound]string{tray.SoundNone: " (silent)", tray.SoundLoud: " (loud)"}[t.Sound]
	d.note("toast %s: %s%s", t.ID, t.Title, sound)
	return nil
}
func (d toasts) Close(_ context.Context, id string) { d.note("untoast %s", id) }

type service struct{ *desk }

func (d service) Show(_ context.Context, view string) (uint32, error) {
	d.note("show %s", view)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.windows, nil
}
func (d service) EndSession(context.Context) error { d.note("end session"); return nil }
func (d service) OfferProxy(_ context.Context, r *hostpb.OfferProxyRequest) error {
	d.note("proxy %s", r.GetProxy())
	return nil
}
func (d service) TestAlarm(context.Context) error { d.note("test alarm"); return nil }

// follow plays what events puts in.
func (d *desk) follow(ctx context.Context, onEvent func(*hostpb.Event), onState func(bool, error)) error {
	d.onEvent, d.onState = onEvent, onState
	for {
		select {
		case f := <-d.events:
			f()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// play runs a tray in a bubble of its own time; steps are played one after the
// other, each with everything it causes.
func play(t *testing.T, windows uint32, steps ...any) *desk {
	t.Helper()
	d := &desk{windows: windows, clicked: make(chan string), opened: make(chan string), ended: make(chan struct{}), events: make(chan func())}
	ctx, cancel := context.WithCancel(t.Context())
	noTray := make(chan struct{})
	done := make(chan error)
	tr := tray.New(tray.Config{Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Face: d, Toaster: toasts{d}, Launcher: d, Service: service{d}, Follow: d.follow})
	go func() { done <- tr.Run(ctx, noTray) }()
	for _, step := range steps {
		synctest.Wait()
		switch s := step.(type) {
		case bool:
			d.events <- func() { d.onState(s, nil) }
		case *hostpb.Event:
			d.events <- func() { d.onEvent(s) }
		case string: // a click
			d.clicked <- s
		case time.Duration:
			time.Sleep(s) // the bubble's own time
		case func(*desk, chan struct{}):
			s(d, noTray)
		}
	}
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return d
}

func status(s *hostpb.Status) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_Status{Status: s}}
}

func support(s *hostpb.SupportState) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_Support{Support: s}}
}

func raised(id uint64, s hostpb.Severity, title string, change ...func(*hostpb.Notification)) *hostpb.Event {
	n := &hostpb.Notification{
		Id: id, Severity: s, State: hostpb.AlarmState_ALARM_STATE_RAISED, Count: 1, Texts: []*hostpb.LocalText{{Language: "en", Title: title}}, Alert: hostpb.Alert_ALERT_QUIET}
	for _, c := range change {
		c(n)
	}
	return &hostpb.Event{Seq: id, Body: &hostpb.Event_Notification{Notification: n}}
}

func alert(a hostpb.Alert) func(*hostpb.Notification) {
	return func(n *hostpb.Notification) { n.Alert = a }
}

func group(members uint32) func(*hostpb.Notification) {
	return func(n *hostpb.Notification) { n.Members, n.GroupKind = members, "flood" }
}

func memberOf(id uint64) func(*hostpb.Notification) {
	return func(n *hostpb.Notification) { n.GroupId = id }
}

func state(s hostpb.AlarmState) func(*hostpb.Notification) {
	return func(n *hostpb.Notification) { n.State = s }
}

// settled is long enough after a connection that nothing is gathered any more.
const settled = 2 * time.Second

func acknowledged(id uint64) *hostpb.Event {
	return &hostpb.Event{Seq: id, Body: &hostpb.Event_Notification{Notification: &hostpb.Notification{Id: id, State: hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED}}}
}

func prompt(id string) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: &hostpb.Prompt{Id: id}}}
}

func promptGone(id string) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_PromptGone{PromptGone: &hostpb.PromptGone{Id: id}}}
}

func wanted(session string, generation uint64) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_DesktopWanted{DesktopWanted: &hostpb.DesktopWanted{SessionId: session, Generation: generation, Token: []byte("t")}}}
}

func TestTray(t *testing.T) {
	connected := hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED
	engineer := &hostpb.Engineer{Name: "Anna"}
	session := support(&hostpb.SupportState{Phase: connected, SessionId: "s1", Engineer: engineer})
	over := support(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, EndedCode: "technician"})
	windowEnds := func(d *desk, _ chan struct{}) { d.ended <- struct{}{} }
	high, low := hostpb.Severity_SEVERITY_HIGH, hostpb.Severity_SEVERITY_LOW

	for _, test := range []struct {
		name    string
		windows uint32
		steps   []any
		want    []string
	}{
		{"open asks a window first", 1, []any{true, status(well()), tray.ItemOpen}, []string{"show home"}},
		{"open starts one when there is none", 0, []any{true, status(well()), tray.ItemOpen}, []string{"show home", "start home"}},
		{"open without the service", 0, []any{tray.ItemOpen}, []string{"start home"}},
		{"every item goes to its view", 1, []any{true, status(well()), tray.ItemHelp, tray.ItemUpgrade, tray.ItemActivity, tray.ItemSetUp, tray.ItemAbout},
			[]string{"show help", "show upgrade", "show activity", "show register", "show about"}},
		{"a notification", 1, []any{true, settled, status(well()), raised(1, low, "Disk nearly full"), acknowledged(1)},
			[]string{"toast notification-1: Disk nearly full (silent)", "untoast notification-1"}},
		{"the service decides what is worth a toast", 1, []any{true, settled, raised(1, high, "a", alert(hostpb.Alert_ALERT_NONE)), raised(2, low, "b", alert(hostpb.Alert_ALERT_LOUD)), raised(3, high, "c")},
			[]string{"toast notification-2: b (loud)", "toast notification-3: c (silent)"}},
		{"an older service decides nothing: what is new is shown", 1, []any{true, settled, raised(1, low, "a", alert(hostpb.Alert_ALERT_UNKNOWN)),
			raised(1, low, "a", alert(hostpb.Alert_ALERT_UNKNOWN), func(n *hostpb.Notification) { n.Count = 2 })}, []string{"toast notification-1: a"}},
		{"put away, and over", 1, []any{true, settled, raised(1, low, "a"), raised(1, low, "a", state(hostpb.AlarmState_ALARM_STATE_SHELVED)), raised(2, low, "b"), raised(2, low, "b", state(hostpb.AlarmState_ALARM_STATE_CLEARED))},
			[]string{"toast notification-1: a (silent)", "untoast notification-1", "toast notification-2: b (silent)", "untoast notification-2"}},
		{"a group speaks for its members", 1, []any{true, settled, raised(1, low, "a"), raised(9, high, "12 alarms within a few minutes", group(12), alert(hostpb.Alert_ALERT_LOUD)), raised(1, low, "a", memberOf(9), alert(hostpb.Alert_ALERT_NONE))},
			[]string{"toast notification-1: a (silent)", "toast notification-9: 12 alarms within a few minutes (loud)", "untoast notification-1"}},
		{"a flood becomes one toast that counts", 1, []any{true, settled, raised(1, low, "a"), raised(2, low, "b"), raised(3, high, "c"), raised(4, low, "d"), raised(5, low, "e", alert(hostpb.Alert_ALERT_LOUD)), settled,
			raised(6, low, "f"), raised(7, low, "g"), settled, time.Minute, raised(8, low, "h")},
			[]string{"toast notification-1: a (silent)", "toast notification-2: b (silent)", "toast notification-3: c (silent)", "toast digest: 2 new notifications (loud)",
				"toast digest: 4 new notifications (silent)", "toast notification-8: h (silent)"}},
		// B9: what was missed while the service was away comes as one.
		{"no storm after a reconnect", 1, []any{true, settled, raised(1, low, "a"), false, true, raised(2, low, "b"), raised(3, high, "c"), raised(4, low, "d"), raised(3, high, "c", state(hostpb.AlarmState_ALARM_STATE_CLEARED)), settled},
			[]string{"toast notification-1: a (silent)", "stop helper", "untoast prompt", "untoast notification-3", "toast digest: 2 new notifications (silent)"}},
		{"nothing open any more", 1, []any{true, settled, status(well(open(3, low))), status(well())}, []string{"untoast digest"}},
		{"one that was missed stands alone", 1, []any{true, raised(2, low, "b"), settled}, []string{"toast notification-2: b (silent)"}},
		{"a prompt brings a window", 0, []any{true, status(well()), prompt("p1"), prompt("p1"), promptGone("p1")},
			[]string{"show prompt", "start help", "untoast prompt"}},
		{"a prompt without a window", 0, []any{true, func(d *desk, _ chan struct{}) { d.mu.Lock(); defer d.mu.Unlock(); d.noWindow = true }, prompt("p1"), promptGone("p1")},
			[]string{"show prompt", "start help", "toast prompt: An engineer asks for permission", "untoast prompt"}},
		{"a window that dies under a prompt comes back", 0, []any{true, prompt("p1"), windowEnds, windowEnds, time.Minute, windowEnds, promptGone("p1"), time.Minute, windowEnds},
			[]string{"show prompt", "start help", "toast prompt: An engineer asks for permission", "start help", "start help", "untoast prompt"}},
		{"a session", 1, []any{true, status(well()), session, wanted("s1", 3), over},
			[]string{"show help", "helper s1/3", "stop helper", "toast ended: The session has ended"}},
		{"ended by the technician", 1, []any{true, session, wanted("s1", 1), tray.ItemEndSession},
			[]string{"show help", "helper s1/1", "stop helper", "end session"}},
		// scenario 17, B5: what the service granted dies with it.
		{"the service dies in a session", 1, []any{true, session, wanted("s1", 1), prompt("p"), false},
			[]string{"show help", "helper s1/1", "show prompt", "stop helper", "untoast prompt"}},
		{"an upgrade is offered once", 1, []any{true, status(well(offer)), status(well(offer)), status(well())},
			[]string{"toast upgrade: Version 0.2.0 can be installed", "untoast upgrade"}},
		{"a postponed upgrade is said again", 1, []any{true, status(well(offer)), status(well(offer, later)), status(well(offer))},
			[]string{"toast upgrade: Version 0.2.0 can be installed", "toast upgrade: Version 0.2.0 can be installed"}},
		{"a planned upgrade is not, nor one that was taken back", 1, []any{true, status(well(offer)), status(well(offer, upgrading("planned"))), status(well(offer))},
			[]string{"toast upgrade: Version 0.2.0 can be installed", "untoast upgrade"}},
		{"a mandatory upgrade is announced once", 1, []any{true, status(well()), status(well(offer, upgrading("planned"), unasked)), status(well(offer, upgrading("ready"), unasked)), status(well(offer, upgrading("planned"), unasked))},
			[]string{"toast upgrade: Version 0.2.0 will be installed by itself", "untoast upgrade"}},
		{"an upgrade that works is told", 1, []any{true, status(well(offer, upgrading("installing"))), false, true, status(well(offer, upgrading("watching"))), status(well(offer, upgrading("installed"))), status(well(offer, upgrading("installed")))},
			[]string{"stop helper", "untoast prompt", "untoast upgrade", "toast upgrade: Version 0.2.0 is installed"}},
		{"one that worked before the log-on is not", 1, []any{true, status(well(offer, upgrading("installed")))}, nil},
		{"no tray", 1, []any{true, func(_ *desk, none chan struct{}) { close(none) }},
			[]string{"start notifications", "toast no-tray: This desktop has no place for the icon"}},
		{"a click on a toast", 1, []any{true, func(d *desk, _ chan struct{}) { d.opened <- "upgrade" }}, []string{"show upgrade"}},
		{"a click on a notification's toast", 1, []any{true, func(d *desk, _ chan struct{}) { d.opened <- "notification/17" }}, []string{"show notification/17"}},
		{"test without the service", 1, []any{tray.ItemTest}, []string{"toast test: This is a test"}},
		{"test", 1, []any{true, tray.ItemTest}, []string{"test alarm"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := play(t, test.windows, test.steps...)
				want := append(test.want, "stop helper") // the tray's end takes the helper along
				if !sameInOrder(d.journal, want) {
					t.Errorf("got  %q\nwant %q", d.journal, want)
				}
			})
		})
	}
}

// sameInOrder compares; what the service is asked on the side may come a bit
// earlier or later than what follows it in the same step.
func sameInOrder(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	count := map[string]int{}
	for i := range got {
		count[got[i]]++
		count[want[i]]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// Scenario 15: what others wrote shows as one plain line.
func TestToastTextIsClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := play(t, 1, true, settled, raised(1, hostpb.Severity_SEVERITY_LOW, "Disk\n\u202enearly\u200b\x1b[31m \t full"))
		if got := d.journal[0]; got != "toast notification-1: Disk nearly[31m full (silent)" {
			t.Errorf("%q", got)
		}
	})
}

// When the service is another version and this one is not the current one any
// more, the tray ends for the version that is: not in a session, which would
// end with it.
func TestMakesWayForAnotherVersion(t *testing.T) {
	session := &hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_CONNECTED, SessionId: "s1"}
	for name, tt := range map[string]struct {
		current bool // another version is
		steps   []*hostpb.Event
		want    error
	}{
		"the same version":        {true, []*hostpb.Event{status(&hostpb.Status{Version: "1.0.0"})}, nil},
		"no version yet":          {true, []*hostpb.Event{status(&hostpb.Status{})}, nil},
		"another, and is current": {true, []*hostpb.Event{status(&hostpb.Status{Version: "1.1.0"})}, tray.ErrOutdated},
		"another, by hand":        {false, []*hostpb.Event{status(&hostpb.Status{Version: "1.1.0"})}, nil},
		"in a session":            {true, []*hostpb.Event{status(&hostpb.Status{Version: "1.1.0", Support: session})}, nil},
		"after a session":         {true, []*hostpb.Event{status(&hostpb.Status{Version: "1.1.0", Support: session}), support(&hostpb.SupportState{})}, tray.ErrOutdated},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &desk{clicked: make(chan string), opened: make(chan string), ended: make(chan struct{}), events: make(chan func(), 10)}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				tr := tray.New(tray.Config{
					Text: text.New("en"), Log: slog.New(slog.DiscardHandler), Face: d, Toaster: toasts{d}, Launcher: d, Service: service{d}, Follow: d.follow,
					Version: "1.0.0", Outdated: func() bool { return tt.current },
				})
				done := make(chan error, 1)
				go func() { done <- tr.Run(ctx, nil) }()
				d.events <- func() { d.onState(true, nil) }
				for _, e := range tt.steps {
					d.events <- func() { d.onEvent(e) }
				}
				synctest.Wait()
				cancel()
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
			})
		})
	}
}

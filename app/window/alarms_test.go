package window

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/server"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/view"
)

// alarms plays the service's notifications.
type alarms struct {
	mu  sync.Mutex
	all []*hostpb.Notification // newest first
}

func (a *alarms) change(id uint64, how func(*hostpb.Notification)) *hostpb.Notification {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, n := range a.all {
		if n.GetId() == id {
			n = proto.CloneOf(n)
			how(n)
			a.all[i] = n
			return n
		}
	}
	return nil
}

// withAlarms starts a stage whose service has notifications.
func withAlarms(t *testing.T, c Config, status *hostpb.Status, all []*hostpb.Notification) (*stage, *alarms) {
	s := newStageWith(t, c, status)
	a := &alarms{all: all}
	a.answer(s.service.Host)
	return s, a
}

// answer has a host answer the calls about notifications.
func (a *alarms) answer(host *ipctest.Host) {
	host.Handle(func(h *ipctest.Handlers) {
		h.ListNotifications = func(_ context.Context, r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			return sample.Page(a.all, r), nil
		}
		h.GetNotification = func(_ context.Context, r *hostpb.GetNotificationRequest) (*hostpb.NotificationDetail, error) {
			d := sample.Detail(r.GetId())
			d.Notification = a.change(r.GetId(), func(*hostpb.Notification) {})
			return d, nil
		}
		h.AcknowledgeNotification = func(_ context.Context, r *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error) {
			return a.change(r.GetId(), func(n *hostpb.Notification) {
				n.State, n.AcknowledgedBy = hostpb.AlarmState_ALARM_STATE_ACKNOWLEDGED, r.GetInitials()
			}), nil
		}
		h.ShelveNotification = func(_ context.Context, r *hostpb.ShelveNotificationRequest) (*hostpb.Notification, error) {
			return a.change(r.GetId(), func(n *hostpb.Notification) {
				n.State, n.Shelf = hostpb.AlarmState_ALARM_STATE_SHELVED, &hostpb.Shelf{UntilUnixMs: r.GetUntilUnixMs(), Reason: r.GetReason(), By: r.GetInitials()}
			}), nil
		}
		h.UnshelveNotification = func(_ context.Context, r *hostpb.UnshelveNotificationRequest) (*hostpb.Notification, error) {
			return a.change(r.GetId(), func(n *hostpb.Notification) { n.State, n.Shelf = hostpb.AlarmState_ALARM_STATE_RAISED, nil }), nil
		}
	})
}

// raise adds one, and returns the event that tells of it.
func (a *alarms) raise(n *hostpb.Notification) *hostpb.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append([]*hostpb.Notification{n}, a.all...)
	return &hostpb.Event{Body: &hostpb.Event_Notification{Notification: n}}
}

func (s *stage) sees(id string) {
	s.t.Helper()
	s.until(id+" shows", func() bool { return part.Find(s.program.main.Content(), id) != nil })
}

func (s *stage) gone(id string) {
	s.t.Helper()
	s.until(id+" is gone", func() bool { return part.Find(s.program.main.Content(), id) == nil })
}

// A notification that is raised shows at once; acknowledged, it leaves the open
// list, stands in the list of all, and its history says who did it.
func TestRaisedAcknowledgedHistory(t *testing.T) {
	status := sample.Status()
	status.Identify = "initials"
	s, a := withAlarms(t, Config{}, status, sample.Notifications())
	s.ready()
	s.service.Hub.Publish(a.raise(proto.CloneOf(sample.Everything()[2])))
	s.sees("notification.27")
	// This site wants to know who: the row leads to the page, which asks.
	s.tap(s.program.main, "notification.27.acknowledge")
	s.sees("notification.initials")
	if n := len(s.service.Host.Calls("AcknowledgeNotification")); n != 0 {
		t.Fatalf("%d acknowledged without initials", n)
	}
	s.fill(s.program.main, "notification.initials", "qz")
	s.tap(s.program.main, "notification.act")
	if r := s.called("AcknowledgeNotification", 1).Request.(*hostpb.AcknowledgeNotificationRequest); r.GetId() != 27 || r.GetInitials() != "QZ" {
		t.Errorf("acknowledged %v", r)
	}
	s.gone("notification.act")
	s.called("GetNotification", 2) // its history is got anew
	s.sees("notification.history")
	s.program.BackFromNotification()
	s.gone("notification.27")
	s.program.FilterNotifications(model.Filter{Scope: model.ScopeAll})
	s.sees("notification.27")
	if s.program.LastInitials() != "QZ" {
		t.Error("the initials are not remembered for the next time")
	}
}

// Where the site wants a PIN, it goes into the call it was typed for; what the
// service refuses is said, and leaves the question open.
func TestAcknowledgedWithAPIN(t *testing.T) {
	status := sample.Status()
	status.Identify = "pin"
	s, _ := withAlarms(t, Config{}, status, sample.Notifications())
	s.ready()
	var right atomic.Bool
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		answer := h.AcknowledgeNotification
		h.AcknowledgeNotification = func(ctx context.Context, r *hostpb.AcknowledgeNotificationRequest) (*hostpb.Notification, error) {
			if !right.Load() {
				return nil, server.Fail(codes.FailedPrecondition, "pin-wrong", "no", "")
			}
			return answer(ctx, r)
		}
	})
	s.program.OpenNotification(18)
	s.tap(s.program.main, "notification.18.acknowledge")
	s.fill(s.program.main, "notification.initials", "qz")
	s.fill(s.program.main, "notification.pin", "4939")
	s.tap(s.program.main, "notification.act")
	s.until("the failure shows", func() bool { return s.program.state.Failure == "pin-wrong" })
	if got := part.Find(s.program.main.Content(), "notification.pin").(*part.Entry).Text; got != "" {
		t.Errorf("%q is left in the field", got)
	}
	right.Store(true)
	s.fill(s.program.main, "notification.pin", "4938")
	s.tap(s.program.main, "notification.act")
	if r := s.called("AcknowledgeNotification", 2).Request.(*hostpb.AcknowledgeNotificationRequest); r.GetId() != 18 || r.GetInitials() != "QZ" || r.GetPin() != "4938" {
		t.Errorf("acknowledged %v", r)
	}
	s.gone("notification.act")
}

// B9: put away with a reason and an end, and taken back.
func TestPutAwayAndTakenBack(t *testing.T) {
	s, _ := withAlarms(t, Config{}, sample.Status(), sample.Notifications())
	s.ready()
	s.program.OpenNotification(18)
	s.tap(s.program.main, "notification.18.shelve")
	s.fill(s.program.main, "notification.reason", "The part is ordered")
	test.Tap(part.Find(s.program.main.Content(), "notification.until.shift").(fyne.Tappable))
	s.tap(s.program.main, "notification.act")
	r := s.called("ShelveNotification", 1).Request.(*hostpb.ShelveNotificationRequest)
	if r.GetId() != 18 || r.GetReason() != "The part is ordered" || r.GetUntilUnixMs() != sample.In(8*time.Hour) {
		t.Errorf("put away %v", r)
	}
	s.sees("notification.18.unshelve")
	s.tap(s.program.main, "notification.18.unshelve")
	s.called("UnshelveNotification", 1)
	s.sees("notification.18.shelve")
}

// Seen is what stood before somebody's eyes: in front, on the screen, for two
// seconds.
func TestSeenIsTold(t *testing.T) {
	s, _ := withAlarms(t, Config{}, sample.Status(), sample.Notifications())
	s.ready()
	s.look(3 * time.Second)
	s.native.hidden = true
	s.program.inFront(true)
	s.look(3 * time.Second)
	s.native.hidden, s.locked = false, true
	s.look(3 * time.Second)
	if n := len(s.service.Host.Calls("SeenNotifications")); n != 0 {
		t.Fatal("told as seen although nobody could see them")
	}
	s.locked = false
	s.look(3 * time.Second)
	if r := s.called("SeenNotifications", 1).Request.(*hostpb.SeenNotificationsRequest); len(r.GetIds()) != 2 || r.GetIds()[0] != 18 || r.GetIds()[1] != 19 {
		t.Errorf("seen %v", r)
	}
	s.look(3 * time.Second)
	if n := len(s.service.Host.Calls("SeenNotifications")); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// The filter, the page of one notification and the draft outlive another page,
// another language and a service that was away.
func TestNothingIsLostOnTheWay(t *testing.T) {
	s, a := withAlarms(t, Config{}, sample.Status(), sample.Many(3000))
	s.ready()
	f := model.Filter{Scope: model.ScopeAll, High: true, Text: "code-1"}
	s.program.FilterNotifications(f)
	s.until("the filter's rows", func() bool { return s.program.state.Alarms.List.Loaded() })
	s.program.ShowNotifications(model.PlaceHandover)
	s.sees("handover.note")
	test.Type(part.Find(s.program.main.Content(), "handover.note").(fyne.Focusable), "Lot 2217")
	s.program.Navigate(view.About)
	s.program.SetLanguage("de")
	s.service.Stop()
	s.until("the service is away", func() bool { return !s.program.state.Connected })
	a.mu.Lock()
	a.all = sample.Many(3100)
	a.mu.Unlock()
	s.service.Run()
	s.until("the service is back", func() bool { return s.program.state.Connected })
	s.program.Navigate(view.Notifications)
	if got := s.program.state.Alarms.List.Filter(); got != f {
		t.Errorf("the filter is %+v", got)
	}
	s.program.ShowNotifications(model.PlaceHandover)
	if got := part.Find(s.program.main.Content(), "handover.note").(*part.Area).Text; got != "Lot 2217" {
		t.Errorf("the draft is %q", got)
	}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.WriteHandover = func(context.Context, *hostpb.WriteHandoverRequest) (*hostpb.Handover, error) {
			return nil, server.Fail(codes.Unavailable, "log-not-writable", "no", "")
		}
	})
	s.tap(s.program.main, "handover.save")
	s.until("the failure shows", func() bool { return s.program.state.Failure != "" })
	if s.program.state.Alarms.Handover.Draft != "Lot 2217" {
		t.Error("what could not be saved is lost")
	}
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.WriteHandover = func(_ context.Context, r *hostpb.WriteHandoverRequest) (*hostpb.Handover, error) {
			return &hostpb.Handover{Note: r.GetNote(), By: "MH", UnixMs: sample.Ago(0)}, nil
		}
	})
	s.tap(s.program.main, "handover.save")
	s.until("it is saved", func() bool { return s.program.state.Alarms.Handover.Saved })
	if r := s.called("WriteHandover", 2).Request.(*hostpb.WriteHandoverRequest); r.GetNote() != "Lot 2217" {
		t.Errorf("saved %v", r)
	}
}

// A note that was not saved is shown once more before the window closes.
func TestCloseWithAnUnsavedNote(t *testing.T) {
	s, _ := withAlarms(t, Config{}, sample.Status(), nil)
	s.ready()
	s.program.WriteDraft("Lot 2217")
	s.program.closeMain()
	s.sees("handover.note")
	if s.quits != 0 {
		t.Fatal("the note is lost")
	}
	s.program.closeMain()
	if s.quits != 1 {
		t.Errorf("%d quits", s.quits)
	}
}

// Far down the list the next pages come by themselves, two hundred at a time.
func TestPagesComeAsOneScrolls(t *testing.T) {
	s, _ := withAlarms(t, Config{}, sample.Status(), sample.Many(3000))
	s.ready()
	s.program.FilterNotifications(model.Filter{Scope: model.ScopeAll})
	s.until("the first page", func() bool { return s.program.state.Alarms.List.Loaded() })
	list := part.Find(s.program.main.Content(), "notifications.list").(*part.List)
	s.until("the last row", func() bool {
		list.ScrollBy(20_000)
		_, ok := s.program.state.Alarms.List.Index(1)
		return ok
	})
	if n := s.program.state.Alarms.List.Len(); n != 3000 {
		t.Errorf("%d rows", n)
	}
	for _, c := range s.service.Host.Calls("ListNotifications") {
		if r := c.Request.(*hostpb.ListNotificationsRequest); r.GetLimit() > 200 {
			t.Errorf("asked for %d at once", r.GetLimit())
		}
	}
}

// B8: the log is prepared when the form opens, shown word for word, and goes
// only with its number and the checksum of what was shown.
func TestHelpWithTheLog(t *testing.T) {
	s, _ := withAlarms(t, Config{}, sample.Status(), sample.Notifications())
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.PrepareHelpLogs = func(context.Context, *hostpb.PrepareHelpLogsRequest) (*hostpb.HelpLogs, error) {
			return sample.HelpLogs(), nil
		}
		h.RequestHelp = func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			return nil, server.Fail(codes.NotFound, "logs-expired", "gone", "")
		}
	})
	s.ready()
	s.program.OpenNotification(19)
	s.tap(s.program.main, "notification.19.help")
	if n := len(s.service.Host.Calls("PrepareHelpLogs")); n != 0 {
		t.Fatal("prepared before it is known who called whom")
	}
	s.tap(s.program.main, "help.called-them")
	if r := s.called("PrepareHelpLogs", 1).Request.(*hostpb.PrepareHelpLogsRequest); r.GetNotificationId() != 19 {
		t.Errorf("prepared %v", r)
	}
	s.until("the log is ready", func() bool { return s.program.state.Help.Logs.Ready() })
	s.fill(s.program.main, "help.reason", "It stops")
	s.tap(s.program.main, "help.with-log")
	s.sees("logs.send")
	s.tap(s.program.main, "logs.send")
	r := s.called("RequestHelp", 1).Request.(*hostpb.RequestHelpRequest)
	if r.GetLogsId() != "l1" || r.GetLogsSha256() != sample.HelpLogs().GetSha256() || r.GetReason() != "It stops" || r.GetNotificationId() != 19 || !r.GetTechnicianCalled() {
		t.Errorf("asked with %v", r)
	}
	// It was gone by then: it is prepared, and looked at, anew.
	s.called("PrepareHelpLogs", 2)
	s.until("the log is ready again", func() bool { return s.program.state.Help.Logs.Ready() })
	s.sees("help.reason")
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.RequestHelp = func(context.Context, *hostpb.RequestHelpRequest) (*hostpb.HelpRequested, error) {
			return &hostpb.HelpRequested{RequestId: "r1", Code: "K7PX 3MDW", ExpiresUnixMs: sample.In(10 * time.Minute)}, nil
		}
	})
	s.tap(s.program.main, "help.with-log")
	s.tap(s.program.main, "logs.without")
	if r := s.called("RequestHelp", 2).Request.(*hostpb.RequestHelpRequest); r.GetLogsId() != "" || r.GetLogsSha256() != "" || r.GetReason() != "It stops" {
		t.Errorf("asked with %v", r)
	}
	s.sees("help.code")
}

// A toast's click opens its notification, in windows that are there and in
// those that have to start.
func TestShowOneNotification(t *testing.T) {
	s, _ := withAlarms(t, Config{View: "notification/18"}, sample.Status(), sample.Notifications())
	s.ready()
	s.sees("notification.18.page")
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Show{Show: &hostpb.ShowRequest{View: "notification/19"}}})
	s.sees("notification.19.page")
	s.service.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Show{Show: &hostpb.ShowRequest{View: "notifications"}}})
	s.sees("notifications.list")
	for _, bad := range []string{"notification/", "notification/x", "notification/0", "notification/-1"} {
		if (Config{View: bad}).Check() == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestQuietHoursAndTest(t *testing.T) {
	s, _ := withAlarms(t, Config{View: view.Settings}, sample.Status(), nil)
	s.service.Host.Handle(func(h *ipctest.Handlers) {
		h.SetQuietHours = func(_ context.Context, r *hostpb.SetQuietHoursRequest) (*hostpb.QuietHours, error) {
			return &hostpb.QuietHours{On: r.GetOn(), FromMinute: r.GetFromMinute(), ToMinute: r.GetToMinute()}, nil
		}
	})
	s.ready()
	s.sees("quiet.on")
	test.Tap(part.Find(s.program.main.Content(), "quiet.on").(*part.Check))
	s.tap(s.program.main, "quiet.save")
	if r := s.called("SetQuietHours", 1).Request.(*hostpb.SetQuietHoursRequest); !r.GetOn() || r.GetFromMinute() != 22*60 || r.GetToMinute() != 6*60 {
		t.Errorf("set %v", r)
	}
	s.until("they are shown", func() bool { return s.program.state.Status.GetQuietHours().GetOn() })
	s.tap(s.program.main, "quiet.test")
	s.called("TestAlarm", 1)
	s.until("it says so", func() bool { return s.program.state.Quiet.Tested })
}

// A flood is drawn in far fewer turns than it has events, in their order, and
// a connection that breaks takes its place in it.
func TestInboxKeepsTheOrder(t *testing.T) {
	queue := make(chan func(), 64)
	var did strings.Builder
	drawn := 0
	b := inbox{do: func(f func()) { queue <- f }, draw: func() { drawn++ }}
	const many = 20_000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range many {
			b.put(t.Context(), func() { did.WriteByte(byte('a' + i%26)) })
		}
	}()
	for limit := time.After(20 * time.Second); did.Len() < many; {
		select {
		case f := <-queue:
			f()
		case <-limit:
			t.Fatalf("%d of %d", did.Len(), many)
		}
	}
	<-done
	for i, c := range []byte(did.String()) {
		if c != byte('a'+i%26) {
			t.Fatalf("out of order at %d", i)
		}
	}
	if drawn > many/10 {
		t.Errorf("drawn %d times", drawn)
	}
}

package server_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

func watch(t *testing.T, c grpc.ClientConnInterface, r *hostpb.WatchRequest) grpc.ServerStreamingClient[hostpb.Event] {
	t.Helper()
	s, err := hostpb.NewHostClient(c).Watch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names receives n events and says what they are.
func names(t *testing.T, s grpc.ServerStreamingClient[hostpb.Event], n int) []string {
	t.Helper()
	var out []string
	for range n {
		e, err := s.Recv()
		if err != nil {
			t.Fatalf("after %v: %v", out, err)
		}
		out = append(out, name(e))
	}
	return out
}

func name(e *hostpb.Event) string {
	switch b := e.GetBody().(type) {
	case *hostpb.Event_Reset_:
		return fmt.Sprintf("reset %d", b.Reset_.GetSnapshot().GetLastSeq())
	case *hostpb.Event_Notification:
		return fmt.Sprintf("%d", e.GetSeq())
	case *hostpb.Event_Status:
		return "status " + b.Status.GetCloud()
	case *hostpb.Event_Support:
		return "support " + b.Support.GetRequestId()
	case *hostpb.Event_Upgrade:
		return "upgrade " + b.Upgrade.GetVersion()
	case *hostpb.Event_Prompt:
		return "prompt " + b.Prompt.GetId()
	case *hostpb.Event_PromptGone:
		return "gone " + b.PromptGone.GetId()
	case *hostpb.Event_Show:
		return "show " + b.Show.GetView()
	case *hostpb.Event_DesktopWanted:
		return "desktop " + b.DesktopWanted.GetSessionId()
	case *hostpb.Event_Lagged:
		return fmt.Sprintf("lagged %d", b.Lagged.GetResumeAfter())
	}
	return "?"
}

func expect(t *testing.T, s grpc.ServerStreamingClient[hostpb.Event], want ...string) {
	t.Helper()
	if got := names(t, s, len(want)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("events %q, want %q", got, want)
	}
}

func raise(f *ipctest.Fixture, n int) {
	for range n {
		f.Raise(&hostpb.Notification{Code: "disk-nearly-full"})
	}
}

func prompt(id string) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: &hostpb.Prompt{Id: id}}}
}

func gone(id string) *hostpb.Event {
	return &hostpb.Event{Body: &hostpb.Event_PromptGone{PromptGone: &hostpb.PromptGone{Id: id, Code: "denied"}}}
}

func TestWatchBeginnings(t *testing.T) {
	tests := map[string]struct {
		request *hostpb.WatchRequest
		want    []string
	}{
		"from now":        {&hostpb.WatchRequest{}, []string{"reset 10", "support r1", "prompt p1", "11"}},
		"resume":          {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: 8}, []string{"status cloud", "support r1", "prompt p1", "9", "10", "11"}},
		"resume level":    {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: 10}, []string{"status cloud", "support r1", "prompt p1", "11"}},
		"just kept":       {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: 3}, []string{"status cloud", "support r1", "prompt p1", "4", "5", "6", "7", "8", "9", "10", "11"}},
		"forgotten":       {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: 2}, []string{"reset 10", "support r1", "prompt p1", "11"}},
		"ahead of us":     {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: 11}, []string{"reset 10", "support r1", "prompt p1", "11"}},
		"far ahead of us": {&hostpb.WatchRequest{Epoch: ipctest.Epoch, AfterSeq: ^uint64(0)}, []string{"reset 10", "support r1", "prompt p1", "11"}},
		"another epoch":   {&hostpb.WatchRequest{Epoch: "before the restore", AfterSeq: 9}, []string{"reset 10", "support r1", "prompt p1", "11"}},
	}
	for title, tt := range tests {
		t.Run(title, func(t *testing.T) {
			f := ipctest.Start(t, ipctest.Config{})
			raise(f, 10)
			f.History.Forget(3)
			f.SetStatus(&hostpb.Status{Cloud: "cloud"})
			f.SetSupport(&hostpb.SupportState{RequestId: "r1"})
			f.Hub.Publish(prompt("p0"))
			f.Hub.Publish(gone("p0"))
			f.Hub.Publish(prompt("p1"))
			f.Hub.Publish(gone("p0")) // late, and not the one that shows
			s := watch(t, greeted(t, f, ipctest.Technician("anna"), protocol.Window), tt.request)
			if h, err := s.Header(); err != nil || len(h.Get(protocol.WatchingHeader)) != 1 {
				t.Fatalf("header %v, %v", h, err)
			}
			// Everything but the last one comes before we go on: then the
			// subscriber is surely there.
			expect(t, s, tt.want[:len(tt.want)-1]...)
			raise(f, 1)
			expect(t, s, tt.want[len(tt.want)-1])
		})
	}
}

func TestAudience(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	anna, bea := ipctest.Technician("anna"), ipctest.Technician("bea")
	bea.Session = "2"
	tray := watch(t, greeted(t, f, anna, protocol.Tray), &hostpb.WatchRequest{})
	window := watch(t, greeted(t, f, anna, protocol.Window), &hostpb.WatchRequest{})
	other := watch(t, greeted(t, f, bea, protocol.Tray), &hostpb.WatchRequest{})
	for _, s := range []grpc.ServerStreamingClient[hostpb.Event]{tray, window, other} {
		expect(t, s, "reset 0")
	}
	show := &hostpb.Event{Body: &hostpb.Event_Show{Show: &hostpb.ShowRequest{View: "help"}}}
	desktop := &hostpb.Event{Body: &hostpb.Event_DesktopWanted{DesktopWanted: &hostpb.DesktopWanted{SessionId: "s"}}}
	for what, tt := range map[string]struct {
		reached, want int
	}{
		"windows":            {f.Hub.Publish(show), 1},
		"one account's tray": {f.Hub.PublishTo(server.Target{ID: anna.ID}, desktop), 1},
		"one session's tray": {f.Hub.PublishTo(server.Target{Session: "2"}, prompt("theirs")), 1},
		"nobody":             {f.Hub.PublishTo(server.Target{Session: "3"}, prompt("nobody")), 0},
		"count of trays":     {f.Hub.Count(protocol.Tray), 2},
	} {
		if tt.reached != tt.want {
			t.Errorf("%s: %d, want %d", what, tt.reached, tt.want)
		}
	}
	raise(f, 1)
	expect(t, window, "show help", "1")
	expect(t, tray, "desktop s", "1")
	expect(t, other, "prompt theirs", "1")
}

// Numbers that come late, twice or with gaps change nothing about what a
// subscriber sees: what was committed, in order, once.
func TestPublishingOutOfOrder(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	s := watch(t, greeted(t, f, ipctest.Technician("anna"), protocol.Window), &hostpb.WatchRequest{})
	expect(t, s, "reset 0")
	var committed []*hostpb.Event
	for range 6 {
		committed = append(committed, f.History.Commit(&hostpb.Event{Body: &hostpb.Event_Notification{Notification: &hostpb.Notification{}}}))
	}
	for _, i := range []int{1, 0, 1, 5, 3, 4, 2} {
		f.Hub.Publish(committed[i])
	}
	expect(t, s, "1", "2", "3", "4", "5", "6")
}

func TestPresence(t *testing.T) {
	var mu sync.Mutex
	var told []string
	changed := make(chan struct{}, 16)
	f := ipctest.Start(t, ipctest.Config{Presence: func(p server.Presence) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, fmt.Sprintf("%s %s %v %d", p.Actor.User, p.Program, p.Here, p.Count))
		changed <- struct{}{}
	}})
	anna := ipctest.Technician("anna")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := hostpb.NewHostClient(greeted(t, f, anna, protocol.Tray)).Watch(ctx, &hostpb.WatchRequest{}); err != nil {
		t.Fatal(err)
	}
	<-changed
	second := greeted(t, f, anna, protocol.Tray)
	watch(t, second, &hostpb.WatchRequest{})
	<-changed
	cancel()
	<-changed
	second.Close() // the program dies
	<-changed
	mu.Lock()
	defer mu.Unlock()
	want := "[anna tray true 1 anna tray true 2 anna tray false 1 anna tray false 0]"
	if fmt.Sprint(told) != want {
		t.Errorf("told %v, want %s", told, want)
	}
}

func TestHistoryThatFails(t *testing.T) {
	f := ipctest.Start(t, ipctest.Config{})
	raise(f, 3)
	f.History.Fail(errors.New("disk I/O error"))
	s := watch(t, greeted(t, f, ipctest.Technician("anna"), protocol.Window), &hostpb.WatchRequest{Epoch: ipctest.Epoch})
	if _, err := s.Recv(); client.Code(err) != protocol.CodeUnavailable {
		t.Errorf("%v", err)
	}
}

// scenario 6: 500 clients. One takes no event, one does not even read its
// pipe; the others get everything, and their calls meet their deadlines.
func TestClientsThatNeverRead(t *testing.T) {
	const clients, events = 500, 40
	gone := map[string]chan struct{}{"deaf": make(chan struct{}), "dead": make(chan struct{})}
	f := ipctest.Start(t, ipctest.Config{
		Behind: 16, Write: 200 * time.Millisecond,
		Limits: server.Limits{Connections: clients + 10, Write: 200 * time.Millisecond},
		Presence: func(p server.Presence) {
			if c := gone[p.Actor.User]; c != nil && !p.Here {
				close(c)
			}
		},
	})
	deaf := greeted(t, f, ipctest.Technician("deaf"), protocol.Window)
	deafStream := watch(t, deaf, &hostpb.WatchRequest{})
	expect(t, deafStream, "reset 0")
	dead := open(t, f, ipctest.Technician("dead"), protocol.Calls)
	deadWatch(t, dead)

	var ready, done sync.WaitGroup
	for i := range clients {
		ready.Add(1)
		done.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			first := sync.OnceFunc(ready.Done)
			defer first()
			seq := uint64(0)
			err := client.Follow(ctx, f.Client(ipctest.Technician(fmt.Sprint("user", i)), protocol.Window), func(e *hostpb.Event) {
				first()
				if e.GetNotification() == nil {
					return
				}
				if seq++; e.GetSeq() != seq {
					t.Errorf("client %d: event %d, want %d", i, e.GetSeq(), seq)
				}
				if seq == events {
					cancel()
				}
			}, nil)
			if seq != events {
				t.Errorf("client %d: %d of %d events, %v", i, seq, events, err)
			}
		})
	}
	ready.Wait()
	caller := f.Dial(ipctest.Technician("anna"), protocol.Window)
	big := string(make([]byte, 4<<10)) // so that those who do not read are soon full
	for range events {
		f.Raise(&hostpb.Notification{Subject: big})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if _, err := caller.Host.GetStatus(ctx, &hostpb.GetStatusRequest{}); err != nil {
			t.Errorf("a call of another client: %v", err)
		}
		cancel()
	}
	done.Wait()
	// Those who did not read are disconnected, and hold nothing any more.
	for who, left := range gone {
		select {
		case <-left:
		case <-time.After(30 * time.Second):
			t.Errorf("the client called %s is still there", who)
		}
	}
}

// Who falls behind is told once where it stands, and resumes there.
func TestLagging(t *testing.T) {
	big := string(make([]byte, 16<<10))
	tests := map[string]func(f *ipctest.Fixture){
		"numbered": func(f *ipctest.Fixture) { f.Raise(&hostpb.Notification{Subject: big}) },
		"moments": func(f *ipctest.Fixture) {
			f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Prompt{Prompt: &hostpb.Prompt{Id: "p", Reason: big}}})
		},
	}
	for title, publish := range tests {
		t.Run(title, func(t *testing.T) {
			f := ipctest.Start(t, ipctest.Config{Behind: 4})
			s := watch(t, greeted(t, f, ipctest.Technician("anna"), protocol.Window), &hostpb.WatchRequest{})
			expect(t, s, "reset 0")
			for range 200 { // far more than the stream's window holds
				publish(f)
			}
			last := uint64(0)
			for {
				e, err := s.Recv()
				if err != nil {
					t.Fatalf("after event %d: %v", last, err)
				}
				if l := e.GetLagged(); l != nil {
					if l.GetResumeAfter() != last {
						t.Errorf("told to resume after %d, the last one was %d", l.GetResumeAfter(), last)
					}
					break
				}
				if e.GetSeq() > 0 {
					if last++; e.GetSeq() != last {
						t.Fatalf("event %d, want %d", e.GetSeq(), last)
					}
				}
			}
			if e, err := s.Recv(); err == nil {
				t.Errorf("after lagged came %s", name(e))
			}
		})
	}
}

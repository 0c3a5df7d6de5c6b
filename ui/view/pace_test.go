package view_test

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
	"beckmanconnect/ui/view"
)

// report tells what steps took. A frame of the window has 50 ms (p99).
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))]) / float64(time.Millisecond) }
	b.ReportMetric(at(0.5), "p50-ms/step")
	b.ReportMetric(at(0.99), "p99-ms/step")
	b.ReportMetric(at(1), "max-ms/step")
}

// seeing lets the list of a window fetch what comes into sight, as the program
// does, but without the way over the pipe.
type seeing struct {
	actions
	state *model.State
	ask   func(*hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error)
}

func (s *seeing) SeeNotifications(from, to int) { s.state.Alarms.List.See(from, to) }

func (s *seeing) fetch(b *testing.B) {
	for {
		want, ok := s.state.Alarms.List.Want(sample.Now)
		if !ok {
			return
		}
		got, err := want.Get(s.ask)
		if err != nil {
			b.Fatal(err)
		}
		s.state.Alarms.List.Put(got)
	}
}

// paceWindow is a window over 100,000 notifications.
func paceWindow(b *testing.B) (*view.Window, *seeing, *part.List) {
	b.Helper()
	all := sample.Many(100_000)
	s := sample.State()
	s.Alarms.List.SetFilter(model.Filter{Scope: model.ScopeAll})
	a := &seeing{state: &s, ask: func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
		at := 0
		if r.GetBeforeId() != 0 {
			at = max(len(all)-int(r.GetBeforeId())+1, 0)
		}
		end := min(at+int(r.GetLimit()), len(all))
		return &hostpb.NotificationPage{Notifications: all[at:end], More: end < len(all), Total: 10_000}, nil
	}}
	a.fetch(b)
	v := view.NewWindow(kit(b, "en", theme.Light()), a, view.Choices{Theme: "system", Version: "0.1.0"})
	v.Update(&s, sample.Now)
	open(b, v.Content(), fyne.NewSize(980, 690))
	return v, a, part.Find(v.Content(), "notifications.list").(*part.List)
}

// BenchmarkScroll goes through 100,000 rows from the top to the end, with the
// pages as they come: at every step all rows in sight are others.
func BenchmarkScroll(b *testing.B) {
	for b.Loop() {
		v, a, l := paceWindow(b)
		var took []time.Duration
		for before := float32(-1); l.Offset() != before; {
			before = l.Offset()
			start := time.Now()
			l.ScrollBy(5000)
			v.Update(a.state, sample.Now)
			took = append(took, time.Since(start))
			a.fetch(b) // off the windows' goroutine in the program
		}
		if n := a.state.Alarms.List.Len(); n != 100_000 {
			b.Fatalf("%d rows", n)
		}
		report(b, took)
	}
}

// BenchmarkFlood is 10,000 notifications in 10 s, 20 a turn of the windows'
// goroutine, while somebody scrolls.
func BenchmarkFlood(b *testing.B) {
	for b.Loop() {
		v, a, l := paceWindow(b)
		l.ScrollBy(3000)
		template := sample.Many(1)[0]
		var took []time.Duration
		for turn := range 500 {
			var events []*hostpb.Event
			for i := range 20 {
				n := proto.CloneOf(template)
				n.Id, n.Count = uint64(100_001+turn*20+i), uint32(i)
				events = append(events, &hostpb.Event{Body: &hostpb.Event_Notification{Notification: n}})
			}
			start := time.Now()
			for _, e := range events {
				a.state.Apply(e)
			}
			v.Update(a.state, sample.Now)
			l.ScrollBy(30)
			took = append(took, time.Since(start))
		}
		report(b, took)
	}
}

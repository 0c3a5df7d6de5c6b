package model_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/sample"
)

// wanted is what a list must show: what passes, in its order.
func wanted(all []*hostpb.Notification, f model.Filter) []uint64 {
	byRank := map[int][]uint64{}
	for _, n := range sample.Page(all, request(f)).GetNotifications() {
		rank := 0
		if f.Scope == model.ScopeOpen && f.Group == 0 {
			rank = -int(n.GetSeverity())
		}
		byRank[rank] = append(byRank[rank], n.GetId())
	}
	var out []uint64
	for rank := -4; rank <= 0; rank++ {
		out = append(out, byRank[rank]...)
	}
	return out
}

// request asks for everything a filter lets through, as one page.
func request(f model.Filter) *hostpb.ListNotificationsRequest {
	var s model.State
	s.Alarms.List.SetFilter(f)
	want, _ := s.Alarms.List.Want(sample.Now)
	var r *hostpb.ListNotificationsRequest
	_, _ = want.Get(func(asked *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
		if r == nil {
			r = proto.CloneOf(asked)
			r.Limit = 1 << 30
		}
		return &hostpb.NotificationPage{}, nil
	})
	if f.Scope == model.ScopeOpen && f.Group == 0 {
		return r // the first question counts all severities
	}
	return r
}

func ids(l *model.AlarmList) []uint64 {
	var out []uint64
	for i := range l.Len() {
		if id := l.ID(i); id != 0 {
			out = append(out, id)
		}
	}
	return out
}

var filters = []model.Filter{
	{}, {High: true}, {High: true, Low: true, Text: "CODE-1"}, {Scope: model.ScopeAll}, {Scope: model.ScopeShelved}, {Scope: model.ScopeAll, Source: "probe", Text: "module 3"},
	{Scope: model.ScopeAll, Span: model.SpanToday}, {Scope: model.ScopeAll, Span: model.SpanYesterday}, {Scope: model.ScopeAll, Span: model.SpanWeek, Info: true}, {Text: "none at all"},
}

// Every filter lists what the service says, worst first where it is open, page
// by page, and counts it.
func TestListUnderEveryFilter(t *testing.T) {
	all := sample.Many(5000)
	for _, f := range filters {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			var l model.AlarmList
			l.SetFilter(f)
			pages := 0
			for l.See(l.Len()-5, l.Len()); ; l.See(l.Len()-5, l.Len()) {
				want, ok := l.Want(sample.Now)
				if !ok {
					break
				}
				if _, twice := l.Want(sample.Now); twice {
					t.Fatal("two pages at once")
				}
				got, err := want.Get(func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
					if r.GetLimit() > 200 {
						t.Errorf("asked for %d", r.GetLimit())
					}
					return sample.Page(all, r), nil
				})
				if err != nil {
					t.Fatal(err)
				}
				l.Put(got)
				pages++
			}
			want := wanted(all, f)
			if got := ids(&l); !slices.Equal(got, want) {
				t.Fatalf("%d rows, want %d", len(got), len(want))
			}
			if n, capped := l.Total(); n != len(want) || capped {
				t.Errorf("counted %d, want %d", n, len(want))
			}
			for i, id := range want {
				if at, ok := l.Index(id); !ok || at != i {
					t.Fatalf("%d stands at %d", id, at)
				}
			}
		})
	}
}

// Whatever happens in whatever order (pages, events before, during and after
// them, scrolling far enough to forget), the list shows what the service would
// give for what has been fetched.
func TestListStaysTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := sample.Many(rapid.IntRange(0, 450).Draw(t, "n"))
		for i, n := range all {
			all[i] = proto.CloneOf(n)
		}
		f := rapid.SampledFrom(filters).Draw(t, "filter")
		var l model.AlarmList
		l.SetFilter(f)
		ask := func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
			return sample.Page(all, r), nil
		}
		change := func(t *rapid.T) {
			n := &hostpb.Notification{}
			if i := rapid.IntRange(-1, len(all)-1).Draw(t, "which"); i >= 0 {
				n = proto.CloneOf(all[i])
				all[i] = n
			} else {
				n = proto.CloneOf(sample.Many(1)[0])
				n.Id = uint64(len(all) + 1)
				all = append([]*hostpb.Notification{n}, all...)
			}
			n.State = hostpb.AlarmState(rapid.IntRange(1, 4).Draw(t, "state"))
			n.Severity = hostpb.Severity(rapid.IntRange(1, 4).Draw(t, "severity"))
			n.Count++
			l.Apply(n)
		}
		t.Repeat(map[string]func(*rapid.T){
			"event": change,
			"page": func(t *rapid.T) {
				want, ok := l.Want(sample.Now)
				if !ok {
					return
				}
				got, _ := want.Get(ask)
				for range rapid.IntRange(0, 3).Draw(t, "meanwhile") {
					change(t)
				}
				l.Put(got)
			},
			"scroll": func(t *rapid.T) {
				from := rapid.IntRange(0, l.Len()).Draw(t, "from")
				l.See(from, min(from+7, l.Len()))
			},
			"again": func(*rapid.T) { l.Reload() },
			"": func(t *rapid.T) {
				want, got := wanted(all, f), ids(&l)
				if !l.Loaded() {
					return
				}
				if len(got) < l.Len() { // more follows
					want = want[:min(len(got), len(want))]
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows %v, want %d %v", len(got), got, len(want), want)
				}
				for i := range got {
					if n := l.At(i); n != nil && !proto.Equal(n, find(all, got[i])) {
						t.Fatalf("%d is out of date", got[i])
					}
				}
			},
		})
	})
}

func find(all []*hostpb.Notification, id uint64) *hostpb.Notification {
	for _, n := range all {
		if n.GetId() == id {
			return n
		}
	}
	return nil
}

// A hundred thousand rows are scrolled through with a few thousand held, and
// those that were forgotten come back.
func TestListForgetsWhatIsFar(t *testing.T) {
	all := sample.Many(100_000)
	var l model.AlarmList
	l.SetFilter(model.Filter{Scope: model.ScopeAll})
	// A page by number, so that the test is quick.
	ask := func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
		at := 0
		if r.GetBeforeId() != 0 {
			at = len(all) - int(r.GetBeforeId()) + 1
		}
		end := min(at+int(r.GetLimit()), len(all))
		return &hostpb.NotificationPage{Notifications: all[at:end], More: end < len(all), Total: 10_000}, nil
	}
	load := func() {
		for {
			want, ok := l.Want(sample.Now)
			if !ok {
				return
			}
			got, _ := want.Get(ask)
			l.Put(got)
		}
	}
	for load(); l.Len() > len(ids(&l)); load() {
		l.See(l.Len()-7, l.Len())
	}
	if l.Len() != 100_000 {
		t.Fatalf("%d rows", l.Len())
	}
	if n, capped := l.Total(); n != 100_000 || capped {
		t.Errorf("counted %d", n)
	}
	held := func() (n int) {
		for i := range l.Len() {
			if l.At(i) != nil {
				n++
			}
		}
		return n
	}
	if n := held(); n > 5000 {
		t.Errorf("%d are held", n)
	}
	l.See(40, 47)
	if l.At(43) != nil {
		t.Fatal("nothing was forgotten: the test proves nothing")
	}
	load()
	for i := 40; i < 47; i++ {
		if l.At(i).GetId() != uint64(100_000-i) {
			t.Errorf("row %d is %v", i, l.At(i))
		}
	}
}

// A page that cannot be fetched is not asked for in a loop.
func TestListWaitsAfterAFault(t *testing.T) {
	var l model.AlarmList
	want, _ := l.Want(sample.Now)
	l.Failed(want)
	if _, ok := l.Want(sample.Now); ok || !l.Faulty() {
		t.Fatal("asked for again at once")
	}
	l.Retry()
	if again, ok := l.Want(sample.Now); !ok || again != want {
		t.Error("not asked for again")
	}
	// What comes for another filter is nobody's.
	l.SetFilter(model.Filter{High: true})
	got, _ := want.Get(func(r *hostpb.ListNotificationsRequest) (*hostpb.NotificationPage, error) {
		return sample.Page(sample.Everything(), r), nil
	})
	l.Put(got)
	if l.Loaded() || l.Len() != 0 {
		t.Error("a page of another filter was taken")
	}
}

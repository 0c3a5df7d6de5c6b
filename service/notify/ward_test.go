package notify

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/store"
)

// ward is Alarms with a clock in the test's hand.
type ward struct {
	*Alarms
	t    testing.TB
	dir  string
	now  time.Time
	boot time.Duration
	seen uint64 // events taken by told
}

var nurse = Person{Role: "technician", Account: "lab", Initials: "AW"}

func newWard(t testing.TB) *ward {
	w := &ward{t: t, dir: t.TempDir(), now: t0}
	w.open()
	return w
}

func (w *ward) open() {
	w.Alarms = &Alarms{Store: openStore(w.t, w.dir), Now: func() time.Time { return w.now }}
}

// again is a restart of the service.
func (w *ward) again() {
	w.t.Helper()
	if err := w.Store.Close(); err != nil {
		w.t.Fatal(err)
	}
	rules, moment, point, trusted := w.Rules, w.Moment, w.point, w.Trusted
	w.open()
	// The store's clock is not the test's: what the log says of it stands here.
	w.Rules, w.Moment, w.point, w.Trusted = rules, moment, point, trusted
}

// clocks has the alarms look at both clocks.
func (w *ward) clocks() {
	boot := w.Store.Moment().Boot
	w.Moment = func() store.Moment { return store.Moment{Wall: w.now, SinceBoot: w.boot, Boot: boot} }
	w.point = w.Moment()
}

func (w *ward) apply(seen ...Observation) {
	w.t.Helper()
	if err := w.Apply(context.Background(), seen, nil); err != nil {
		w.t.Fatal(err)
	}
}

// pass lets time go by, and has it do its part.
func (w *ward) pass(d time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(d)
	w.boot += d
	for {
		more, err := w.Tick(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// told is what the windows were told since the last call, newest state of each.
func (w *ward) told() []*hostpb.Notification {
	w.t.Helper()
	var list []*hostpb.Notification
	for {
		events, err := w.Store.EventsAfter(context.Background(), w.seen, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range events {
			n := &hostpb.Notification{}
			if err := proto.Unmarshal(e.Payload, n); err != nil {
				w.t.Fatal(err)
			}
			list, w.seen = append(list, n), e.Seq
		}
		if len(events) < 1000 {
			return list
		}
	}
}

// alerts is what somebody who is not looking was told, by code.
func (w *ward) alerts() []string {
	var out []string
	for _, n := range w.told() {
		switch n.GetAlert() {
		case hostpb.Alert_ALERT_LOUD:
			out = append(out, n.GetCode()+" loud")
		case hostpb.Alert_ALERT_QUIET:
			out = append(out, n.GetCode()+" quiet")
		}
	}
	return out
}

func (w *ward) wantAlerts(what string, want ...string) {
	w.t.Helper()
	if got := w.alerts(); !slices.Equal(got, want) {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (w *ward) list(f store.NotificationFilter) []store.Notification {
	w.t.Helper()
	f.Limit = 1000
	page, err := w.Store.ListNotifications(context.Background(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return page.List
}

func (w *ward) get(id uint64) *store.Notification {
	w.t.Helper()
	n, err := w.Store.Notification(context.Background(), id)
	if err != nil || n == nil {
		w.t.Fatalf("%d: %v %v", id, n, err)
	}
	return n
}

func alarmOf(code string, severity store.Severity) Observation {
	return Observation{Code: code, Severity: severity, Source: SourceLog, Ends: true, Verified: true, Texts: []store.Text{{Language: "en", Title: "Title of " + code}, {Language: "de", Title: "Titel von " + code}}}
}

func overOf(o Observation) Observation {
	o.Clear = true
	return o
}

func flood(n int, severity store.Severity) (list []Observation) {
	for i := range n {
		list = append(list, alarmOf(fmt.Sprintf("flood-%d", i), severity))
	}
	return list
}

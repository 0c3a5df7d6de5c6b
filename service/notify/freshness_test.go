package notify

import (
	"context"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// A source that is silent for its own limit is an alarm, and the alarm ends
// when it is back; the service may start anew in between.
func TestAStaleSource(t *testing.T) {
	w := newWard(t)
	clock := t0
	fresh := func() *Freshness {
		f := &Freshness{Alarms: w.Alarms, Now: func() time.Time { return clock }}
		f.Expect("machine", time.Minute)
		f.Expect("instrument-log", 5*time.Minute)
		return f
	}
	f := fresh()
	open := func() (subjects []string) {
		for _, n := range w.list(store.NotificationFilter{OpenOnly: true, Text: CodeStale}) {
			subjects = append(subjects, n.Subject)
		}
		return subjects
	}
	look := func(want time.Duration, stale ...string) {
		t.Helper()
		next, err := f.Look(t.Context())
		if err != nil || (want == 0) != next.IsZero() || (want != 0 && !next.Equal(t0.Add(want))) {
			t.Errorf("next %v %v, want %v", next, err, want)
		}
		if got := open(); !slices.Equal(got, stale) {
			t.Errorf("stale %q, want %q", got, stale)
		}
	}
	look(time.Minute)
	clock = t0.Add(50 * time.Second)
	f.Beat("machine")
	clock = t0.Add(100 * time.Second)
	look(110 * time.Second)
	clock = t0.Add(110 * time.Second)
	look(5*time.Minute, "machine")
	w.wantAlerts("silent", "source-stale loud")
	look(5*time.Minute, "machine")
	w.wantAlerts("told once")
	clock = t0.Add(5 * time.Minute)
	look(0, "instrument-log", "machine")
	f.Beat("instrument-log")
	look(10*time.Minute, "machine")

	w.again() // the service starts anew: what is open is known to the store only
	f = fresh()
	look(6*time.Minute, "machine")
	f.Beat("machine")
	look(6 * time.Minute)

	clock = t0.Add(6 * time.Minute)
	look(10*time.Minute, "machine")
	f.Forget("machine") // switched off: it is nobody's alarm any more
	look(10 * time.Minute)
	f.Beat("machine")
	look(10 * time.Minute)
}

// The alarms' and the sources' watches do their part without being asked, and
// end with their context.
func TestTheWatchesRun(t *testing.T) {
	a := newAlarms(t)
	var clock atomic.Int64
	f := &Freshness{Alarms: a, Now: func() time.Time { return t0.Add(time.Duration(clock.Load())) }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	report := func(state, detail string) {
		if state != supervise.OK {
			t.Errorf("%s %s", state, detail)
		}
	}
	changed := make(chan string, 100)
	defer a.Store.Subscribe(func(store.Event) { changed <- "" })()
	go func() { ended <- a.Run(ctx, report) }()
	go func() { ended <- f.Run(ctx, report) }()
	f.Expect("machine", 30*time.Millisecond)
	clock.Store(int64(31 * time.Millisecond))
	<-changed // stale
	f.Beat("machine")
	<-changed // back
	o := raise("soon")
	o.Ends, o.Until = true, time.Now().Add(50*time.Millisecond)
	if err := a.Apply(ctx, []Observation{o}, nil); err != nil {
		t.Fatal(err)
	}
	for {
		<-changed
		page, err := a.Store.ListNotifications(ctx, store.NotificationFilter{Text: "soon", States: []store.State{store.Cleared}})
		if err != nil {
			t.Fatal(err)
		}
		if page.Total == 1 {
			break
		}
	}
	cancel()
	for range 2 {
		if err := <-ended; err != context.Canceled {
			t.Error(err)
		}
	}
}

// With nothing to do Run does nothing: its own commits do not wake it.
func TestRunIsIdle(t *testing.T) {
	a := newAlarms(t)
	var looks atomic.Int64
	a.Now = func() time.Time { looks.Add(1); return t0 }
	if err := a.Apply(t.Context(), []Observation{raise("c")}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, func(string, string) {}) }()
	asleep := func() {
		for a.sleeps.Load() == 0 {
			runtime.Gosched()
		}
	}
	asleep()
	before := looks.Load()
	for range 20 { // a spinning Run would get its turn between these
		if err := a.Store.Probe(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := looks.Load() - before; n > 2 {
		t.Errorf("it looked %d times", n)
	}
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
}

// Nothing due: Run sleeps without a timer, and what is due later does not wake
// it for less (idle cost).
func TestRunSleepsWhileNothingIsDue(t *testing.T) {
	w := newWard(t)
	next := func() time.Duration {
		t.Helper()
		at, err := w.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if at.IsZero() {
			return 0
		}
		return at.Sub(w.now)
	}
	if d := next(); d != 0 {
		t.Errorf("nothing is due: %v", d)
	}
	w.apply(alarmOf("low", store.Low))
	if d := next(); d != 0 {
		t.Errorf("the lower classes are not waited for: %v", d)
	}
	w.apply(alarmOf("medium", store.Medium))
	if d := next(); d != time.Hour {
		t.Errorf("%v", d)
	}
	w.apply(overOf(alarmOf("medium", store.Medium)))
	if d := next(); d != keepCleared {
		t.Errorf("%v", d)
	}
	kick := w.kicked()
	woken := func() bool {
		select {
		case <-kick:
			return true
		default:
			return false
		}
	}
	woken()
	w.sleeps.Store(w.now.Add(time.Hour).UnixMilli())
	w.apply(alarmOf("low-2", store.Low), alarmOf("medium-2", store.Medium))
	if woken() {
		t.Error("woken for what is due when it wakes anyway")
	}
	w.apply(alarmOf("high", store.High))
	if !woken() {
		t.Error("not woken for what is due before")
	}
}

// What was cleared long ago is deleted by time that the vendor signed, never by
// a local clock alone (scenario 51).
func TestDeletingGoesByTrustedTime(t *testing.T) { // scenario 51
	w := newWard(t)
	var trusted time.Time
	w.Trusted = func() time.Time { return trusted }
	w.apply(alarmOf("c", store.Low))
	w.apply(overOf(alarmOf("c", store.Low)))
	rows := func() int { return len(w.list(store.NotificationFilter{})) }
	w.pass(10 * 365 * 24 * time.Hour)
	if rows() != 1 {
		t.Error("deleted without a trusted time")
	}
	trusted = t0.Add(keepCleared)
	w.pass(0)
	if rows() != 1 {
		t.Error("deleted too soon")
	}
	trusted = trusted.Add(time.Hour)
	w.pass(0)
	if rows() != 0 {
		t.Error("not deleted")
	}
}

package eventlog

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
)

// What strangers can cause is kept thirty times a minute for one address and
// six hundred times for all; the rest is counted, and the count is kept.
func TestDamp(t *testing.T) {
	s := openStore(t, SIEM{})
	now := time.Now()
	s.damp.now = func() time.Time { return now }
	refuse := func(address string, n int) {
		t.Helper()
		for range n {
			if err := s.Emit(t.Context(), events.Event{Kind: events.SignInRefused, Severity: events.Warning, Address: netip.MustParseAddr(address)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	refuse("192.0.2.1", 100)
	refuse("2001:db8::1", 20)
	refuse("2001:db8::2", 20) // of the same /64
	list, err := s.Data.EventsAfter(t.Context(), 0, 1000)
	if err != nil || len(list) != 60 {
		t.Fatalf("%d are kept: %v", len(list), err)
	}
	now = now.Add(time.Minute)
	for i := range 40 {
		refuse(fmt.Sprintf("198.51.100.%d", i), 20)
	}
	list, err = s.Data.EventsAfter(t.Context(), 60, 2000)
	if err != nil || len(list) != 601 || list[0].Personal.Fields["more"] != "80" || list[0].Personal.Address != "" {
		t.Errorf("%d are kept, the first %+v: %v", len(list), list[0], err)
	}
	now = now.Add(time.Minute)
	if over := s.damp.due(); over[events.SignInRefused] != 200 {
		t.Errorf("%v were counted", over)
	}
	// What people do is never left out.
	for range 100 {
		if err := s.Emit(t.Context(), events.Event{Kind: events.RecordRead, Severity: events.Notice, Address: netip.MustParseAddr("192.0.2.1")}); err != nil {
			t.Fatal(err)
		}
	}
	if list, err = s.Data.EventsAfter(t.Context(), 661, 2000); err != nil || len(list) != 100 {
		t.Errorf("%d looks are kept: %v", len(list), err)
	}
}

// Many at once: each is on disk when its Emit returns, once, and the log
// verifies.
func TestManyAtOnce(t *testing.T) {
	s := openStore(t, SIEM{})
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			for j := range 10 {
				who := fmt.Sprintf("p%d-%d@v.example", i, j)
				if err := s.Emit(t.Context(), events.Event{Kind: events.SignIn, Severity: events.Info, Actor: who}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if _, err := s.sign(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	list, err := s.Data.EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range list {
		seen[e.Personal.Actor] = true
	}
	r, err := s.Data.VerifyEvents(t.Context())
	if err != nil || len(list) != 200 || len(seen) != 200 || len(r.Faults) > 0 || r.Checkpoints != 1 {
		t.Errorf("%d events of %d people, %+v %v", len(list), len(seen), r, err)
	}
}

// Texts become one inert line each, and no event is larger than its bounds
// (scenario 49).
func TestEventsAreBounded(t *testing.T) {
	fields := map[string]string{}
	for i := range 100 {
		fields[fmt.Sprintf("f%03d\n\u202e", i)] = strings.Repeat("x\n", 10_000)
	}
	d := data.EventFrom(events.Event{Kind: events.SignIn, Severity: 99, Actor: strings.Repeat("a", 1000) + "\x1b[31m", Fields: fields})
	if len(d.Personal.Fields) != 32+1 || d.Personal.Fields["left_out"] != "68" || d.Severity != 5 || len([]rune(d.Personal.Actor)) > 254 {
		t.Errorf("%d fields, %+v", len(d.Personal.Fields), d.Personal.Fields["left_out"])
	}
	for name, value := range d.Personal.Fields {
		if strings.ContainsAny(name+value, "\n\x1b\u202e") || len([]rune(value)) > 500 {
			t.Errorf("%q %q", name, value)
		}
	}
	if err := openStore(t, SIEM{}).Emit(t.Context(), events.Event{Kind: "made.up"}); err == nil {
		t.Error("a kind that is not listed was kept")
	}
}

// Each region's own time, and none that is too short or too long.
func TestRetention(t *testing.T) {
	r := Retention{Regions: map[string]int{"us": 2190}}
	day := 24 * time.Hour
	if r.Of("eu") != DefaultDays*day || r.Of("us") != 2190*day || (Retention{Days: 90}).Of("") != 90*day || r.Check() != nil {
		t.Errorf("%v %v", r.Of("eu"), r.Of("us"))
	}
	for _, bad := range []Retention{{Days: 29}, {Days: -1}, {Days: 40_000}, {Regions: map[string]int{"eu": 0}}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}

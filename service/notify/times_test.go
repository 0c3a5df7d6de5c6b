package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// The end of a weekend is no storm: what comes back at once is one alert, that
// of the worst, and each of the highest class.
func TestManyAtOnceAreToldOnce(t *testing.T) {
	w := newWard(t)
	w.Rules = func() Rules { return Rules{Escalate: map[string]time.Duration{"low": time.Hour}} }
	for i := range 20 {
		o := alarmOf(fmt.Sprintf("n-%d", i), store.Low)
		if i == 7 {
			o.Severity = store.Medium
		}
		if i == 9 {
			o.Severity = store.High
		}
		w.apply(o)
		w.now = w.now.Add(2 * time.Minute)
	}
	w.told()
	w.again()
	w.pass(48 * time.Hour)
	w.wantAlerts("two days later", "n-9 loud", "n-7 loud")
	if n := len(w.list(store.NotificationFilter{States: []store.State{store.Raised}})); n != 20 {
		t.Errorf("%d", n)
	}
}

// Quiet hours: the technician's own are kept; the site's go before them.
func TestQuietHoursOfTechnicianAndSite(t *testing.T) {
	w := newWard(t)
	local := w.now.Local()
	from := local.Hour()*60 + local.Minute()
	q := Quiet{On: true, From: from, To: (from + 60) % (24 * 60)}
	if err := w.SetQuietHours(t.Context(), q, nurse); err != nil {
		t.Fatal(err)
	}
	w.again()
	w.apply(alarmOf("m", store.Medium), alarmOf("h", store.High))
	w.wantAlerts("quiet", "m quiet", "h loud")
	if n, _, err := w.Store.OpenSummary(t.Context()); err != nil || n != 2 {
		t.Errorf("nothing is hidden: %d %v", n, err)
	}
	w.pass(61 * time.Minute)
	w.wantAlerts("the highest class waits less, and it is loud again by now", "h loud", "m loud")
	w.Rules = func() Rules { return Rules{Quiet: &policy.Quiet{From: 0, To: 0}} }
	if got, now, err := w.QuietHours(t.Context()); err != nil || got.On || !got.Site || now {
		t.Errorf("%+v %v %v", got, now, err)
	}
	if err := w.SetQuietHours(t.Context(), q, nurse); err != ErrSiteQuiet {
		t.Error(err)
	}
	w.Rules = nil
	for _, bad := range []Quiet{{On: true, From: -1, To: 5}, {On: true, From: 5, To: 1440}, {On: true, From: 5, To: 5}} {
		if err := w.SetQuietHours(t.Context(), bad, nurse); err != ErrQuietHours {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestTestAlarm(t *testing.T) {
	w := newWard(t)
	for range 2 {
		n, err := w.Test(t.Context(), nurse)
		if err != nil || n.Code != CodeTest || !n.Verified || !strings.Contains(titleIn(n.Texts, "fr"), "test") {
			t.Fatalf("%+v %v", n, err)
		}
		w.wantAlerts("each is told", "test-alarm loud")
		w.now = w.now.Add(10 * time.Second)
	}
	w.pass(testLasts)
	if open := w.list(store.NotificationFilter{OpenOnly: true}); len(open) != 0 {
		t.Errorf("%+v", open)
	}
	kinds := kinds(t, w.Store)
	if want := []string{"tested", "raised", "tested", "cleared", "raised", "cleared"}; !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
}

// A clock that is set brings nothing too soon, and loses nothing (scenario 51).
func TestAClockThatIsSet(t *testing.T) { // scenario 51
	for _, jump := range []time.Duration{10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v restart %v", jump > 0, restart), func(t *testing.T) {
				w := newWard(t)
				w.clocks()
				w.apply(alarmOf("waits", store.Medium), alarmOf("shelved", store.Medium))
				shelved := w.list(store.NotificationFilter{Text: "shelved"})[0].ID
				if _, err := w.Shelve(t.Context(), shelved, w.now.Add(2*time.Hour), "r", nurse); err != nil {
					t.Fatal(err)
				}
				for range 6 { // chatter
					w.apply(alarmOf("chatters", store.Low))
					w.apply(overOf(alarmOf("chatters", store.Low)))
				}
				w.pass(5 * time.Minute)
				w.told()
				w.now = w.now.Add(jump)
				if restart {
					w.again()
				}
				w.pass(0)
				w.wantAlerts("at the jump")
				w.pass(4 * time.Minute)
				if n := w.list(store.NotificationFilter{Text: "chatters", OpenOnly: true}); len(n) != 1 {
					t.Errorf("chatter ended by a jump: %+v", n)
				}
				w.pass(time.Minute)
				if n := w.list(store.NotificationFilter{Text: "chatters", OpenOnly: true}); len(n) != 0 {
					t.Errorf("chatter is calm: %+v", n)
				}
				w.pass(49 * time.Minute)
				w.wantAlerts("before its time")
				w.pass(time.Minute)
				w.wantAlerts("in its time", "waits loud")
				w.pass(59 * time.Minute)
				w.wantAlerts("before the end of the shelf")
				w.pass(time.Minute)
				w.wantAlerts("at its end", "shelved loud")
			})
		}
	}
}

// The last moment of the log is enough to see a jump over a restart.
func TestTheLogKnowsWhenItWas(t *testing.T) { // scenario 51
	a := newAlarms(t)
	a.Moment = a.Store.Moment
	ctx := context.Background()
	if err := a.Apply(ctx, []Observation{raise("c")}, nil); err != nil {
		t.Fatal(err)
	}
	last, err := a.Store.LastMoment(ctx)
	if err != nil || last.Boot != a.Store.Moment().Boot || time.Since(last.Wall) > time.Hour {
		t.Fatalf("%+v %v", last, err)
	}
	fresh := &Alarms{Store: a.Store, Now: time.Now, Moment: func() store.Moment {
		m := a.Store.Moment()
		m.Wall = m.Wall.Add(30 * 24 * time.Hour)
		return m
	}}
	if _, moved, err := fresh.look(ctx); err != nil || moved.Round(time.Minute) != 30*24*time.Hour {
		t.Errorf("%v %v", moved, err)
	}
}

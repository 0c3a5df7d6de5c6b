package notify

import (
	"slices"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

var t0 = time.Date(2026, 3, 2, 22, 0, 0, 0, time.UTC)

// TestLife is B9 as a table: what happens to one notification, minute by
// minute, without clock and disk.
func TestLife(t *testing.T) {
	state := Observation{Code: "c", Severity: store.Medium, Ends: true, Texts: english}
	condition := state
	condition.Condition = true
	high := state
	high.Severity = store.High
	event := Observation{Code: "c", Severity: store.Medium, Texts: english}
	type act func(n *store.Notification, now time.Time) []string
	again := func(o Observation) act {
		return func(n *store.Notification, now time.Time) []string {
			news, worse := again(n, o, now)
			return words(news, "news", worse, "worse")
		}
	}
	over := func(n *store.Notification, now time.Time) []string {
		news, cleared := ended(n, now)
		return words(news, "news", cleared, "cleared")
	}
	ack := func(n *store.Notification, now time.Time) []string {
		return words(acknowledge(n, "AW", now), "acknowledged")
	}
	away := func(d time.Duration) act {
		return func(n *store.Notification, now time.Time) []string {
			return words(shelve(n, store.Shelf{Since: now, Until: now.Add(d)}), "shelved")
		}
	}
	back := func(n *store.Notification, now time.Time) []string { return words(unshelve(n, now), "unshelved") }
	wait := func(n *store.Notification, now time.Time) []string { return overdue(n, escalateAfter, now) }
	chatters := func(n *store.Notification, now time.Time) []string { chatter(n, now); return nil }
	type at struct {
		minute int
		act    act
		want   []string
	}
	for _, row := range []struct {
		name  string
		o     Observation
		acts  []at
		state store.State
		count uint32
		due   int // minute of the next change by time alone; 0: none
	}{
		{"raised", state, nil, store.Raised, 1, 0},
		{"counted in place", state, []at{{1, again(state), []string{"news"}}, {2, again(state), []string{"news"}}}, store.Raised, 3, 0},
		{"a condition that holds is no news", condition, []at{{1, again(condition), nil}}, store.Raised, 1, 0},
		{"cleared", state, []at{{1, over, []string{"news", "cleared"}}}, store.Cleared, 1, 0},
		{"acknowledged once", state, []at{{1, ack, []string{"acknowledged"}}, {2, ack, nil}}, store.Acknowledged, 1, 0},
		{"an event is over a day after it was acknowledged", event, []at{{1, ack, []string{"acknowledged"}}, {24*60 + 1, wait, []string{"cleared"}}}, store.Cleared, 1, 0},
		{"worse than it was", state, []at{{1, ack, []string{"acknowledged"}}, {2, again(high), []string{"news", "worse"}}}, store.Raised, 2, 0},
		{"put away, and worse than it was", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, again(high), []string{"news", "worse"}}}, store.Raised, 2, 0},
		{"not escalated before its time", state, []at{{59, wait, nil}}, store.Raised, 1, 0},
		{"escalated, once", state, []at{{60, wait, []string{"escalated"}}, {200, wait, nil}}, store.Raised, 1, 0},
		{"the highest class sooner", high, []at{{10, wait, []string{"escalated"}}}, store.Raised, 1, 0},
		{"acknowledged in time", state, []at{{59, ack, []string{"acknowledged"}}, {100, wait, nil}}, store.Acknowledged, 1, 0},
		{"put away", state, []at{{1, away(time.Hour), []string{"shelved"}}, {60, wait, nil}}, store.Shelved, 1, 61},
		{"counted while it is put away", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, again(state), []string{"news"}}}, store.Shelved, 2, 61},
		{"comes back by itself", state, []at{{1, away(time.Hour), []string{"shelved"}}, {61, wait, []string{"unshelved"}}}, store.Raised, 1, 0},
		{"and is waited for anew", state, []at{{1, away(time.Hour), []string{"shelved"}}, {61, wait, []string{"unshelved"}}, {120, wait, nil}, {121, wait, []string{"escalated"}}}, store.Raised, 1, 0},
		{"ended while it was put away", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, over, []string{"news"}}, {61, wait, []string{"unshelved", "cleared"}}}, store.Cleared, 1, 0},
		{"ended and came again while it was put away", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, over, []string{"news"}}, {3, again(condition), []string{"news"}}, {61, wait, []string{"unshelved"}}}, store.Raised, 2, 0},
		{"taken back by hand", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, back, []string{"unshelved"}}, {3, back, nil}}, store.Raised, 1, 0},
		{"taken back by hand after it ended", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, over, []string{"news"}}, {3, back, []string{"unshelved"}}}, store.Cleared, 1, 0},
		{"a new end of the shelf", state, []at{{1, away(time.Hour), []string{"shelved"}}, {2, away(2 * time.Hour), []string{"shelved"}}, {61, wait, nil}}, store.Shelved, 1, 122},
		{"chatter is held open", state, []at{{0, chatters, nil}, {1, over, []string{"news"}}, {2, over, nil}, {3, again(state), []string{"news"}}, {12, wait, nil}}, store.Raised, 2, 13},
		{"an end is a turn, too", state, []at{{0, chatters, nil}, {5, over, []string{"news"}}, {10, wait, nil}}, store.Raised, 1, 15},
		{"calm, and it stands", state, []at{{0, chatters, nil}, {10, wait, []string{"calm"}}}, store.Raised, 1, 0},
		{"calm, and it is over", state, []at{{0, chatters, nil}, {1, over, []string{"news"}}, {11, wait, []string{"calm", "cleared"}}}, store.Cleared, 1, 0},
		{"what is over is not touched", state, []at{{1, over, []string{"news", "cleared"}}, {2, away(time.Hour), nil}, {3, back, nil}, {4, ack, nil}, {500, wait, nil}}, store.Cleared, 1, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := begin(row.o, t0)
			for _, a := range row.acts {
				if got := a.act(n, t0.Add(time.Duration(a.minute)*time.Minute)); !slices.Equal(got, a.want) {
					t.Errorf("minute %d: %q, want %q", a.minute, got, a.want)
				}
			}
			schedule(n)
			if n.State != row.state || n.Count != row.count {
				t.Errorf("%s %d, want %s %d", n.State, n.Count, row.state, row.count)
			}
			due := 0
			if !n.Due.IsZero() {
				due = int(n.Due.Sub(t0) / time.Minute)
			}
			if due != row.due {
				t.Errorf("due at minute %d, want %d", due, row.due)
			}
			if waits := !n.Asked.IsZero(); waits != (n.State == store.Raised && n.Escalated.IsZero()) {
				t.Errorf("a person is waited for: %v", waits)
			}
		})
	}
}

// words gives the words whose value before them is true.
func words(pairs ...any) (out []string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].(bool) {
			out = append(out, pairs[i+1].(string))
		}
	}
	return out
}

func TestQuietHours(t *testing.T) {
	night, day := &policy.Quiet{From: 22 * 60, To: 6 * 60}, &policy.Quiet{From: 9 * 60, To: 17 * 60}
	clock := func(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC) }
	for _, row := range []struct {
		name string
		q    *policy.Quiet
		at   time.Time
		want bool
		next time.Time
	}{
		{"none", nil, clock(3, 0), false, time.Time{}},
		{"no length", &policy.Quiet{From: 60, To: 60}, clock(1, 0), false, time.Time{}},
		{"before", night, clock(21, 59), false, clock(22, 0)},
		{"the first minute", night, clock(22, 0), true, clock(30, 0)},
		{"past midnight", night, clock(3, 0), true, clock(6, 0)},
		{"the end is out", night, clock(6, 0), false, clock(22, 0)},
		{"within a day", day, clock(9, 0), true, clock(17, 0)},
		{"after it", day, clock(17, 0), false, clock(24+9, 0)},
	} {
		if got := quietAt(row.q, row.at); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
		if got := quietTurns(row.q, row.at); !got.Equal(row.next) {
			t.Errorf("%s: turns at %v, want %v", row.name, got, row.next)
		}
	}
}

// Quiet hours turn loud into quiet, and never the highest class.
func TestAlerts(t *testing.T) {
	loud, quiet := hostpb.Alert_ALERT_LOUD, hostpb.Alert_ALERT_QUIET
	for _, row := range []struct {
		severity        store.Severity
		escalated, hush bool
		want            hostpb.Alert
	}{
		{store.High, false, false, loud}, {store.High, false, true, loud}, {store.High, true, true, loud},
		{store.Medium, false, false, loud}, {store.Medium, false, true, quiet}, {store.Medium, true, true, quiet},
		{store.Low, false, false, quiet}, {store.Low, true, false, loud}, {store.Info, false, false, quiet},
	} {
		if got := alertOf(row.severity, row.escalated, row.hush); got != row.want {
			t.Errorf("%+v: %v", row, got)
		}
	}
}

func TestWaits(t *testing.T) {
	for _, row := range []struct {
		name string
		r    Rules
		want store.Waits
	}{
		{"as installed", Rules{}, store.Waits{store.High: 10 * time.Minute, store.Medium: time.Hour}},
		{"the site's", Rules{Escalate: map[string]time.Duration{"high": time.Minute, "low": time.Hour, "medium": 0}}, store.Waits{store.High: time.Minute, store.Low: time.Hour}},
	} {
		got := row.r.waits()
		if len(got) != len(row.want) {
			t.Errorf("%s: %v", row.name, got)
		}
		for s, d := range row.want {
			if got[s] != d {
				t.Errorf("%s: %v", row.name, got)
			}
		}
	}
}

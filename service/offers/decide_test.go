package offers

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/notify"
	"beckmanconnect/service/policy"
)

// Whatever was decided, and whatever the clock says: nothing is installed that
// nobody wanted, nothing in a session, nothing outside IT's hours, nothing in a
// run that is known unless it leaves the instrument alone and somebody said now.
func TestNothingIsInstalledAtAWrongTime(t *testing.T) {
	phases := []string{"idle", "checking", "offered", "downloading", "ready", "installing", "restarting", "health-check", "watching", "installed", "failed", "rolled-back"}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(t, "now"), 0).In(vienna)
		moment := func(name string) time.Time {
			if rapid.Bool().Draw(t, name+" is set") {
				return now.Add(time.Duration(rapid.Int64Range(-100, 100).Draw(t, name)) * time.Hour)
			}
			return time.Time{}
		}
		s := &upgradepb.State{
			Phase: rapid.SampledFrom(phases).Draw(t, "phase"), Digest: rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "digest"), Version: "2", RunningVersion: "1",
			Disturbs: rapid.SampledFrom([]string{"", "nothing", "connection", "instrument"}).Draw(t, "disturbs"), Mandatory: rapid.Bool().Draw(t, "vendor"),
		}
		p := plan{
			Digest: rapid.SampledFrom([]string{"", "d1", "d2"}).Draw(t, "planned"), When: rapid.SampledFrom([]string{"", Now, Tonight, Idle}).Draw(t, "when"),
			Since: moment("since"), RunConfirmed: rapid.Bool().Draw(t, "confirmed"), Issued: rapid.Bool().Draw(t, "issued"), Announced: moment("announced"), Failed: moment("failed"),
		}
		f := Facts{Session: rapid.Bool().Draw(t, "session"), Run: rapid.SampledFrom([]notify.Run{notify.RunIdle, notify.RunRunning, notify.RunUnknown}).Draw(t, "run")}
		f.Policy.Mandatory = rapid.Bool().Draw(t, "site")
		if rapid.Bool().Draw(t, "hours") {
			f.Policy.Hours = []policy.Hours{{Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), AnyDay: rapid.Bool().Draw(t, "any day"), From: rapid.IntRange(0, 719).Draw(t, "from"), To: rapid.IntRange(720, 1440).Draw(t, "to")}}
		}
		d := decide(s, p, f, now)
		wanted := p.Digest == s.Digest && p.When != ""
		unasked := s.Mandatory && f.Policy.Mandatory
		if d.act != "" && (s.Digest == "" || !wanted && !unasked) {
			t.Fatalf("%s, and nobody wanted it", d.act)
		}
		if f.Session && (d.act != "" || d.hold != heldSession) {
			t.Fatalf("%q held %q in a session", d.act, d.hold)
		}
		if d.act != actInstall {
			return
		}
		if !policy.Within(f.Policy.Hours, now) {
			t.Fatal("outside IT's hours")
		}
		quiet := s.Disturbs != "instrument"
		now_ := wanted && p.When == Now
		switch f.Run {
		case notify.RunRunning:
			if !now_ || !quiet {
				t.Fatalf("in a run: %+v", p)
			}
		case notify.RunUnknown:
			if !(now_ && (quiet || p.RunConfirmed)) && !(wanted && p.When == Tonight && quiet) {
				t.Fatalf("nobody knows about a run: %+v", p)
			}
		}
		if !wanted && (p.Announced.IsZero() || now.Sub(p.Announced) < announcedFor) {
			t.Fatalf("without a click, and not announced for a day: %+v", p)
		}
		if !d.plan.Issued {
			t.Fatal("it would be asked for again after it failed")
		}
	})
}

// Tonight is kept through the nights in which clocks change.
func TestTonightWhenClocksChange(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int, month time.Month) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, vienna)
	}
	for name, row := range map[string]struct {
		hours      []policy.Hours
		since, due time.Time
	}{
		"put forward in the night":                      {nil, at(28, 14, 0, time.March), at(28, 22, 0, time.March)},
		"the hours begin in the hour that is not there": {[]policy.Hours{{AnyDay: true, From: 150, To: 300}}, at(28, 23, 0, time.March), at(29, 3, 0, time.March)},
		"put back in the night":                         {nil, at(24, 14, 0, time.October), at(24, 22, 0, time.October)},
		"a Saturday of IT's":                            {[]policy.Hours{{Day: time.Saturday, From: 22 * 60, To: 4 * 60}}, at(25, 14, 0, time.October), at(31, 22, 0, time.October)},
	} {
		p := plan{When: Tonight, Since: row.since}
		if _, due := p.begins(row.hours, row.due.Add(-time.Minute)); due {
			t.Errorf("%s: too early", name)
		}
		begins, due := p.begins(row.hours, row.due)
		if !due || !begins.Equal(row.due) {
			t.Errorf("%s: %s %v, want %s", name, begins, due, row.due)
		}
	}
}

package self

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/store"
)

type recorder struct {
	told []string
	fail bool
}

func (r *recorder) Apply(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
	if r.fail {
		return errors.New("the log cannot be written")
	}
	for _, o := range seen {
		switch raised := slices.Contains(r.told, "raised "+o.Code); {
		case o.Source != notify.SourceSelf || !o.Verified:
			r.told = append(r.told, "wrong "+o.Code)
		case !o.Clear:
			r.told = append(r.told, "raised "+o.Code)
		case raised: // an end of what never was is no news
			r.told = append(r.told, "cleared "+o.Code)
		}
	}
	return nil
}

// One cause is one alarm, told only when it has stood for long.
func TestLink(t *testing.T) { // scenario 54
	for name, row := range map[string]struct {
		link    Link
		network bool // this PC has none
		looks   int  // of 30 s, until it is told; 0: never
		code    string
	}{
		"online":         {Link{Registered: true, Online: true}, false, 0, ""},
		"not registered": {Link{}, false, 0, ""},
		"offline":        {Link{Registered: true}, false, 60, Cloud},
		"a portal":       {Link{Registered: true, Portal: true}, false, 10, Portal},
		"inspected":      {Link{Registered: true, Inspected: true}, false, 10, Inspected},
		"the proxy":      {Link{Registered: true, ProxyRefuses: true}, false, 10, Proxy},
		"no network":     {Link{Registered: true}, true, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			to, link := &recorder{}, Link{Registered: true, Online: true}
			s := New(Config{Alarms: to, Link: func() Link { return link }, NetworkDown: func() bool { return row.network }})
			round := func() {
				if err := s.round(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			round()
			link = row.link
			for i := range 200 {
				round()
				if told := len(to.told) > 0; told != (row.looks > 0 && i+1 >= row.looks) {
					t.Fatalf("after %d looks: %q", i+1, to.told)
				}
			}
			link = Link{Registered: true, Online: true}
			round()
			var want []string
			if row.code != "" {
				want = []string{"raised " + row.code, "cleared " + row.code}
			}
			if !slices.Equal(to.told, want) {
				t.Errorf("%q, want %q", to.told, want)
			}
		})
	}
}

// While the log cannot be written nothing can be told; afterwards it is, once,
// and a person ends it.
func TestLogWasNotWritable(t *testing.T) { // scenario 50
	to, writable := &recorder{}, true
	s := New(Config{Alarms: to, Writable: func() bool { return writable }})
	round := func() { _ = s.round(t.Context()) } // a failure is told by the part
	round()
	writable, to.fail = false, true
	round()
	round()
	writable = true
	round() // it fails once more
	to.fail = false
	round()
	round()
	if !slices.Equal(to.told, []string{"raised " + Log}) {
		t.Errorf("%q", to.told)
	}
}

// Each is an alarm of its own once it has stood for a while, and over when it is
// over; while the upgrade service does not answer nothing changes.
func TestUpgrades(t *testing.T) { // scenarios 35, 36
	for name, row := range map[string]struct {
		says  Upgrades
		looks int // of 5 min, until it is told; 0: never
		code  string
	}{
		"well":               {Upgrades{Known: true}, 0, ""},
		"not known":          {Upgrades{CheckError: "metadata-rollback", RolledBack: true}, 0, ""},
		"expired":            {Upgrades{Known: true, CheckError: "metadata-expired"}, 12, UpgradesStale},
		"older":              {Upgrades{Known: true, CheckError: "metadata-rollback"}, 1, UpgradesOlder},
		"not trusted":        {Upgrades{Known: true, CheckError: "not-trusted"}, 1, UpgradesUntrusted},
		"taken back":         {Upgrades{Known: true, RolledBack: true}, 1, UpgradeBack},
		"only not reachable": {Upgrades{Known: true, CheckError: "unreachable"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			to, says := &recorder{}, row.says
			s := New(Config{Alarms: to, Upgrades: func() Upgrades { return says }, Every: 5 * time.Minute})
			round := func() {
				if err := s.round(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 20 {
				round()
				if told := len(to.told) > 0; told != (row.looks > 0 && i+1 >= row.looks) {
					t.Fatalf("after %d looks: %q", i+1, to.told)
				}
			}
			says = Upgrades{}
			round()
			says = Upgrades{Known: true}
			round()
			var want []string
			if row.code != "" {
				want = []string{"raised " + row.code, "cleared " + row.code}
			}
			if !slices.Equal(to.told, want) {
				t.Errorf("%q, want %q", to.told, want)
			}
		})
	}
}

// Others speak for the product, too: their alarms are not ended here.
func TestAlarmsOfOthersStay(t *testing.T) {
	to := &recorder{told: []string{"raised source-stale", "raised " + Cloud}}
	s := New(Config{Alarms: to, Open: func(context.Context, string) ([]steady.Key, error) {
		return []steady.Key{{Code: "source-stale"}, {Code: Cloud}, {Code: Log}}, nil
	}})
	if err := s.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(to.told, "cleared source-stale") || slices.Contains(to.told, "cleared "+Log) || !slices.Contains(to.told, "cleared "+Cloud) {
		t.Errorf("%q", to.told)
	}
}

func TestEveryCodeHasTexts(t *testing.T) {
	for _, code := range []string{Cloud, Portal, Inspected, Proxy, Log, LogShrunk, LogForked, UpgradesStale, UpgradesOlder, UpgradesUntrusted, UpgradeBack} {
		if len(words.Of(code)) != len(words.Languages()) {
			t.Errorf("%s has %d texts", code, len(words.Of(code)))
		}
	}
}

// A log that is not the one that was witnessed is told at once, and is over only
// when the service runs on the right one again.
func TestLogTrouble(t *testing.T) { // scenario 48
	to, trouble := &recorder{}, ""
	s := New(Config{Alarms: to, LogTrouble: func() string { return trouble }})
	for _, trouble = range []string{"", "shrunk", "shrunk", "forked", ""} {
		if err := s.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"raised " + LogShrunk, "cleared " + LogShrunk, "raised " + LogForked, "cleared " + LogForked}
	slices.Sort(want)
	slices.Sort(to.told)
	if !slices.Equal(to.told, want) {
		t.Errorf("%q, want %q", to.told, want)
	}
}

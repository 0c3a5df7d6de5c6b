package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestUpgradeTable(t *testing.T) { // B10
	e := evaluate(site(t, `number=1
[upgrade]
channel="pilot"
mirror="https://Mirror.hospital.example/beckmanconnect/"
hours=["Sat 22:00-04:00","00:00-24:00"]
rate_kbit=2000
every="6h"
mandatory=true
`), "", Facts{})
	u := e.Upgrade()
	want := []Hours{{Day: time.Saturday, From: 22 * 60, To: 4 * 60}, {AnyDay: true, To: 24 * 60}}
	if u.Channel != "pilot" || u.Mirror != "https://mirror.hospital.example/beckmanconnect" || !slices.Equal(u.Hours, want) || u.Rate != 2000 || u.Every != 6*time.Hour || !u.Mandatory {
		t.Errorf("%+v", u)
	}
	line := e.UpgradeLine()
	for _, part := range []string{"pilot", "https://mirror.hospital.example/beckmanconnect", "Sat 22:00-04:00, 00:00-24:00", "2000 kbit/s", "6h", "without a click a day"} {
		if !strings.Contains(line, part) {
			t.Errorf("%q lacks %q", line, part)
		}
	}
	none := evaluate(nil, "", Facts{})
	if u := none.Upgrade(); u.Channel != "" || u.Mirror != "" || u.Hours != nil || u.Mandatory {
		t.Errorf("without a policy: %+v", u)
	}
	if line := none.UpgradeLine(); !strings.Contains(line, "stable") || !strings.Contains(line, "none without a click") {
		t.Errorf("without a policy: %s", line)
	}
}

// While what stands in its place is refused, the last good policy only tightens.
func TestUpgradeOfARefusedPolicy(t *testing.T) { // scenario 28
	s := site(t, "number=1\n[upgrade]\nchannel=\"pilot\"\nmirror=\"https://m.example\"\nhours=[\"22:00-05:00\"]\nrate_kbit=64\nevery=\"1h\"\nmandatory=true\n")
	u := evaluate(s, "the file cannot be read", Facts{}).Upgrade()
	if u.Channel != "" || u.Mirror != "" || u.Mandatory || u.Every != 0 || len(u.Hours) != 1 || u.Rate != 64 {
		t.Errorf("%+v", u)
	}
}

// What is wrong is refused as a whole, and the error says in which line.
func TestUpgradeTableIsExact(t *testing.T) {
	for name, row := range map[string]struct{ line, says string }{
		"channel":           {`channel="beta"`, `"beta" is no channel`},
		"channel, a number": {`channel=1`, `no channel`},
		"http":              {`mirror="http://m.example"`, "not an https address"},
		"no scheme":         {`mirror="m.example"`, "not an https address"},
		"user":              {`mirror="https://u:p@m.example"`, "user or a password"},
		"user alone":        {`mirror="https://u@m.example/x"`, "user or a password"},
		"query":             {`mirror="https://m.example/?a=1"`, "query"},
		"an empty query":    {`mirror="https://m.example/?"`, "query"},
		"fragment":          {`mirror="https://m.example/#x"`, "query and fragment"},
		"no host":           {`mirror="https:///x"`, "no plain host"},
		"odd host":          {`mirror="https://m_.example"`, "no plain host"},
		"zone":              {`mirror="https://[fe80::1%25eth0]/"`, "no plain host"},
		"digits":            {`mirror="https://1.2.3"`, "no plain host"},
		"port 0":            {`mirror="https://m.example:0"`, "no port"},
		"port too large":    {`mirror="https://m.example:65536"`, "no port"},
		"empty port":        {`mirror="https://m.example:"`, "no port"},
		"opaque":            {`mirror="https:m.example"`, "query"},
		"hours, no list":    {`hours="22:00-05:00"`, "must be a list"},
		"hours, none":       {`hours=[]`, "0 spans"},
		"hours, a number":   {`hours=[1]`, "must be a span"},
		"hours, words":      {`hours=["nights"]`, `"nights" must be a span`},
		"hours, no time":    {`hours=["24:00-05:00"]`, "must be a span"},
		"hours, minutes":    {`hours=["22:60-05:00"]`, "must be a span"},
		"hours, a day":      {`hours=["Sam 22:00-05:00"]`, "must be a span"},
		"hours, empty":      {`hours=["05:00-05:00"]`, "whole day"},
		"hours, too many":   {`hours=[` + strings.Repeat(`"05:00-06:00",`, 22) + `]`, "22 spans"},
		"rate":              {`rate_kbit=63`, "64"},
		"rate, text":        {`rate_kbit="2000"`, "whole number"},
		"rate, fraction":    {`rate_kbit=2000.5`, "whole number"},
		"every, short":      {`every="59m"`, "1h to 168h"},
		"every, long":       {`every="169h"`, "1h to 168h"},
		"every, a number":   {`every=6`, "1h to 168h"},
		"mandatory":         {`mandatory="yes"`, "incompatible"},
		"unknown":           {`chanel="pilot"`, "upgrade.chanel is not known"},
		"twice":             {"channel=\"pilot\"\nchannel=\"stable\"", "already"},
	} {
		_, err := decode("number=1\n\n[upgrade]\n# a comment\n"+row.line+"\n", Defaults())
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %q", name, err, row.says)
			continue
		}
		if name != "unknown" && name != "twice" && !strings.Contains(err.Error(), "line 5") {
			t.Errorf("%s: %v names no line", name, err)
		}
	}
}

func TestHours(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	read := func(text string) (h Hours) {
		if err := h.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if h.String() != text {
			t.Errorf("%q is written %q", text, h)
		}
		return h
	}
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04 MST", text, vienna)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, row := range []struct {
		span, at string
		inside   bool
		next     string
	}{
		{"22:00-05:00", "2026-03-17 21:59 CET", false, "2026-03-17 22:00 CET"},
		{"22:00-05:00", "2026-03-17 22:00 CET", true, "2026-03-18 22:00 CET"},
		{"22:00-05:00", "2026-03-18 04:59 CET", true, "2026-03-18 22:00 CET"},
		{"22:00-05:00", "2026-03-18 05:00 CET", false, "2026-03-18 22:00 CET"},
		{"Sat 22:00-04:00", "2026-03-20 23:00 CET", false, "2026-03-21 22:00 CET"}, // a Friday
		{"Sat 22:00-04:00", "2026-03-21 22:00 CET", true, "2026-03-28 22:00 CET"},
		{"Sat 22:00-04:00", "2026-03-22 03:59 CET", true, "2026-03-28 22:00 CET"},
		{"Sat 22:00-04:00", "2026-03-22 04:00 CET", false, "2026-03-28 22:00 CET"},
		{"Sat 08:00-24:00", "2026-03-22 00:00 CET", false, "2026-03-28 08:00 CET"},
		{"00:00-24:00", "2026-03-22 00:00 CET", true, "2026-03-23 00:00 CET"},
		// The clock is put forward at 2:00 on 29 March: 2:30 is not there.
		{"02:30-04:00", "2026-03-29 01:59 CET", false, "2026-03-29 03:00 CEST"},
		{"02:15-02:45", "2026-03-29 01:59 CET", false, "2026-03-30 02:15 CEST"},
		{"22:00-05:00", "2026-03-29 03:00 CEST", true, "2026-03-29 22:00 CEST"},
		// It is put back at 3:00 on 25 October: 2:30 is there twice.
		{"02:30-04:00", "2026-10-25 02:30 CEST", true, ""},
		{"02:30-04:00", "2026-10-25 02:30 CET", true, "2026-10-26 02:30 CET"},
	} {
		h, moment := read(row.span), at(row.at)
		if h.Contains(moment) != row.inside {
			t.Errorf("%s at %s: %v", row.span, row.at, !row.inside)
		}
		if row.next == "" {
			continue
		}
		if next := Next([]Hours{h}, moment); !next.Equal(at(row.next)) {
			t.Errorf("%s after %s: %s, want %s", row.span, row.at, next, row.next)
		}
	}
	if !Within(nil, time.Now()) || !Next(nil, time.Now()).IsZero() {
		t.Error("no spans: any time")
	}
}

// In every place on earth and at every moment, what begins next is inside, lies
// ahead, and is never later than eight days.
func TestNextIsInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		place, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"}).Draw(t, "place"))
		if err != nil {
			t.Fatal(err)
		}
		h := Hours{Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), AnyDay: rapid.Bool().Draw(t, "any"), From: rapid.IntRange(0, dayMinutes-1).Draw(t, "from"), To: rapid.IntRange(0, dayMinutes).Draw(t, "to")}
		if h.From == h.To {
			t.Skip()
		}
		after := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).In(place)
		next := Next([]Hours{h}, after)
		// A week of another weekday, and one more where a clock jumps over the span.
		if !h.Contains(next) || !next.After(after) || next.Sub(after) > 16*24*time.Hour {
			t.Fatalf("%s after %s: %s", h, after, next)
		}
	})
}

// What an upgrade brings counts as authorised only by a policy signed after it
// was first started here.
func TestAuthorisedComesAfter(t *testing.T) { // P25, scenario 40
	p := newPC(t)
	p.put("number=3\ninstrument_class=\"general\"\nauthorise=[\"annotate\"]\n")
	p.start(Defaults(), "1.0.0")
	authorised := func(what string, want bool) {
		t.Helper()
		if got := p.keeper.Current().Authorised("annotate"); got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	authorised("named before the version was here", false)
	p.start(later(), "2.0.0")
	authorised("named too early", false)
	p.put("number=4\ninstrument_class=\"general\"\nauthorise=[\"annotate\"]\n")
	p.reload()
	authorised("signed again", true)
	p.put("number=5\ninstrument_class=\"general\"\n")
	p.reload()
	authorised("no longer named", false)
}

func FuzzUpgradeTable(f *testing.F) {
	f.Add(`channel="pilot"`)
	f.Add(`mirror="https://m.example:443/a/b"`)
	f.Add(`hours=["Sat 22:00-04:00","22:00-05:00"]`)
	f.Add("rate_kbit=2000\nevery=\"6h\"\nmandatory=true")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := decode("number=1\n[upgrade]\n"+text, Defaults())
		if err != nil {
			return
		}
		u := s.Upgrade
		if u.Mirror != "" && (!strings.HasPrefix(u.Mirror, "https://") || strings.ContainsAny(u.Mirror, "@?#")) {
			t.Errorf("mirror %q", u.Mirror)
		}
		if u.Rate != 0 && (u.Rate < minRate || u.Rate > maxRate) || u.Every != 0 && (u.Every < minLook || u.Every > maxLook) || len(u.Hours) > MaxHours {
			t.Errorf("%+v", u)
		}
		for _, h := range u.Hours {
			if h.From == h.To || h.From < 0 || h.From >= dayMinutes || h.To < 0 || h.To > dayMinutes {
				t.Errorf("%+v", h)
			}
		}
		Next(u.Hours, time.Unix(1_700_000_000, 0))
		evaluate(s, "", Facts{}).UpgradeLine()
	})
}

package profile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"beckmanconnect/internal/logtext"
)

func words(found []Found) []string {
	var out []string
	for _, f := range found {
		s := f.Rule.Code + " " + f.Subject
		if f.Over {
			s += " over"
		}
		out = append(out, s)
	}
	return out
}

// The demo's profile: its codes are in the story.
func TestSampleRules(t *testing.T) {
	r := NewReader(shipped(t, "sample"), "instrument.log", nil)
	for _, row := range []struct {
		line string
		want []string
		run  Run
	}{
		{"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe A2 worn, 98 %", []string{"sample-syringe-worn A2"}, ""},
		{"2026-11-24 10:00:00 ERROR SYR-02 Sample syringe worn, Mr Miller", []string{"sample-syringe-worn "}, ""},
		{"INFO SYR-00 Sample syringe A2 replaced", []string{"sample-syringe-worn A2 over"}, ""},
		{"ERROR TMP-11 Incubator temperature 39.1 out of range", []string{"sample-temperature-out-of-range "}, ""},
		{"INFO TMP-10 incubator temperature in range", []string{"sample-temperature-out-of-range  over"}, ""},
		{"RUN 17 STARTED", nil, RunRunning},
		{"RUN 17 FINISHED", nil, RunIdle},
		{"SYSTEM READY", nil, RunIdle},
		{"RUN 17 FINISHED, RUN 18 STARTED", nil, RunRunning},
		{"patient 4711 result 3.2", nil, ""},
	} {
		found, run := r.Read(row.line)
		if !slices.Equal(words(found), row.want) || run != row.run {
			t.Errorf("%q: %q run %q", row.line, words(found), run)
		}
	}
}

const rated = head + `
[[log]]
name = "a.log"
line = '^(?P<time>\S+ \S+) (?P<level>[A-Z]+) (?P<text>.*)$'
starts = '^\d{4}-'
[[log]]
name = "b.log"
[[rule]]
code = "often"
severity = "low"
log = "a.log"
match = 'timeout(?: of (?P<subject>\w+))?'
when = 'level == "ERROR"'
clear = 'answer again'
subjects = ["lis"]
rate = "3 in 10m"
texts = "t"
[[rule]]
code = "hot"
severity = "high"
match = 'temperature (?P<celsius>[\d.,-]+)'
when = 'number(group.celsius) > 39'
clear = 'temperature (?P<celsius>[\d.,-]+)'
clear_when = 'number(group.celsius) <= 38'
texts = "t"
[texts.t]
en = ["A title", "An advice"]
`

// A single harmless line does not warn; the time in the lines counts, not when
// they were read.
func TestRates(t *testing.T) {
	p, err := Parse(rated)
	if err != nil {
		t.Fatal(err)
	}
	line := func(at, level string) string { return "2026-11-24 " + at + " " + level + " timeout" }
	for _, row := range []struct {
		name  string
		lines []string
		want  int
	}{
		{"two", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR")}, 0},
		{"three in time", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR"), line("10:09:59", "ERROR")}, 1},
		{"repeats go on counting", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR"), line("10:02:00", "ERROR"), line("10:03:00", "ERROR")}, 2},
		{"a backlog of a day is no burst", []string{line("10:00:00", "ERROR"), line("12:00:00", "ERROR"), line("14:00:00", "ERROR"), line("16:00:00", "ERROR")}, 0},
		{"only errors", []string{line("10:00:00", "ERROR"), line("10:01:00", "INFO"), line("10:02:00", "WARN"), line("10:03:00", "ERROR")}, 0},
		{"a record is one", []string{line("10:00:00", "ERROR"), "  timeout", "  timeout", "  timeout"}, 0},
		{"over in between", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR"), "2026-11-24 10:02:00 INFO answer again", line("10:03:00", "ERROR")}, 0},
		{"a clock that was set back", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR"), line("02:00:00", "ERROR")}, 0},
		{"another subject", []string{line("10:00:00", "ERROR"), line("10:01:00", "ERROR"), line("10:02:00", "ERROR") + " of lis"}, 0},
	} {
		r := NewReader(p, "a.log", func() time.Time { return time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC) })
		n := 0
		for _, l := range row.lines {
			found, _ := r.Read(l)
			for _, f := range found {
				if !f.Over {
					n++
				}
			}
			// What a reader remembers may be kept and gone on from at any line.
			text, err := json.Marshal(r.State())
			var s State
			if err == nil {
				err = json.Unmarshal(text, &s)
			}
			if err != nil {
				t.Fatal(err)
			}
			r = NewReader(p, "a.log", r.now)
			r.Restore(s)
		}
		if n != row.want {
			t.Errorf("%s: %d, want %d", row.name, n, row.want)
		}
	}
}

// A step that was not committed leaves nothing behind.
func TestRestoredStateIsTheOldOne(t *testing.T) {
	p, err := Parse(rated)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(p, "a.log", nil)
	r.Read("2026-11-24 10:00:00 ERROR timeout")
	before := r.State()
	r.Read("2026-11-24 10:00:01 ERROR timeout")
	r.Read("  timeout")
	r.Restore(before)
	if !reflect.DeepEqual(r.State(), before) || len(before.Times["often\x00"]) != 1 {
		t.Errorf("%+v", r.State())
	}
}

// The beginning of a line that was not whole yet is neither told nor counted a
// second time; what came with the rest is.
func TestTheRestOfALine(t *testing.T) {
	r := NewReader(shipped(t, "sample"), "instrument.log", nil)
	const early, whole = "ERROR SYR-02 Sample syringe A2 worn", "ERROR SYR-02 Sample syringe A2 worn, FATAL"
	if found, _ := r.Read(early); !slices.Equal(words(found), []string{"sample-syringe-worn A2"}) {
		t.Errorf("%q", words(found))
	}
	if found, _ := r.ReadRest(early, whole); !slices.Equal(words(found), []string{"sample-instrument-fault "}) {
		t.Errorf("%q", words(found))
	}
	p, err := Parse(rated)
	if err != nil {
		t.Fatal(err)
	}
	r = NewReader(p, "a.log", nil)
	r.Read("2026-11-24 10:00:00 ERROR timeout")
	r.Read("2026-11-24 10:00:01 ERROR timeout")
	if found, _ := r.ReadRest("2026-11-24 10:00:01 ERROR timeout", "2026-11-24 10:00:01 ERROR timeout at last"); len(found) != 0 {
		t.Errorf("two lines are three: %q", words(found))
	}
}

func TestConditionsOfRules(t *testing.T) {
	p, err := Parse(rated)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(p, "b.log", nil)
	for line, want := range map[string][]string{
		"temperature 39.5": {"hot "}, "temperature 38,5": nil, "temperature 37": {"hot  over"}, "temperature -": nil,
		"timeout": nil, // of the other log
	} {
		if found, _ := r.Read(line); !slices.Equal(words(found), want) {
			t.Errorf("%s: %q, want %q", line, words(found), want)
		}
	}
}

// A line that goes on with a record has the level of its first line, and the
// record is told once.
func TestRecordsOfSeveralLines(t *testing.T) {
	p, err := Parse(strings.Replace(rated, `rate = "3 in 10m"`, "", 1))
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(p, "a.log", nil)
	var got []string
	for i, line := range []string{
		"2026-11-24 10:00:00 ERROR java.io.IOException", "\tat x: timeout", "\tat y: timeout", "2026-11-24 10:00:01 INFO all is well", "\tat z: timeout",
	} {
		found, _ := r.Read(line)
		for _, s := range words(found) {
			got = append(got, fmt.Sprint(i, " ", s))
		}
	}
	if !slices.Equal(got, []string{"1 often "}) {
		t.Errorf("%q", got)
	}
}

func TestTimesOfLines(t *testing.T) {
	near := time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]string{
		"2026-11-24 10:00:00 x":                            "2026-11-24T10:00:00Z",
		"2026-11-24 10:00:00,123 x":                        "2026-11-24T10:00:00.123Z",
		"2026-11-24T10:00:00.5+01:00 x":                    "2026-11-24T09:00:00.5Z",
		"[2026-11-24 10:00:00] x":                          "2026-11-24T10:00:00Z",
		"2026/11/24 10:00:00 x":                            "2026-11-24T10:00:00Z",
		"24.11.2026 10:00:00 x":                            "2026-11-24T10:00:00Z",
		"24.11.2026, 10:00:00 x":                           "2026-11-24T10:00:00Z",
		"[Sat Oct 11 14:32:52.123456 2025] [core:error] x": "2025-10-11T14:32:52.123456Z",
		"<165>1 2025-10-11T22:14:15.003Z host app x":       "2025-10-11T22:14:15.003Z",
		"Dec 31 23:59:59 host x":                           "2025-12-31T23:59:59Z", // of last year
		"Jan  2 03:04:05 host x":                           "2026-01-02T03:04:05Z",
		"10/Oct/2025:13:55:36 -0700 x":                     "2025-10-10T20:55:36Z",
		"2025-03-01 10:00:00, Error                 CBS x": "2025-03-01T10:00:00Z",
		"no time":                             "",
		"patient born 1950-03-02":             "",
		"11/24/2026 10:00:00 AM which is it?": "",
	} {
		at, ok := Log{}.TimeOf(line, near)
		if got := at.UTC().Format(time.RFC3339Nano); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s %v, want %s", line, got, ok, want)
		}
	}
	american := Log{Format: Format{Time: "01/02/2006 03:04:05 PM"}}
	if at, ok := american.TimeOf("11/24/2026 10:00:00 PM which is it?", near); !ok || at.Hour() != 22 || at.Month() != 11 {
		t.Errorf("%v %v", at, ok)
	}
}

func try(t *testing.T, profile, file string) Trial {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := logtext.NewScanner(f, "")
	if err != nil {
		t.Fatal(err)
	}
	trial, err := Try(shipped(t, profile), "", lines)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

// What the generic profile raises of logs in documented forms.
func TestGenericOnPublicForms(t *testing.T) {
	for file, want := range map[string][]string{
		"apache-error.log": {"software-disk-full 5 5"},
		"rfc5424.log":      {"software-device-errors 5 7", "software-out-of-memory 8 8"},
		"logback.log":      {"software-certificate 10 10", "software-connection 8 9", "software-database 14 14"},
		"cbs.log":          {"software-disk-full 4 4"},
		"harmless.log":     nil,
	} {
		var got []string
		for _, r := range try(t, "generic", file).Raised {
			got = append(got, fmt.Sprint(r.Code, " ", r.First, " ", r.Last))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

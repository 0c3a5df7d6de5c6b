package main

import (
	"strings"
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
)

// How the log stands, in words: every trouble says what to do, and ages are
// those of the clock that is asked.
func TestLogStandingInWords(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	unix := func(d time.Duration) int64 { return now.Add(-d).Unix() }
	for name, row := range map[string]struct {
		state *hostpb.LogState
		log   *hostpb.LogDetail
		want  []string
	}{
		"new": {&hostpb.LogState{Entries: 3}, &hostpb.LogDetail{KeysUnix: unix(time.Second)},
			[]string{"witnessed      never: ", "backup         never: make one", "keys           made just now (2026-11-26T11:59:59Z)"}},
		"well": {&hostpb.LogState{Entries: 100, Witnessed: 98, WitnessedUnix: unix(3 * time.Minute)},
			&hostpb.LogDetail{KeysUnix: unix(400 * 24 * time.Hour), KeysRotating: true, BackupUnix: unix(30 * time.Hour), Witnesses: []*hostpb.LogWitness{{Name: "cloud", State: "ok"}, {Name: "it\u202e", State: "unreachable"}}},
			[]string{"witnessed      98 of 100 entries, 3 minutes ago (", "witness        it\\u202e: unreachable", "backup         30 hours ago (", "keys           made 400 days ago (", ", being changed now"}},
		"clock":    {&hostpb.LogState{Entries: 1, Witnessed: 1, WitnessedUnix: unix(-time.Hour)}, &hostpb.LogDetail{}, []string{"in the future (2026-11-26T13:00:00Z): a clock was set", "made at a time that is not known"}},
		"new word": {&hostpb.LogState{Trouble: "melted"}, nil, []string{"LOG TROUBLE    melted: ask the vendor's service"}},
	} {
		var out strings.Builder
		printLogStanding(&out, row.state, row.log, now)
		for _, want := range row.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), "LOG TROUBLE") != (row.state.GetTrouble() != "") {
			t.Errorf("%s: trouble\n%s", name, out.String())
		}
	}
	for code := range logTroubles {
		var out strings.Builder
		printLogStanding(&out, &hostpb.LogState{Trouble: code}, nil, now)
		if !strings.Contains(out.String(), "LOG TROUBLE    "+code+": ") {
			t.Errorf("%s: %s", code, out.String())
		}
	}
}

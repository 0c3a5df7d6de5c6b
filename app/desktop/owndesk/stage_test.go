package owndesk

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Unix(1e9, 0)

// B3: from the wish to the answer, and each way it goes wrong.
func TestStage(t *testing.T) {
	type step struct {
		after time.Duration
		facts Facts
		want  []Act
	}
	at := func(d time.Duration) time.Time { return start.Add(d) }
	leave := []Act{Back, Close}
	open := step{0, Facts{Wanted: "q"}, []Act{Open}}
	shown := step{time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(time.Second)}, []Act{Switch}}
	for name, row := range map[string]struct {
		steps []step
		falls bool // on the shared desktop in the end
	}{
		"nothing asked": {steps: []step{{0, Facts{}, nil}}},
		"answered": {steps: []step{open, shown,
			{2 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(2 * time.Second), Facing: Own}, nil},
			{3 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(2 * time.Second), Facing: Own, Answered: true}, leave},
			{4 * time.Second, Facts{Wanted: "q"}, nil}, // the service's word comes a moment later
			{5 * time.Second, Facts{}, nil}}},
		"taken back before it showed": {steps: []step{open, {time.Second, Facts{}, leave}}},
		"taken back":                  {steps: []step{open, shown, {2 * time.Second, Facts{Ready: "q", Beat: at(time.Second), Facing: Own}, leave}}},
		"put anew": {steps: []step{open, shown,
			{2 * time.Second, Facts{Wanted: "q2", Ready: "q", Beat: at(time.Second), Facing: Own}, leave},
			{3 * time.Second, Facts{Wanted: "q2"}, []Act{Open}}}},
		"another question is on show": {steps: []step{open, {time.Second, Facts{Wanted: "q", Ready: "q0", Beat: at(time.Second)}, nil}}},
		"does not start":              {steps: []step{open, {9 * time.Second, Facts{Wanted: "q"}, nil}, {10 * time.Second, Facts{Wanted: "q"}, leave}}, falls: true},
		"ends at once":                {steps: []step{open, {time.Second, Facts{Wanted: "q", Ended: true}, leave}}, falls: true},
		"ends": {steps: []step{open, shown, {2 * time.Second, Facts{Wanted: "q", Ready: "q", Ended: true, Facing: Own}, leave},
			{2500 * time.Millisecond, Facts{Wanted: "q"}, nil}}, falls: true},
		"stands still": {steps: []step{open, shown,
			{4900 * time.Millisecond, Facts{Wanted: "q", Ready: "q", Beat: at(time.Second), Facing: Own}, nil},
			{5 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(time.Second), Facing: Own}, leave}}, falls: true},
		"UAC in between": {steps: []step{open, shown,
			{2 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(2 * time.Second), Facing: Protected}, nil},
			{9 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(9 * time.Second), Facing: Shared}, []Act{Switch}},
			{9500 * time.Millisecond, Facts{Wanted: "q", Ready: "q", Beat: at(9 * time.Second), Facing: Shared}, nil}}},
		"never shown by the system": {steps: []step{open, shown,
			{2 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(2 * time.Second)}, []Act{Switch}},
			{3 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(3 * time.Second)}, leave}}, falls: true},
		"not shown again": {steps: []step{open, shown,
			{1500 * time.Millisecond, Facts{Wanted: "q", Ready: "q", Beat: at(time.Second), Facing: Own}, nil},
			{2 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(2 * time.Second)}, []Act{Switch}},
			{3 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(3 * time.Second)}, []Act{Switch}},
			{4 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(4 * time.Second)}, []Act{Switch}},
			{5 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(5 * time.Second)}, []Act{Switch}},
			{6 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(6 * time.Second)}, []Act{Switch}},
			{7 * time.Second, Facts{Wanted: "q", Ready: "q", Beat: at(7 * time.Second)}, leave}}, falls: true},
	} {
		s, last := &Stage{}, Facts{}
		var now time.Time
		for i, step := range row.steps {
			now, last = start.Add(step.after), step.facts
			if got := s.Step(now, step.facts); !slices.Equal(got, step.want) {
				t.Fatalf("%s, step %d: %v, want %v", name, i, got, step.want)
			}
		}
		if at, _ := s.Falls(now, last.Wanted); at && now.Sub(s.failedAt) < grace {
			t.Errorf("%s: on the shared desktop at once", name)
		}
		if falls, why := s.Falls(now.Add(grace), last.Wanted); falls != row.falls || falls && why == "" {
			t.Errorf("%s: falls %v %q", name, falls, why)
		}
	}
}

// Whatever happens: the desktop is shown only while a program that has the
// wanted question on it is there; it is left in the step that learns otherwise;
// and a question is never on both desktops.
func TestNobodyIsLeftThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Stage{}
		now, beat := start, start
		opened, switched := false, false
		question := rapid.SampledFrom([]string{"", "a", "b"})
		wanted := ""
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "changes") {
				wanted = question.Draw(t, "wanted")
			}
			if rapid.Bool().Draw(t, "beats") {
				beat = now
			}
			f := Facts{
				Wanted: wanted, Ready: question.Draw(t, "ready"), Beat: beat, Facing: rapid.SampledFrom([]Facing{Shared, Own, Protected}).Draw(t, "facing"),
				Answered: rapid.IntRange(0, 9).Draw(t, "answered") == 0, Ended: rapid.IntRange(0, 9).Draw(t, "ended") == 0,
			}
			acts := s.Step(now, f)
			if opened && rapid.IntRange(0, 19).Draw(t, "fails") == 0 && s.Stands() {
				acts = append(acts, s.Fail(now, "a call failed")...)
			}
			for _, a := range acts {
				switch a {
				case Open:
					if opened {
						t.Fatal("opened twice")
					}
					opened = true
				case Switch:
					if !opened || f.Ended || f.Ready != wanted && !switched {
						t.Fatalf("shown: open %v, %+v", opened, f)
					}
					switched = true
				case Back:
					switched = false
				case Close:
					if switched || !opened {
						t.Fatal("closed while it shows, or not open")
					}
					opened = false
				}
			}
			if switched && (f.Ended || f.Answered || wanted == "" || now.Sub(beat) >= silence && now.Sub(s.switched) >= silence) {
				t.Fatalf("left there: %+v", f)
			}
			if falls, _ := s.Falls(now, wanted); falls && s.Stands() {
				t.Fatal("on both desktops")
			}
			if opened != s.Stands() {
				t.Fatal("what stands is not known")
			}
		}
	})
}

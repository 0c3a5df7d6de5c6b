package steady

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

// recorder takes what is told, or fails.
type recorder struct {
	told []string
	fail bool
}

func (r *recorder) Apply(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
	if r.fail {
		return errors.New("the disk is full")
	}
	for _, o := range seen {
		word := "raised"
		if o.Clear {
			word = "cleared"
		}
		if !o.Condition || !o.Ends {
			word = "wrongly " + word
		}
		r.told = append(r.told, word+" "+o.Code+" "+o.Subject)
	}
	return nil
}

func TestLooksInARow(t *testing.T) {
	for name, row := range map[string]struct {
		looks       string // B bad, G good, - between, ? unknown
		after, calm int
		want        []string
	}{
		"bad from the start":              {"BBB", 1, 2, []string{"raised"}},
		"three in a row":                  {"BBGBBB", 3, 1, []string{"cleared", "raised"}},
		"around the limit":                {"BG-BG-B", 1, 2, []string{"raised"}},
		"calm enough":                     {"BGG", 1, 2, []string{"raised", "cleared"}},
		"unknown changes nothing":         {"B?G?GB", 1, 2, []string{"raised", "cleared", "raised"}},
		"good from the start, told once":  {"GGGG", 1, 2, []string{"cleared"}},
		"between from the start":          {"----", 1, 1, nil},
		"unknown does not break a series": {"B?B?B", 3, 1, []string{"raised"}},
		"between does":                    {"BB-BB", 3, 1, nil},
	} {
		to := &recorder{}
		b := &Board{Source: "machine", Alarms: to}
		for _, l := range row.looks {
			c := Condition{Key: Key{"c", "s"}, Level: map[rune]Level{'B': Bad, 'G': Good, '-': Between, '?': Unknown}[l], After: row.after, Calm: row.calm}
			if err := b.Tell(t.Context(), []Condition{c}, nil); err != nil {
				t.Fatal(err)
			}
		}
		var want []string
		for _, w := range row.want {
			want = append(want, w+" c s")
		}
		if !slices.Equal(to.told, want) {
			t.Errorf("%s: %q, want %q", name, to.told, want)
		}
	}
}

// What could not be committed is told again.
func TestToldAgainAfterAFailure(t *testing.T) { // scenario 50
	to := &recorder{fail: true}
	b := &Board{Alarms: to}
	bad := []Condition{{Key: Key{"c", ""}, Level: Bad}}
	if b.Tell(t.Context(), bad, nil) == nil {
		t.Fatal("no error")
	}
	to.fail = false
	for range 3 {
		if err := b.Tell(t.Context(), bad, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(to.told, []string{"raised c "}) {
		t.Errorf("%q", to.told)
	}
}

// What is no longer looked at ends, also when it was open before a restart.
func TestKeep(t *testing.T) {
	to := &recorder{fail: true}
	b := &Board{Alarms: to, Source: "probe", Open: func(_ context.Context, source string) ([]Key, error) {
		return []Key{{"old", source}, {"kept", ""}}, nil
	}}
	keep := map[Key]bool{{"kept", ""}: true}
	if b.Keep(t.Context(), keep) == nil {
		t.Fatal("no error")
	}
	to.fail = false
	for range 2 {
		if err := b.Keep(t.Context(), keep); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Tell(t.Context(), []Condition{{Key: Key{"gone", "x"}, Level: Bad}, {Key: Key{"kept", ""}, Level: Bad}}, nil); err != nil {
		t.Fatal(err)
	}
	if !b.IsBad(Key{"gone", "x"}) {
		t.Error("it is not bad")
	}
	if err := b.Keep(t.Context(), keep); err != nil {
		t.Fatal(err)
	}
	want := []string{"cleared old probe", "raised gone x", "raised kept ", "cleared gone x"}
	if !slices.Equal(to.told, want) || b.IsBad(Key{"gone", "x"}) {
		t.Errorf("%q, want %q", to.told, want)
	}
}

// However looks and failures fall, raised and cleared are told in turn, and an
// alarm never stands on fewer bad looks than it asks for.
func TestNeverChatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		after, calm := rapid.IntRange(1, 4).Draw(t, "after"), rapid.IntRange(1, 4).Draw(t, "calm")
		to := &recorder{}
		b := &Board{Alarms: to}
		bads, goods := 0, 0
		for i, n := 0, rapid.IntRange(1, 60).Draw(t, "looks"); i < n; i++ {
			level := Level(rapid.IntRange(0, 3).Draw(t, "level"))
			to.fail = rapid.IntRange(0, 4).Draw(t, "fail") == 0
			before := len(to.told)
			_ = b.Tell(context.Background(), []Condition{{Key: Key{"c", ""}, Level: level, After: after, Calm: calm}}, nil)
			switch level {
			case Bad:
				bads, goods = bads+1, 0
			case Good:
				bads, goods = 0, goods+1
			case Between:
				bads, goods = 0, 0
			}
			for _, word := range to.told[before:] {
				if word == "raised c " && bads < after || word == "cleared c " && goods < calm {
					t.Fatalf("%s after %d bad and %d good looks", word, bads, goods)
				}
			}
		}
		for i := 1; i < len(to.told); i++ {
			if to.told[i] == to.told[i-1] {
				t.Fatal(fmt.Sprint(to.told))
			}
		}
	})
}

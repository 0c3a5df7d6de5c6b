package logproof

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// What is written of erased entries is what is read, in as many pieces as it
// takes, and nothing besides.
func TestErasuresRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 200), 1, 60).Draw(t, "entries")
		slices.Sort(list)
		list = slices.Compact(list)
		limit := rapid.IntRange(8, 60).Draw(t, "limit")
		var e Erasures
		for rest := list; len(rest) > 0; {
			text, n := FormatSpans(rest, limit)
			if n == 0 || len(text) > limit {
				t.Fatal(text, n)
			}
			entry := &Entry{Index: 300, Subject: text}
			if len(rest)%2 == 0 {
				entry.Subject = ""
				entry.Fields, _ = EncodeFields(map[string]string{ErasedEntries: text})
			}
			e.Add(entry)
			rest = rest[n:]
		}
		for i := range int64(210) {
			if e.Has(i) != slices.Contains(list, i) {
				t.Fatal(i, list, e.spans)
			}
		}
	})
}

// An erasure speaks of entries before it, and only in the spelling it has.
func TestErasuresAreExact(t *testing.T) {
	var e Erasures
	e.Add(&Entry{Index: 10, Subject: "5-2000"})
	if !e.Has(5) || !e.Has(9) || e.Has(10) || e.Has(4) {
		t.Error(e.spans)
	}
	for _, text := range []string{"", "x", "-1", "1-", "3-2", "2-2", "1,1", "1,2", "05", "+5", "1, 3", "3,1", "1-9,5"} {
		if spans, err := ParseSpans(text); err == nil {
			t.Errorf("%q: %v", text, spans)
		}
	}
}

func FuzzParseSpans(f *testing.F) {
	f.Add("1,3-5")
	f.Fuzz(func(t *testing.T, text string) {
		spans, err := ParseSpans(text)
		if err != nil {
			return
		}
		for i, s := range spans {
			if s.From < 0 || s.To < s.From || i > 0 && s.From <= spans[i-1].To {
				t.Error(text, spans)
			}
		}
	})
}

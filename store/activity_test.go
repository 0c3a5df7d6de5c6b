package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fillActivity appends n entries of a plausible life, with a clock that now and
// then goes back.
func fillActivity(t testing.TB, s *Store, clock *time.Time, r *rand.Rand, n int) {
	t.Helper()
	for n > 0 {
		m := min(n, 1+r.IntN(700))
		n -= m
		update(t, s, func(tx *Tx) error {
			for range m {
				*clock = clock.Add(time.Duration(r.IntN(3000)) * time.Millisecond)
				if r.IntN(500) == 0 {
					*clock = clock.Add(-time.Hour)
				}
				if _, err := tx.Append(someEntry(r)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func someEntry(r *rand.Rand) Entry {
	session := fmt.Sprintf("%08x", r.IntN(400)*7919)
	if r.IntN(6000) == 0 { // in few blocks only, so that the others are skipped
		return Entry{Kind: "network.refused", Actor: "system", Subject: "needle", Fields: map[string]string{"port": "443"}}
	}
	switch r.IntN(40) {
	case 0, 1, 2, 3, 4, 5, 6:
		return Entry{Kind: "session.granted", Actor: "technician", Subject: session, Fields: map[string]string{"capability": []string{"view", "control"}[r.IntN(2)], "minutes": "15"},
			Personal: map[string]string{"technician": "Bea"}}
	case 7:
		return Entry{Kind: "file.received", Actor: "service", Subject: session, Fields: map[string]string{"direction": "in", "sha256": fmt.Sprintf("%064x", r.Uint64())}}
	case 8:
		if r.IntN(30) == 0 {
			return Entry{Kind: "policy.accepted", Actor: "system", Subject: "Ärzte-Policy", Fields: map[string]string{"version": "0.2.0"}}
		}
	}
	return Entry{Kind: "notification." + []string{"raised", "cleared", "repeated"}[r.IntN(3)], Actor: "system", Subject: fmt.Sprintf("DxH-%d", r.IntN(50)),
		Fields: map[string]string{"severity": []string{"high", "low"}[r.IntN(2)], "count": fmt.Sprint(r.IntN(9)), "subject": []string{"module 7", "a<b \"7\""}[r.IntN(2)]}}
}

// plain is an entry with the words it is found by.
type plain struct {
	Record
	words []string
}

func plainOf(e Record) plain {
	said := e.Kind + " " + e.Subject
	for name, value := range e.Fields {
		if searchedNames[name] {
			said += " " + value
		}
	}
	return plain{e, wordsOf(said)}
}

// plainly is what all pages hold, by looking at every entry.
func plainly(all []plain, f ActivityFilter) (ids []int64) {
	wanted := wordsOf(f.Text)
	for i := range all {
		e := &all[i]
		switch {
		case len(f.Groups) > 0 && !slices.Contains(f.Groups, ActivityGroup(e.Kind)), f.Subject != "" && e.Subject != f.Subject,
			!f.From.IsZero() && e.Time.UnixMilli() < f.From.UnixMilli(), !f.To.IsZero() && e.Time.UnixMilli() >= f.To.UnixMilli(),
			slices.ContainsFunc(wanted, func(w string) bool {
				return !slices.ContainsFunc(e.words, func(of string) bool { return strings.HasPrefix(of, w) })
			}):
			continue
		}
		ids = append(ids, e.Index)
	}
	return ids
}

// listed is the same page by page.
func listed(t testing.TB, s *Store, f ActivityFilter) (ids []int64) {
	t.Helper()
	for {
		page, err := s.ListActivity(context.Background(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.List {
			ids = append(ids, e.Index)
		}
		if !page.More {
			return ids
		}
		if f.Before != 0 && page.Next >= f.Before {
			t.Fatalf("the next page goes on at %d, this one began below %d", page.Next, f.Before)
		}
		f.Before = page.Next
	}
}

// Whatever is narrowed by, the pages together hold what looking at each entry
// finds, newest first, nothing twice: from the index, from the newest rows that
// have none yet, and when rows of the index are damaged or missing (B4).
func TestActivityIsWhatIsThere(t *testing.T) {
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	begin := clock
	s := openTest(t, Options{Now: func() time.Time { return clock }})
	r := rand.New(rand.NewPCG(7, 7))
	fillActivity(t, s, &clock, r, activityBlock*activitySegment+3*activityBlock+517)
	var all []plain
	for before, more := int64(0), true; more; before = all[len(all)-1].Index {
		var list []Record
		var err error
		if list, more, err = s.Entries(context.Background(), before, 1000); err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			all = append(all, plainOf(e))
		}
	}
	words := []string{"", "needle", "need refused", "granted", "gran", "view", "control session", "DXH-4", "dxh high", "ärzte", "0.2.0", "nothing", "module", "00001eef", "e", "session.granted", "view raised", "-", "a<b"}
	draw := func(t *rapid.T) ActivityFilter {
		f := ActivityFilter{Limit: rapid.SampledFrom([]int{3, 50, 1000}).Draw(t, "limit"), Text: rapid.SampledFrom(words).Draw(t, "text")}
		f.Groups = rapid.SampledFrom([][]string{nil, {"sessions"}, {"policy"}, {"files", "policy"}, {"people"}}).Draw(t, "groups")
		f.Subject = rapid.SampledFrom([]string{"", "", "needle", "00001eef", "DxH-4", "Ärzte-Policy", "no"}).Draw(t, "subject")
		span := rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "span")
		if span > 0 {
			f.From = begin.Add(time.Duration(rapid.IntRange(0, 110_000).Draw(t, "from")) * time.Second)
		}
		if span > 1 {
			f.To = f.From.Add(time.Hour)
		}
		if f.Limit == 3 { // thousands of pages otherwise
			f.Groups = []string{"policy"}
		}
		return f
	}
	check := func(f ActivityFilter) {
		t.Helper()
		if got, want := listed(t, s, f), plainly(all, f); !slices.Equal(got, want) {
			t.Fatalf("%+v: %d entries listed, %d are there", f, len(got), len(want))
		}
	}
	seed := 0
	checks := func() {
		check(ActivityFilter{Text: "needle"})
		check(ActivityFilter{Subject: "needle", Limit: 2})
		check(ActivityFilter{Text: "granted", Groups: []string{"alarms"}})
		for range 8 {
			seed++
			check(rapid.Custom(draw).Example(seed))
		}
	}
	checks()
	for what, damage := range map[string]string{
		"a block's row is lost":     "DELETE FROM activity_blocks WHERE block = 9",
		"a block's row is damaged":  "UPDATE activity_blocks SET said = substr(said, 1, 900) WHERE block = 11",
		"a segment's is damaged":    "UPDATE activity_segments SET signs = zeroblob(40)",
		"a segment's row is lost":   "DELETE FROM activity_segments",
		"it was never there at all": "DELETE FROM activity_blocks",
	} {
		if _, err := s.conn.ExecContext(context.Background(), damage); err != nil {
			t.Fatal(what, err)
		}
		checks()
	}
}

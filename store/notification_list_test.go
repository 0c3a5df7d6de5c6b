package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lets is the filter as a person would check it, row by row.
func passes(f NotificationFilter, n *Notification) bool {
	text := strings.ToLower(n.Code + "\n" + n.Subject + "\n" + n.Publisher)
	switch {
	case len(f.Severities) > 0 && !slices.Contains(f.Severities, n.Severity),
		len(f.States) > 0 && !slices.Contains(f.States, n.State),
		len(f.Sources) > 0 && !slices.Contains(f.Sources, n.Source),
		f.OpenOnly && n.State == Cleared,
		!f.Since.IsZero() && n.Raised.Before(f.Since),
		!f.Until.IsZero() && !n.Raised.Before(f.Until),
		f.Text != "" && !strings.Contains(text, strings.ToLower(f.Text)),
		f.Group > 0 && n.Group != f.Group,
		f.Group == 0 && f.Text == "" && n.Group != 0:
		return false
	}
	return true
}

// Every filter gives what a look at each row gives, page by page, also when a
// clock jumped while they were raised.
func TestListIsWhatTheFilterSays(t *testing.T) {
	s := openTest(t, Options{})
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	states := []State{Raised, Acknowledged, Shelved, Cleared, Cleared, Cleared}
	sources := []string{"machine", "instrument-log", "local", "probe", "cloud", "self"}
	var all []*Notification
	at := begin
	for i := range 300 {
		switch at = at.Add(time.Hour); i {
		case 100:
			at = at.Add(-60 * 24 * time.Hour)
		case 200:
			at = at.Add(900 * 24 * time.Hour)
		}
		n := &Notification{
			Code: fmt.Sprintf("Code-%d", i%7), Subject: fmt.Sprintf("Modül-%d", i), Severity: Severity(1 + i%4), State: states[i%len(states)], Source: sources[i%len(sources)],
			Raised: at, Last: at, Count: 1, Texts: []Text{{Language: "en", Title: fmt.Sprint("t", i%3)}},
		}
		if n.Source == "local" {
			n.Publisher = "LIS"
		}
		if i%10 == 9 {
			n.Group = 5
		}
		if n.State == Shelved {
			n.Shelf = &Shelf{Since: at, Until: at.Add(time.Hour), Reason: "r", By: "b"}
		}
		update(t, s, func(tx *Tx) error { return tx.PutNotification(n) })
		all = append(all, n)
	}
	slices.Reverse(all)
	rapid.Check(t, func(rt *rapid.T) {
		maybe := func(name string) bool { return rapid.IntRange(0, 2).Draw(rt, name) == 0 }
		f := NotificationFilter{Limit: rapid.IntRange(1, 40).Draw(rt, "limit"), OpenOnly: maybe("open")}
		if maybe("severities") {
			f.Severities = rapid.SliceOfN(rapid.SampledFrom([]Severity{Info, Low, Medium, High}), 1, 3).Draw(rt, "severity")
		}
		if maybe("states") {
			f.States = rapid.SliceOfN(rapid.SampledFrom(states), 1, 3).Draw(rt, "state")
		}
		if maybe("sources") {
			f.Sources = rapid.SliceOfN(rapid.SampledFrom(append(sources, "nobody")), 1, 3).Draw(rt, "source")
		}
		hour := func(name string) time.Time {
			return begin.Add(time.Duration(rapid.IntRange(-1500, 22000).Draw(rt, name)) * time.Hour)
		}
		if maybe("since?") {
			f.Since = hour("since")
		}
		if maybe("until?") {
			f.Until = hour("until")
		}
		if maybe("text?") {
			f.Text = rapid.SampledFrom([]string{"code-3", "CODE", "MODÜL-2", "lis", "ist-nicht-da", "_", "%", "1\nModül"}).Draw(rt, "text")
		}
		if maybe("group?") {
			f.Group = rapid.SampledFrom([]uint64{5, 6}).Draw(rt, "group")
		}
		// However many rows are called few, the answer is the same.
		sparse, asked := rapid.SampledFrom([]int{1, 20, 150, sparseRows}).Draw(rt, "sparse"), rapid.SampledFrom([]int{0, 10, 100, askedRows}).Draw(rt, "asked")
		var want []uint64
		for _, n := range all {
			if passes(f, n) {
				want = append(want, n.ID)
			}
		}
		var got []uint64
		for {
			page, err := s.listNotifications(context.Background(), f, sparse, asked)
			if err != nil {
				rt.Fatalf("%+v: %v", f, err)
			}
			if page.Total != len(want) {
				rt.Fatalf("%+v: total %d, want %d", f, page.Total, len(want))
			}
			for _, n := range page.List {
				got = append(got, n.ID)
			}
			if !page.More {
				break
			}
			if len(page.List) != f.Limit {
				rt.Fatalf("%+v: a page of %d says there is more", f, len(page.List))
			}
			f.Before = page.List[len(page.List)-1].ID
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v: %v, want %v", f, got, want)
		}
	})
}

// With more matches than are counted the page is merged, not collected.
func TestListOfMany(t *testing.T) {
	s := openTest(t, Options{})
	const rows = MaxTotal + 500
	fillNotifications(t, s, rows, 50)
	for _, f := range []NotificationFilter{{}, {Text: "code"}, {Text: "CODE", Severities: []Severity{Info, Low, Medium, High}}, {Text: "Code", Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		before, seen := uint64(rows+1), 0
		for {
			page, err := s.ListNotifications(context.Background(), f)
			if err != nil || page.Total != MaxTotal {
				t.Fatalf("%+v: %d %v", f, page.Total, err)
			}
			for _, n := range page.List {
				if n.ID >= before {
					t.Fatalf("%+v: %d after %d", f, n.ID, before)
				}
				before = n.ID
			}
			if seen += len(page.List); !page.More {
				break
			}
			f.Before, f.Limit = before, 1000
		}
		if seen != rows {
			t.Errorf("%+v: %d of %d", f, seen, rows)
		}
	}
}

package relay

import (
	"context"
	"slices"
	"strings"
	"testing"

	"beckmanconnect/build/hostile/tally"
)

// attempt runs one attempt of a test's own in a block of its own.
func attempt(t *testing.T, try func(*walk) error) *tally.Report {
	t.Helper()
	k := tally.Kind{Name: "relay", Block: 1, Classes: []tally.Class{{Name: "test", Weight: 1}}, Run: func(ctx context.Context, b *tally.Block) error {
		return blockOf(ctx, b, map[string]class{"test": {"test", 1, try}})
	}}
	r, err := tally.Run(t.Context(), k, tally.Options{Attempts: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func found(r *tally.Report, what, part string) bool {
	return slices.ContainsFunc(r.Found, func(a tally.Act) bool { return a.What == what && strings.Contains(a.Detail, part) })
}

// A relay with both authorities that also knew the code would be found at both
// ends: the observer of this campaign is not blind.
func TestTheObserverFindsSomebodyInBetween(t *testing.T) {
	r := attempt(t, func(w *walk) error {
		if err := w.call(w.site); err != nil {
			return err
		}
		return w.standWith(true, true, 1, w.code)
	})
	if !found(r, "between", "the engineer is in session") {
		t.Errorf("the engineer's end: %+v", r.Found)
	}
	r = attempt(t, func(w *walk) error {
		if err := w.call(w.site); err != nil {
			return err
		}
		h, _, err := w.ends(w.site)
		if err != nil {
			return err
		}
		p, err := w.asEngineer(h, true, nil)
		if err != nil {
			return err
		}
		if err := p.Hello("it is me"); err != nil {
			return err
		}
		in, err := p.Prove(w.ctx, w.code, true)
		if !in {
			t.Errorf("the right code did not count: %v", err)
		}
		return err
	})
	if !found(r, "between", "not the engineer's own") {
		t.Errorf("the host's end: %+v", r.Found)
	}
}

// Somebody who came back without a proof that the script knows of is found.
func TestTheObserverFindsAResumption(t *testing.T) {
	r := attempt(t, func(w *walk) error {
		if err := w.session(w.site); err != nil {
			return err
		}
		if err := w.pc.NoResumes(w.ctx); err != nil {
			return err
		}
		return w.joinFairly(w.site)
	})
	if !found(r, "log", "session.resumed") {
		t.Errorf("%+v", r.Found)
	}
}

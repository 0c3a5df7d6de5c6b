package tally

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
)

func kind(run func(context.Context, *Block) error) Kind {
	return Kind{Name: "test", Block: 7, Classes: []Class{{"often", 9}, {"seldom", 1}}, Run: run}
}

// The same seed deals the same attempts, every class is among them, and a
// block can be run again alone.
func TestADeckIsDealtTheSameAgain(t *testing.T) {
	deal := func(only int) map[int][]string {
		out := map[int][]string{}
		r, err := Run(t.Context(), kind(func(_ context.Context, b *Block) error {
			for n := range b.Classes {
				b.Begin(n)
			}
			out[b.Number] = b.Classes
			return nil
		}), Options{Attempts: 20, Seed: 5, Only: only})
		if err != nil || (only == 0 && (r.Attempts != 20 || r.Classes[1].Attempts < 1)) {
			t.Fatalf("%+v %v", r, err)
		}
		return out
	}
	all, again, third := deal(0), deal(0), deal(3)
	for n, classes := range all {
		if !slices.Equal(classes, again[n]) {
			t.Errorf("block %d: %v and %v", n, classes, again[n])
		}
	}
	if len(third) != 1 || !slices.Equal(third[3], all[3]) {
		t.Errorf("block 3 alone: %v", third)
	}
}

// An act is found in the report; a fault of the rig is an error, and what was
// not tried is not counted.
func TestActsAndFaults(t *testing.T) {
	r, err := Run(t.Context(), kind(func(_ context.Context, b *Block) error {
		b.Begin(0)
		b.Act("input", "marker %d", 7)
		return errors.New("the rig broke")
	}), Options{Attempts: 7, Seed: 1})
	if err == nil || r.Attempts != 1 || r.Acts != 1 || r.Bound != 1 || r.Found[0].Detail != "marker 7" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestBound(t *testing.T) {
	if b := Bound(10_000, 0); math.Abs(b-3.0/10_000) > 1e-5 {
		t.Error(b)
	}
}

package desktop

import (
	"image"
	"slices"
	"testing"

	"beckmanconnect/ipc/hostpb"

	"pgregory.net/rapid"
)

func TestChoose(t *testing.T) {
	a := Monitor{ID: "a", Bounds: image.Rect(-100, 0, 0, 100)}
	b := Monitor{ID: "b", Bounds: image.Rect(0, 20, 200, 120), Primary: true}
	for _, test := range []struct {
		of   Layout
		wish string
		want string
		view image.Rectangle
		gaps int // pixels
	}{
		{Layout{a, b}, "", "b", b.Bounds, 0},
		{Layout{a, b}, "a", "a", a.Bounds, 0},
		{Layout{a, b}, "gone", "b", b.Bounds, 0},
		{Layout{a, b}, All, All, image.Rect(-100, 0, 200, 120), 100*20 + 200*20},
		{Layout{b}, "", All, b.Bounds, 0},
		{Layout{b}, "b", "b", b.Bounds, 0},
		{Layout{a}, "b", All, a.Bounds, 0},
	} {
		id, view, gaps := test.of.Choose(test.wish)
		if id != test.want || view != test.view || gaps.Pixels() != test.gaps {
			t.Errorf("%q of %v: %q, %v, gaps %v", test.wish, test.of, id, view, gaps)
		}
	}
}

// Merged rectangles cover what was given, never overflow the limit, and stay
// as they are where they are far apart.
func TestMerge(t *testing.T) {
	far := []image.Rectangle{image.Rect(0, 0, 10, 10), image.Rect(500, 500, 510, 510)}
	if got := Merge(far); len(got) != 2 {
		t.Errorf("%v became %v", far, got)
	}
	word := []image.Rectangle{image.Rect(0, 0, 7, 14), image.Rect(7, 0, 14, 14), image.Rect(21, 0, 28, 14)}
	if got := Merge(word); len(got) != 1 || got[0] != image.Rect(0, 0, 28, 14) {
		t.Errorf("%v became %v", word, got)
	}
	rapid.Check(t, func(t *rapid.T) {
		var in []image.Rectangle
		for range rapid.IntRange(0, 700).Draw(t, "n") {
			x, y := rapid.IntRange(0, 1900).Draw(t, "x"), rapid.IntRange(0, 1000).Draw(t, "y")
			in = append(in, image.Rect(x, y, x+rapid.IntRange(1, 90).Draw(t, "w"), y+rapid.IntRange(1, 90).Draw(t, "h")))
		}
		out := Merge(in)
		if len(out) > maxMerged {
			t.Fatalf("%d rectangles are left", len(out))
		}
		for _, r := range in {
			if !slices.ContainsFunc(out, r.In) {
				t.Fatalf("%v is not covered", r)
			}
		}
	})
}

// B3, scenario 11: the service is told apart what the technician has in front of
// them, and that it is over.
func TestWhatIsInFrontIsTold(t *testing.T) {
	s := &hostpb.HelperState{}
	for _, p := range []Picture{{Secure: true}, {Answering: true}, {}} {
		if p.describe(s); s.GetSecureDesktop() != p.Secure || s.GetAnswering() != p.Answering {
			t.Errorf("%+v: %v", p, s)
		}
	}
}

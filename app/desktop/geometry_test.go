package desktop

import (
	"image"
	"testing"

	"pgregory.net/rapid"
)

var wholeScreen = image.Rect(0, 0, 24, 16)

func rects() *rapid.Generator[image.Rectangle] {
	return rapid.Custom(func(t *rapid.T) image.Rectangle {
		x, y := rapid.IntRange(-4, 26).Draw(t, "x"), rapid.IntRange(-4, 18).Draw(t, "y")
		return image.Rect(x, y, x+rapid.IntRange(0, 14).Draw(t, "w"), y+rapid.IntRange(0, 12).Draw(t, "h"))
	})
}

// B6: held pixel by pixel against what hiding means: a pixel is black exactly
// when it is in a region, or the topmost window that does not let it shine
// through is a hidden one.
func TestMasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Window {
			return Window{Bounds: rects().Draw(t, "bounds"), Hidden: rapid.Bool().Draw(t, "hidden"), Opaque: rapid.Bool().Draw(t, "opaque")}
		}), 0, 8).Draw(t, "windows")
		regions := rapid.SliceOfN(rects(), 0, 3).Draw(t, "regions")
		hidden := Hide(wholeScreen, windows, regions)
		for y := range wholeScreen.Max.Y {
			for x := range wholeScreen.Max.X {
				p := image.Pt(x, y)
				want, hits := false, 0
				for _, w := range windows {
					switch {
					case !p.In(w.Bounds):
					case w.Hidden:
						want = true
					case w.Opaque:
						want = false
					}
				}
				for _, r := range regions {
					want = want || p.In(r)
				}
				for _, r := range hidden {
					if p.In(r) {
						hits++
					}
					if !r.In(wholeScreen) {
						t.Fatalf("%v is not on the screen", r)
					}
				}
				if (hits > 0) != want || hits > 1 || hidden.Has(p) != want {
					t.Fatalf("pixel %d,%d is hidden %d times, want %v", x, y, hits, want)
				}
			}
		}
		if whole := hidden.Pixels() == wholeScreen.Dx()*wholeScreen.Dy(); hidden.Covers(wholeScreen) != whole {
			t.Fatalf("covers the screen: %v, want %v", !whole, whole)
		}
	})
}

func TestCoalesceCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rects(), 0, 40).Draw(t, "rects")
		limit := rapid.IntRange(1, 6).Draw(t, "limit")
		out := Coalesce(in, limit)
		if len(out) > limit {
			t.Fatalf("%d rectangles, limit %d", len(out), limit)
		}
		for _, r := range in {
			rest := Area{r}
			for _, o := range out {
				rest = rest.Subtract(o)
			}
			if rest.Pixels() > 0 {
				t.Fatalf("%v is not covered by %v", r, out)
			}
		}
	})
}

func TestBlacken(t *testing.T) {
	pix := make([]byte, 4*4*3)
	for i := range pix {
		pix[i] = 0xaa
	}
	Blacken(pix, 4*4, Area{image.Rect(1, 1, 3, 3)})
	for y := range 3 {
		for x := range 4 {
			want := byte(0xaa)
			if image.Pt(x, y).In(image.Rect(1, 1, 3, 3)) {
				want = 0
			}
			for c := range 4 {
				if got := pix[16*y+4*x+c]; got != want {
					t.Errorf("%d,%d,%d is %#x", x, y, c, got)
				}
			}
		}
	}
}

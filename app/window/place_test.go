package window

import (
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/app/preferences"
	"beckmanconnect/app/window/native"
)

// B12: a screen that is gone never hides the window.
func TestWhereAWindowFits(t *testing.T) {
	one := []native.Rect{{W: 1920, H: 1080}}
	two := append(one, native.Rect{X: 1920, Y: 200, W: 1280, H: 1024})
	left := []native.Rect{{X: -1280, W: 1280, H: 1024}, {W: 1920, H: 1080}}
	for name, c := range map[string]struct {
		x, y    int
		screens []native.Rect
		want    bool
	}{
		"in the middle":              {300, 200, one, true},
		"on the second":              {2000, 300, two, true},
		"on one that is gone":        {2000, 300, one, false},
		"left of the first":          {-1200, 100, left, true},
		"and that one gone":          {-1200, 100, one, false},
		"mostly outside":             {1500, 900, one, true},
		"all but an edge outside":    {1900, 900, one, false},
		"its title above the screen": {300, -400, one, false},
		"its frame a little above":   {300, -12, one, true},
		"below":                      {300, 1070, one, false},
		"no screens":                 {300, 200, nil, false},
	} {
		if got := fits(preferences.Window{X: c.x, Y: c.y, Width: 980, Height: 690}, c.screens); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whatever stands in the file, what is put back can be seen and taken hold of.
func TestWhatFitsIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(-5000, 5000)
		size := rapid.IntRange(1, 6000)
		var screens []native.Rect
		for range rapid.IntRange(0, 3).Draw(t, "screens") {
			screens = append(screens, native.Rect{X: side.Draw(t, "x"), Y: side.Draw(t, "y"), W: rapid.IntRange(640, 4000).Draw(t, "w"), H: rapid.IntRange(480, 3000).Draw(t, "h")})
		}
		w := within(preferences.Window{X: side.Draw(t, "left"), Y: side.Draw(t, "top"), Width: size.Draw(t, "width"), Height: size.Draw(t, "height")}, screens)
		if !fits(w, screens) {
			return
		}
		for _, s := range screens {
			width, height := min(w.X+w.Width, s.X+s.W)-max(w.X, s.X), min(w.Y+w.Height, s.Y+s.H)-max(w.Y, s.Y)
			if width > 0 && height > 0 && w.Y >= s.Y-showsHeight && w.Y < s.Y+s.H {
				return
			}
		}
		t.Fatalf("%+v is on none of %v", w, screens)
	})
}

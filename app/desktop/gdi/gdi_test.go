package gdi

import (
	"image"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/app/desktop"
)

// A picture is shown only when nothing that decides about hiding changed while
// it was taken (B6).
func TestSame(t *testing.T) {
	at := image.Rect(1, 2, 30, 40)
	was := desktop.Facts{Window: desktop.Window{Bounds: at}, Members: []uint64{7, 8}, Titles: []string{"results"}}
	for what, now := range map[string]desktop.Facts{
		"another window": {Window: was.Window, Members: []uint64{7, 9}},
		"moved":          {Window: desktop.Window{Bounds: at.Add(image.Pt(1, 0))}, Members: was.Members},
		"hidden now":     {Window: desktop.Window{Bounds: at, Hidden: true}, Members: was.Members},
		"masked now":     {Window: was.Window, Members: was.Members, Mask: "patients"},
	} {
		if same(was, now) {
			t.Errorf("%s counts as the same", what)
		}
	}
	other := was
	other.Titles = []string{"results, 2 new"} // decides nothing by itself: Mask says what follows from it
	if !same(was, other) || !same(was, was) {
		t.Error("the same window is another")
	}
}

func TestOurImage(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\Program Files\BeckmanConnect\versions\1f\beckmanconnect.exe`: true,
		`C:\Program Files\BeckmanConnect\BeckmanConnect-Tray.exe`:        true,
		`C:\Program Files\BeckmanConnect\helper.exe`:                     false,
		`C:\Instrument\run.exe`:                                          false,
		``:                                                               false,
	} {
		if got := ourImage(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

// Windows turns absolute places back into pixels by value × size / 65536.
func TestAbsoluteHitsThePixel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		screen := image.Rect(0, 0, rapid.IntRange(1, 16384).Draw(t, "w"), rapid.IntRange(1, 16384).Draw(t, "h"))
		p := image.Pt(rapid.IntRange(0, screen.Dx()-1).Draw(t, "x"), rapid.IntRange(0, screen.Dy()-1).Draw(t, "y"))
		x, y := absolute(p, screen)
		if got := image.Pt(int(int64(x)*int64(screen.Dx())/65536), int(int64(y)*int64(screen.Dy())/65536)); got != p {
			t.Fatalf("%v became %v on %v", p, got, screen)
		}
	})
}

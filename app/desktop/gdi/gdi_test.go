package gdi

import (
	"image"
	"testing"

	"pgregory.net/rapid"
)

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

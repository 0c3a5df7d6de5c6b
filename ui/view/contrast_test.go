package view_test

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"beckmanconnect/ui/look"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// B12: what is written and drawn can be told from what is really behind it,
// and whatever has the colour of a tone has a word or an icon in it. Pages are
// as high as all that is on them: what is scrolled to is looked at, too.
func TestDrawnContrast(t *testing.T) {
	for i, p := range []theme.Palette{theme.Light(), theme.Dark(), theme.HighContrast()} {
		name := []string{"light", "dark", "contrast"}[i]
		k := sized(t, "en", p, "normal")
		drawn, least := 0, 0
		for n, s := range sample.Screens("en") {
			if raceDetector && n%3 != i {
				continue
			}
			w := show(t, k, s, fyne.NewSize(980, 2400))
			all := pieces(w)
			least += 5
			for at, piece := range all {
				ink, need, what := inkOf(piece)
				if what != "" {
					drawn++
				}
				for _, fault := range faint(all[:at], piece, ink, need, what) {
					t.Errorf("%s in %s: %s", s.Name, name, fault)
				}
				if fault := wordless(all[at:], piece, p); fault != "" {
					t.Errorf("%s in %s: %s", s.Name, name, fault)
				}
			}
			w.Close()
		}
		// Were words and icons no longer known as such, nothing would be looked at.
		if drawn < least {
			t.Errorf("%s: only %d words and icons were looked at", name, drawn)
		}
	}
}

// inkOf is the colour a text or an icon of ours is drawn in, the contrast it
// needs, and what it is called; no name: it is neither, or out of sight.
func inkOf(p piece) (ink color.NRGBA, least float64, what string) {
	if !p.clip.holds(p.at.x+p.at.w/2, p.at.y+p.at.h/2) {
		return ink, 0, ""
	}
	switch o := p.object.(type) {
	case *canvas.Text:
		if strings.TrimSpace(o.Text) != "" {
			return color.NRGBAModel.Convert(o.Color).(color.NRGBA), look.TextContrast, strconv.Quote(o.Text)
		}
	case *canvas.Image:
		if ink, ok := iconInk(o); ok {
			return ink, look.EdgeContrast, o.Resource.Name()
		}
	}
	return ink, 0, ""
}

// faint says on what a text or icon cannot be told from what is behind it.
func faint(before []piece, p piece, ink color.NRGBA, least float64, what string) []string {
	if what == "" {
		return nil
	}
	var out []string
	for _, behind := range papers(before, p.at.x+p.at.w/2, p.at.y+p.at.h/2) {
		if got := theme.Contrast(ink, behind); got < least {
			out = append(out, fmt.Sprintf("%s: %s has contrast %.2f on #%02x%02x%02x", p.within, what, got, behind.R, behind.G, behind.B))
		}
	}
	return out
}

// iconInk is the colour of one of our own icons: it is in the picture's name.
func iconInk(i *canvas.Image) (color.NRGBA, bool) {
	if i.Resource == nil {
		return color.NRGBA{}, false
	}
	name := strings.TrimSuffix(i.Resource.Name(), ".svg")
	if len(name) < 7 {
		return color.NRGBA{}, false
	}
	v, err := strconv.ParseUint(name[len(name)-6:], 16, 32)
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}, err == nil
}

// papers are the colours behind a point: of a gradient both ends.
func papers(before []piece, x, y float32) []color.NRGBA {
	back := color.NRGBAModel.Convert(fyne.CurrentApp().Settings().Theme().Color("background", 0)).(color.NRGBA)
	out := []color.NRGBA{back}
	for _, p := range before {
		if !p.at.cut(p.clip).holds(x, y) {
			continue
		}
		var fill color.Color
		switch o := p.object.(type) {
		case *canvas.Rectangle:
			fill = o.FillColor
		case *canvas.Circle:
			fill = o.FillColor
		case *canvas.LinearGradient:
			out = []color.NRGBA{color.NRGBAModel.Convert(o.StartColor).(color.NRGBA), color.NRGBAModel.Convert(o.EndColor).(color.NRGBA)}
		}
		if fill == nil {
			continue
		}
		c := color.NRGBAModel.Convert(fill).(color.NRGBA)
		for i := range out {
			out[i] = look.Over(out[i], c)
		}
	}
	return out
}

// wordless says that a field in the paper of a tone has neither word nor icon.
func wordless(after []piece, p piece, palette theme.Palette) string {
	var fill color.Color
	switch o := p.object.(type) {
	case *canvas.Rectangle:
		fill = o.FillColor
	case *canvas.Circle:
		fill = o.FillColor
	}
	if fill == nil || p.at.w < 8 || p.at.h < 8 || p.at.cut(p.clip).h < p.at.h {
		return ""
	}
	for _, tone := range look.Tones() {
		if tone == theme.Neutral || fill != color.Color(palette.Chips[tone].Paper) {
			continue
		}
		for _, o := range after {
			switch o.object.(type) {
			case *canvas.Text, *canvas.Image:
				if o.at.w > 0 && p.at.holds(o.at.x+o.at.w/2, o.at.y+o.at.h/2) {
					return ""
				}
			}
		}
		return fmt.Sprintf("%s: a field in the colour of %v at %v says nothing", p.within, tone, p.at)
	}
	return ""
}

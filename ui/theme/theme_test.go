package theme

import (
	"fmt"
	"image/color"
	"testing"
)

// B12: everything written can be read, in both looks.
func TestContrast(t *testing.T) {
	for name, p := range map[string]Palette{"light": Light(), "dark": Dark(), "contrast": HighContrast()} {
		type pair struct {
			what       string
			ink, paper color.NRGBA
		}
		pairs := []pair{
			{"ink on window", p.Ink, p.Window},
			{"ink on surface", p.Ink, p.Surface},
			{"ink on sunken", p.Ink, p.Sunken},
			{"muted on window", p.Muted, p.Window},
			{"muted on surface", p.Muted, p.Surface},
			{"muted on sunken", p.Muted, p.Sunken},
			{"accent on surface", p.Accent, p.Surface},
			{"accent on window", p.Accent, p.Window},
			{"accent on sunken", p.Accent, p.Sunken},
			{"primary", p.Primary.Ink, p.Primary.Paper},
			{"stop", p.Stop.Ink, p.Stop.Paper},
		}
		for tone, c := range p.Chips {
			pairs = append(pairs, pair{fmt.Sprint("chip ", tone), c.Ink, c.Paper})
			pairs = append(pairs, pair{fmt.Sprint("chip ink on surface ", tone), c.Ink, p.Surface})
		}
		for tone, g := range p.Headers {
			for _, end := range g {
				pairs = append(pairs, pair{fmt.Sprint("header ", tone), HeaderInk, end}, pair{fmt.Sprint("header detail ", tone), HeaderMuted, end})
			}
		}
		for _, c := range pairs {
			if got := Contrast(c.ink, c.paper); got < 4.5 {
				t.Errorf("%s: %s has contrast %.2f", name, c.what, got)
			}
		}
		// What can be pressed stands out from what is behind it (WCAG 1.4.11).
		if got := Contrast(p.Field, p.Surface); got < 3 {
			t.Errorf("%s: field border has contrast %.2f", name, got)
		}
	}
}

package main

import (
	"fmt"
	"image/color"
	"strings"

	"beckmanconnect/ui/look"
)

// colours is the page's sheet of colours: the window program's own, by the
// names the other sheets use. Dark is the look of who chose none.
func colours() string {
	light, dark, contrast := variables(look.Light()), variables(look.Dark()), variables(look.HighContrast())
	var b, high strings.Builder
	b.WriteString(":root{color-scheme:dark;")
	for i, v := range light {
		fmt.Fprintf(&b, "--%s:light-dark(%s,%s);", v.name, v.value, dark[i].value)
		fmt.Fprintf(&high, "--%s:%s;", v.name, contrast[i].value)
	}
	b.WriteString("}\n:root[data-look=light]{color-scheme:light}\n:root[data-look=system]{color-scheme:light dark}\n")
	fmt.Fprintf(&b, ":root[data-look=contrast]{%s}\n", high.String())
	// Who asks the system for contrast gets it, unless a bright page was chosen:
	// that one keeps its paper and writes darker.
	fmt.Fprintf(&b, "@media (prefers-contrast:more){:root:not([data-look=light]){color-scheme:dark;%s}", high.String())
	fmt.Fprintf(&b, ":root[data-look=light]{--muted:%[1]s;--line:%[1]s;--field:%[1]s}}\n", inHex(look.Light().Ink))
	return b.String()
}

type variable struct{ name, value string }

// variables are a palette's colours by the page's names, always in one order.
func variables(p look.Palette) []variable {
	out := []variable{
		{"window", inHex(p.Window)}, {"surface", inHex(p.Surface)}, {"sunken", inHex(p.Sunken)}, {"line", inHex(p.Line)},
		{"ink", inHex(p.Ink)}, {"muted", inHex(p.Muted)}, {"accent", inHex(p.Accent)}, {"field", inHex(p.Field)},
		{"primary", inHex(p.Primary.Paper)}, {"primary-ink", inHex(p.Primary.Ink)},
		{"stop", inHex(p.Stop.Paper)}, {"stop-ink", inHex(p.Stop.Ink)},
	}
	for _, tone := range []struct {
		name string
		is   look.Tone
	}{
		{"neutral", look.Neutral}, {"good", look.Good}, {"note", look.Note},
		{"attention", look.Attention}, {"danger", look.Danger}, {"session", look.Session},
	} {
		pair := p.Chips[tone.is]
		out = append(out, variable{tone.name, inHex(pair.Paper)}, variable{tone.name + "-ink", inHex(pair.Ink)})
	}
	return out
}

func inHex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

package look

import (
	"image/color"
	"strconv"
)

// What WCAG 2 asks of a contrast: text (1.4.3), and edges and icons (1.4.11).
const (
	TextContrast = 4.5
	EdgeContrast = 3.0
)

// Drawn is a colour that is drawn on another, and what contrast that needs.
type Drawn struct {
	Front, Back           string // what they are called in the design's table
	FrontColor, BackColor color.NRGBA
	Least                 float64
}

// Tones are all tones, in the order of the design's table.
func Tones() []Tone { return []Tone{Neutral, Good, Note, Attention, Danger, Session} }

// String is what the design calls a tone.
func (t Tone) String() string {
	return [...]string{"neutral", "good", "note", "attention", "danger", "session"}[t]
}

// Drawn lists everything that is drawn on something else. A test holds every
// look to it, and one that every colour of a palette is in it.
func (p Palette) Drawn() []Drawn {
	var out []Drawn
	add := func(least float64, front string, f color.NRGBA, back string, b color.NRGBA) {
		out = append(out, Drawn{front, back, f, b, least})
	}
	papers := []struct {
		name  string
		paper color.NRGBA
	}{{"window", p.Window}, {"surface", p.Surface}, {"sunken", p.Sunken}}
	for _, on := range papers {
		add(TextContrast, "ink", p.Ink, on.name, on.paper)
		add(TextContrast, "muted", p.Muted, on.name, on.paper)
		add(TextContrast, "accent", p.Accent, on.name, on.paper)
		add(EdgeContrast, "field", p.Field, on.name, on.paper)
		if on.name != "sunken" {
			add(EdgeContrast, "primary", p.Primary.Paper, on.name, on.paper)
			add(EdgeContrast, "stop", p.Stop.Paper, on.name, on.paper)
		}
		if p.Edges {
			add(EdgeContrast, "line", p.Line, on.name, on.paper)
		}
	}
	add(1, "line", p.Line, "surface", p.Surface) // divides, and means nothing
	for _, b := range []struct {
		name string
		pair Pair
	}{{"primary", p.Primary}, {"stop", p.Stop}} {
		add(TextContrast, b.name+" ink", b.pair.Ink, b.name, b.pair.Paper)
		add(TextContrast, b.name+" ink", b.pair.Ink, b.name+" under the pointer", Hover(b.pair.Paper, b.pair.Ink))
	}
	add(TextContrast, "ink", p.Ink, "sunken under the pointer", Hover(p.Sunken, p.Ink))
	add(TextContrast, "accent", p.Accent, "surface under the pointer", Hover(p.Surface, p.Accent))
	for _, tone := range Tones() {
		c, name := p.Chips[tone], tone.String()
		add(TextContrast, name, c.Ink, name+" paper", c.Paper)
		add(TextContrast, name, c.Ink, "surface", p.Surface)
		add(TextContrast, name, c.Ink, "window", p.Window)
		add(TextContrast, "ink", p.Ink, name+" paper", c.Paper)
		add(TextContrast, "muted", p.Muted, name+" paper", c.Paper)
		add(TextContrast, "accent", p.Accent, name+" paper", c.Paper)
		add(EdgeContrast, "field", p.Field, name+" paper", c.Paper)
		for i, end := range p.Headers[tone] {
			header := name + " header " + strconv.Itoa(i+1)
			add(TextContrast, "header ink", HeaderInk, header, end)
			add(TextContrast, "header muted", HeaderMuted, header, end)
			add(TextContrast, "header ink", HeaderInk, header+" under a pill", Over(end, HeaderPill))
			add(EdgeContrast, "header ink", HeaderInk, header+" under a badge", Over(end, HeaderBadge))
		}
	}
	return out
}

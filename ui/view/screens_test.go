package view_test

import (
	"fmt"
	"image/color"
	"os"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/look"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

// box is a place on the canvas.
type box struct{ x, y, w, h float32 }

func (b box) right() float32  { return b.x + b.w }
func (b box) bottom() float32 { return b.y + b.h }
func (b box) cut(o box) box {
	x, y := max(b.x, o.x), max(b.y, o.y)
	return box{x, y, max(min(b.right(), o.right())-x, 0), max(min(b.bottom(), o.bottom())-y, 0)}
}
func (b box) holds(x, y float32) bool {
	return x >= b.x && x <= b.right() && y >= b.y && y <= b.bottom()
}
func (b box) String() string { return fmt.Sprintf("%.0f,%.0f %.0f×%.0f", b.x, b.y, b.w, b.h) }

// piece is something that is drawn: in the order of drawing.
type piece struct {
	object fyne.CanvasObject
	at     box
	clip   box // what of the canvas its scrolled areas leave
	inList bool
	scroll bool // it lies in something that scrolls
	within string
}

// pieces lists all that is drawn, the insides of parts too.
func pieces(w fyne.Window) []piece {
	size := w.Canvas().Size()
	var out []piece
	var walk func(o fyne.CanvasObject, p piece)
	walk = func(o fyne.CanvasObject, p piece) {
		if o == nil || !o.Visible() {
			return
		}
		p.object = o
		p.at = box{p.at.x + o.Position().X, p.at.y + o.Position().Y, o.Size().Width, o.Size().Height}
		if named, ok := o.(part.Identified); ok && named.WidgetID() != "" {
			p.within = named.WidgetID()
		}
		out = append(out, p)
		switch o := o.(type) {
		case *fyne.Container:
			for _, child := range o.Objects {
				walk(child, p)
			}
			return
		case *part.List:
			p.inList = true
		case *container.Scroll:
			p.clip, p.scroll = p.clip.cut(p.at), true
		}
		if widget, ok := o.(fyne.Widget); ok {
			for _, child := range test.WidgetRenderer(widget).Objects() {
				walk(child, p)
			}
		}
	}
	walk(w.Content(), piece{clip: box{0, 0, size.Width, size.Height}})
	return out
}

// written is a text with the place its letters take.
type written struct {
	piece
	text *canvas.Text
	ink  box
}

func texts(all []piece) []written {
	var out []written
	for _, p := range all {
		t, ok := p.object.(*canvas.Text)
		if !ok || strings.TrimSpace(t.Text) == "" {
			continue
		}
		m := t.MinSize()
		ink := box{p.at.x, p.at.y, m.Width, m.Height}
		switch t.Alignment {
		case fyne.TextAlignCenter:
			ink.x += (p.at.w - m.Width) / 2
		case fyne.TextAlignTrailing:
			ink.x += p.at.w - m.Width
		}
		out = append(out, written{p, t, ink})
	}
	return out
}

// cutOff finds what cannot be read as a whole: beyond the edge of what it is
// in, wider than its room, shortened outside of a list, or under another text.
func cutOff(w fyne.Window) []string {
	var out []string
	size := w.Canvas().Size()
	all := pieces(w)
	seen := texts(all)
	for _, t := range seen {
		in := func(what string, b box) {
			out = append(out, fmt.Sprintf("%s: %q %s (%v in %v)", t.within, t.text.Text, what, t.ink, b))
		}
		if t.ink.cut(t.clip).h == 0 {
			continue // scrolled out of sight
		}
		switch {
		case t.ink.x < t.clip.x-0.5 || t.ink.right() > t.clip.right()+0.5:
			in("is cut off at the side", t.clip)
		case t.text.Alignment == fyne.TextAlignLeading && t.ink.w > t.at.w+1 && t.at.w > 0, t.text.Alignment == fyne.TextAlignCenter && t.ink.w > t.at.w+1:
			in("is wider than its room", t.at)
		case !t.scroll && t.ink.bottom() > size.Height+0.5:
			in("is below the window", t.clip)
		}
	}
	for _, p := range all {
		if t, ok := p.object.(*part.Text); ok && !p.inList && p.within != "prompt.folder" && t.Shortened() {
			out = append(out, fmt.Sprintf("%s: %q is shortened (%v)", p.within, t.Content(), p.at))
		}
	}
	for i, a := range seen {
		for _, b := range seen[:i] {
			both := a.ink.cut(a.clip).cut(b.ink.cut(b.clip))
			// Lines stand close: what is between the letters may touch.
			if both.w > 1 && both.h > a.ink.h/4 {
				out = append(out, fmt.Sprintf("%s: %q lies on %q (%v, %v)", a.within, a.text.Text, b.text.Text, a.ink, b.ink))
			}
		}
	}
	return out
}

// smallest is the window's least size, in Fyne's units.
var smallest = fyne.NewSize(800, 520)

// everyLanguage draws each screen in all languages rather than in some.
var everyLanguage = os.Getenv("EVERY_LANGUAGE") != ""

// languagesFor are those a screen is drawn in: a few, and others for each, so
// that all are drawn often without drawing everything in all.
func languagesFor(screen int) []string {
	all := text.Languages()
	var out []string
	for i, l := range all {
		if everyLanguage || (i+screen)%len(all) == 0 || !raceDetector && (i+screen)%len(all) == 3 {
			out = append(out, l.Tag)
		}
	}
	return out
}

// show draws a screen, a page of the main window at a size of choice. Whoever
// calls it closes the window.
func show(t *testing.T, k *part.Kit, s sample.Screen, page fyne.Size) fyne.Window {
	t.Helper()
	content, size := s.Draw(k)
	if size.Width == 980 {
		size = page
	}
	w := test.NewWindow(content)
	settle(w, size)
	return w
}

// sized is a kit in a look, a language and a size of text.
func sized(t testing.TB, lang string, p theme.Palette, size string) *part.Kit {
	t.Helper()
	scale := theme.TextScale(size)
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Options{Palette: p, Language: lang, Text: scale}))
	return &part.Kit{Palette: p, Words: text.New(lang), Text: scale}
}

// B12: nothing is cut off, at the smallest window and the largest text, in any
// language; prompts and bars at the size they ask for.
func TestNothingIsCutOff(t *testing.T) {
	for _, l := range text.Languages() {
		k := sized(t, l.Tag, theme.Light(), "largest")
		for i, s := range sample.Screens(l.Tag) {
			if !contains(languagesFor(i), l.Tag) {
				continue
			}
			w := show(t, k, s, smallest)
			for _, fault := range cutOff(w) {
				t.Errorf("%s in %s: %s", s.Name, l.Tag, fault)
			}
			w.Close()
		}
	}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// B12: what is written and drawn can be told from what is really behind it,
// and whatever has the colour of a tone has a word or an icon in it.
func TestDrawnContrast(t *testing.T) {
	for i, p := range []theme.Palette{theme.Light(), theme.Dark(), theme.HighContrast()} {
		name := []string{"light", "dark", "contrast"}[i]
		k := sized(t, "en", p, "normal")
		for n, s := range sample.Screens("en") {
			if raceDetector && n%3 != i {
				continue
			}
			w := show(t, k, s, fyne.NewSize(980, 690))
			all := pieces(w)
			for at, piece := range all {
				for _, fault := range faint(all[:at], piece) {
					t.Errorf("%s in %s: %s", s.Name, name, fault)
				}
				if fault := wordless(all[at:], piece, p); fault != "" {
					t.Errorf("%s in %s: %s", s.Name, name, fault)
				}
			}
			w.Close()
		}
	}
}

// faint says what of a text or icon cannot be told from what is behind it.
func faint(before []piece, p piece) []string {
	var ink color.NRGBA
	least, what := look.TextContrast, ""
	switch o := p.object.(type) {
	case *canvas.Text:
		if strings.TrimSpace(o.Text) == "" {
			return nil
		}
		ink, what = color.NRGBAModel.Convert(o.Color).(color.NRGBA), strconv.Quote(o.Text)
	case *canvas.Image:
		var ok bool
		if ink, ok = iconInk(o); !ok {
			return nil
		}
		least, what = look.EdgeContrast, o.Resource.Name()
	default:
		return nil
	}
	x, y := p.at.x+p.at.w/2, p.at.y+p.at.h/2
	if !p.clip.holds(x, y) {
		return nil
	}
	var out []string
	for _, behind := range papers(before, x, y) {
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

// pressed are the parts that are there to be pressed or typed into, in sight.
func pressed(w fyne.Window) []piece {
	var out []piece
	for _, p := range pieces(w) {
		_, tappable := p.object.(fyne.Tappable)
		_, focusable := p.object.(fyne.Focusable)
		named, ok := p.object.(part.Identified)
		if b, is := p.object.(*part.Button); is && !b.Enabled() {
			continue
		}
		if d, is := p.object.(fyne.Disableable); is && d.Disabled() {
			continue
		}
		middle := p.at.cut(p.clip)
		if (tappable || focusable) && ok && named.WidgetID() != "" && middle.h > p.at.h/2 && middle.w > 0 {
			out = append(out, p)
		}
	}
	return out
}

// B12: what is pressed is high enough for a finger in a glove, is reached with
// Tab in the order it is read, and back, and says in words what it is.
func TestByTouchAndKeyboard(t *testing.T) {
	for i, p := range []theme.Palette{theme.Light(), theme.HighContrast()} {
		name := []string{"light", "contrast"}[i]
		k := sized(t, "en", p, "normal")
		for n, s := range sample.Screens("en") {
			if raceDetector && n%4 != i {
				continue
			}
			w := show(t, k, s, fyne.NewSize(980, 690))
			for _, fault := range append(tooLow(w), byKeyboard(w)...) {
				t.Errorf("%s in %s: %s", s.Name, name, fault)
			}
			w.Close()
		}
	}
}

func tooLow(w fyne.Window) []string {
	var out []string
	for _, p := range pressed(w) {
		if p.at.h < theme.Touch-0.1 {
			out = append(out, fmt.Sprintf("%s is %.0f high", p.within, p.at.h))
		}
	}
	return out
}

// row is how far up the focus may go within what is read as one line.
const row = theme.Touch + 12

func byKeyboard(w fyne.Window) []string {
	var out []string
	c := w.Canvas()
	at := func() (fyne.CanvasObject, string) {
		o, _ := c.Focused().(fyne.CanvasObject)
		if named, ok := o.(part.Identified); ok {
			return o, named.WidgetID()
		}
		return o, ""
	}
	place := func(o fyne.CanvasObject) box {
		p := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		return box{p.X, p.Y, o.Size().Width, o.Size().Height}
	}
	var order []fyne.CanvasObject
	visited := map[fyne.CanvasObject]bool{}
	want := pressed(w)
	c.Unfocus()
	for range 200 {
		c.FocusNext()
		o, id := at()
		if o == nil || visited[o] {
			break
		}
		visited[o] = true
		spoken, ok := o.(part.Spoken)
		if id == "" || !ok || strings.TrimSpace(spoken.Spoken()) == "" {
			out = append(out, fmt.Sprintf("what has the focus has no name: %T %q", o, id))
		}
		if here := place(o); !ringed(o) {
			out = append(out, fmt.Sprintf("%s has the focus and does not show it (%v)", id, here))
		}
		if len(order) > 0 {
			before, now := place(order[len(order)-1]), place(o)
			first, _ := order[len(order)-1].(part.Identified)
			// A question's no is where the focus begins; what a yes needs stands above.
			if now.y < before.y-row && now.x < before.right()-1 && first.WidgetID() != "prompt.deny" {
				out = append(out, fmt.Sprintf("the focus jumps up from %v to %s at %v", before, id, now))
			}
		}
		order = append(order, o)
	}
	for _, p := range want {
		// A choice of Segments is moved with the arrow keys, a row with the list's.
		if _, ok := p.object.(fyne.Focusable); ok && !visited[p.object] {
			out = append(out, p.within+" is not reached with Tab")
		}
	}
	if len(order) > 0 {
		c.Focus(order[len(order)-1].(fyne.Focusable))
	}
	// Back it goes through the same; only what holds others, such as a list, comes
	// before them in Fyne's order.
	back := map[fyne.CanvasObject]bool{}
	for range order {
		o, _ := at()
		back[o] = true
		c.FocusPrevious()
	}
	if len(back) != len(order) {
		out = append(out, fmt.Sprintf("back it goes through %d parts of %d", len(back), len(order)))
	}
	return out
}

// ringed says whether a ring is drawn in what has the focus, or right around it.
func ringed(o fyne.CanvasObject) bool {
	accent := fyne.CurrentApp().Settings().Theme().Color("primary", 0)
	found := false
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if r, ok := o.(*canvas.Rectangle); ok && r.Visible() && r.StrokeWidth >= 2.5 && (r.StrokeColor == accent || r.StrokeColor == color.Color(theme.HeaderInk)) {
			found = true
		}
		if c, ok := o.(*fyne.Container); ok {
			for _, child := range c.Objects {
				walk(child)
			}
		}
		if w, ok := o.(fyne.Widget); ok && o.Visible() {
			for _, child := range test.WidgetRenderer(w).Objects() {
				walk(child)
			}
		}
	}
	walk(o)
	if s, ok := o.(*part.Select); ok {
		found = s.Ringed()
	}
	return found
}

package view_test

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beckmanconnect/assets/text"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/sample"
	"beckmanconnect/ui/theme"
)

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
		case t.ink.w > t.at.w+1 && (t.at.w > 0 || t.text.Alignment != fyne.TextAlignLeading):
			in("is wider than its room", t.at)
		case t.ink.x < t.room.x-1 || t.ink.right() > t.room.right()+1:
			in("is wider than what it stands in", t.room)
		case !t.scroll && t.ink.bottom() > size.Height+0.5:
			in("is below the window", t.clip)
		}
	}
	for _, p := range all {
		// Fyne's own cuts what is chosen without a word.
		if chosen, ok := p.object.(*part.Select); ok && p.at.cut(p.clip).h > 0 && !slices.ContainsFunc(seen, func(t written) bool {
			return t.text.Text == chosen.Selected && p.at.holds(t.ink.x, t.ink.y)
		}) {
			out = append(out, fmt.Sprintf("%s: %q is shortened (%v)", p.within, chosen.Selected, p.at))
		}
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

// B12: no screen wants more than the smallest window has, and nothing in it is
// cut off, with the largest text, in any language; prompts and bars at the size
// they ask for.
func TestNothingIsCutOff(t *testing.T) {
	for _, l := range text.Languages() {
		t.Run(l.Tag, func(t *testing.T) {
			k := sized(t, l.Tag, theme.Light(), "largest")
			for _, s := range sample.Screens(l.Tag) {
				for _, fault := range unfit(k, s) {
					t.Errorf("%s: %s", s.Name, fault)
				}
			}
		})
	}
}

// unfit says what of a screen does not fit.
func unfit(k *part.Kit, s sample.Screen) (faults []string) {
	content, size := s.Draw(k)
	most := fyne.NewSize(smallest.Width, 1e6)
	switch {
	case size.Width >= 980: // a page of the main window
		size, most = smallest, smallest
	case size.Width == 0: // a bar: what a screen of 1024 leaves, or one of 1920 at 200 %
		most.Width = 960
	}
	wide := func(when string) {
		if got := content.MinSize().Width; got > most.Width+0.5 {
			faults = append(faults, fmt.Sprintf("is %.0f wide %s: %.0f is there", got, when, most.Width))
		}
	}
	wide("as it opens") // a window that is too narrow then grows, and stays so
	w := test.NewWindow(content)
	defer w.Close()
	if size == smallest {
		w.Resize(fyne.NewSize(980, 690))
		wide("where it is larger") // it could not be made smaller again
	}
	settle(w, size)
	wide("once it is laid out")
	if got := content.MinSize().Height; got > most.Height+0.5 {
		faults = append(faults, fmt.Sprintf("is %.0f high: %.0f is there", got, most.Height))
	}
	return append(faults, cutOff(w)...)
}

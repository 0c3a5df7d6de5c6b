package view

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// SmallestSize is the least the main window needs: 1024 × 768 with a panel, or
// 1920 × 1080 at 200 %, leave more.
var SmallestSize = fyne.NewSize(800, 520)

// compactBelow is the width under which the navigation is a narrow rail. Larger
// text needs it sooner.
const compactBelow float32 = 900

// navEntry is an entry of either navigation.
type navEntry interface {
	fyne.CanvasObject
	SetBadge(string)
	SetSelected(bool)
}

// shell is header, navigation, banner and page. Header and navigation are there
// twice, wide and compact, and the window's width says which one shows.
func (w *Window) shell() fyne.CanvasObject {
	w.layout = &shellLayout{below: w.kit.Size(compactBelow), leave: w.unfocusNavigation}
	wide, rail := w.navigation()
	// A page that has no scrolling of its own gets it where the window is too low.
	return container.New(w.layout, w.header, w.slim, wide, rail, w.banner, container.NewVScroll(w.place))
}

func (w *Window) navigation() (wide, rail fyne.CanvasObject) {
	marks := map[string]icons.Name{
		Home: icons.Home, Notifications: icons.Bell, Help: icons.Help, Upgrade: icons.Upgrade,
		Activity: icons.Activity, Register: icons.Setup, Settings: icons.Settings, About: icons.About,
	}
	column, narrow := part.Column(4), part.Column(0)
	for _, name := range Pages() {
		long := w.kit.Button("nav."+name, part.Nav, marks[name], w.kit.T("nav."+name), func() { w.actions.Navigate(name) })
		short := w.kit.RailEntry("nav."+name, marks[name], w.kit.T("nav.short."+name), func() { w.actions.Navigate(name) })
		long.OnKey = w.TypedKey
		w.nav[name] = []navEntry{long, short}
		column.Add(long)
		narrow.Add(short)
	}
	product := part.Column(1, w.kit.Bold(w.kit.T("app.name")).SingleLine(), w.kit.Small(w.kit.T("app.subtitle")).SingleLine())
	inside := container.NewBorder(nil, part.Inset(0, 0, 0, 12, product), nil, nil, part.FixedWidth(w.navWidth(), column))
	return w.beside(part.Inset(16, 12, 18, 12, inside)), w.beside(container.NewVScroll(part.Inset(2, 6, 2, 6, narrow)))
}

// beside is the field that a navigation stands on.
func (w *Window) beside(content fyne.CanvasObject) fyne.CanvasObject {
	edge := canvas.NewRectangle(w.kit.Palette.Line)
	edge.SetMinSize(fyne.NewSize(1, 0))
	return container.NewStack(canvas.NewRectangle(w.kit.Palette.Surface), container.NewBorder(nil, nil, nil, edge, content))
}

// navWidth leaves room for the longest entry when it is chosen and counted, so
// that nothing moves when either changes.
func (w *Window) navWidth() float32 {
	width := float32(176)
	for name := range w.nav {
		width = max(width, fyne.MeasureText(w.kit.T("nav."+name), w.kit.Size(theme.TextBody), fyne.TextStyle{Bold: true}).Width+96)
	}
	return width
}

func (w *Window) drawFrame(f model.Frame) {
	w.header.Objects = []fyne.CanvasObject{w.kit.StatusHeader(f.Tone, f.Icon, f.Title, f.Detail, f.Link.Icon, f.Link.Word)}
	w.header.Refresh()
	w.slim.Objects = []fyne.CanvasObject{w.slimHeader(f)}
	w.slim.Refresh()
	setup := ""
	if f.NeedsSetup {
		setup = "!"
	}
	for name, badge := range map[string]string{Notifications: f.OpenCount, Help: f.HelpMark, Upgrade: f.UpgradeMark, Register: setup} {
		for _, e := range w.nav[name] {
			e.SetBadge(badge)
		}
	}
	w.drawBanner(f)
}

// slimHeader says the same in one line, for a small window.
func (w *Window) slimHeader(f model.Frame) fyne.CanvasObject {
	k := w.kit
	colours := k.Palette.Headers[f.Tone]
	row := part.RowStretch(12, 1, k.Badge(f.Icon, 36), k.Styled(f.Title, theme.TextStrong, true, theme.HeaderInk),
		part.Row(7, k.Icon(f.Link.Icon, k.Size(16), theme.HeaderInk), k.Plain(f.Link.Word, theme.TextSmall, true, theme.HeaderInk)))
	return container.NewStack(canvas.NewHorizontalGradient(colours[0], colours[1]), part.Inset(8, 16, 8, 16, row))
}

// drawBanner shows what failed, and what is wrong with service or log; on the
// first page that stands among what needs doing, with what to do about it.
func (w *Window) drawBanner(f model.Frame) {
	column := part.Column(theme.Gap)
	if f.Banner != nil && w.present != Home {
		column.Add(w.kit.Banner(f.Banner.Tone, f.Banner.Icon, f.Banner.Word))
	}
	if f.Failure != "" {
		column.Add(w.kit.Banner(theme.Danger, icons.Warning, f.Failure,
			w.kit.SmallButton("failure.close", part.Ghost, icons.Cross, w.kit.T("unit.close"), w.actions.DismissFailure)))
	}
	if len(column.Objects) == 0 && len(w.banner.Objects) == 0 {
		return
	}
	w.banner.Objects = nil
	if len(column.Objects) > 0 {
		w.banner.Objects = []fyne.CanvasObject{part.Inset(14, 24, 0, 24, column)}
	}
	w.banner.Refresh()
}

// shellLayout places header, navigation, banner and page.
type shellLayout struct {
	below   float32 // compact under this width
	compact bool
	leave   func() // what had the focus in a navigation goes out of sight
}

// MinSize is that of the compact shell: it is what the window can shrink to.
func (l *shellLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	slim, rail, banner, place := o[1].MinSize(), o[3].MinSize(), o[4].MinSize(), o[5].MinSize()
	return fyne.NewSize(max(slim.Width, rail.Width+max(banner.Width, place.Width)), slim.Height+max(rail.Height, banner.Height+place.Height)).Max(SmallestSize)
}

func (l *shellLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	wide, rail := o[2], o[3]
	// The width first, also of a header that is hidden: its text wraps to it.
	o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height))
	fits := size.Height >= o[0].MinSize().Height+wide.MinSize().Height
	if compact := size.Width < l.below || !fits; compact != l.compact {
		l.compact = compact
		if l.leave != nil {
			defer l.leave()
		}
	}
	header, nav := o[0], wide
	if l.compact {
		header, nav = o[1], rail
	}
	for i, show := range []bool{!l.compact, l.compact, !l.compact, l.compact} {
		if show != o[i].Visible() {
			if show {
				o[i].Show()
			} else {
				o[i].Hide()
			}
		}
	}
	banner, place := o[4], o[5]
	// The width first: the text in it wraps.
	header.Resize(fyne.NewSize(size.Width, header.MinSize().Height))
	h := header.MinSize().Height
	header.Resize(fyne.NewSize(size.Width, h))
	header.Move(fyne.NewPos(0, 0))
	n := nav.MinSize().Width
	nav.Resize(fyne.NewSize(n, size.Height-h))
	nav.Move(fyne.NewPos(0, h))
	banner.Resize(fyne.NewSize(size.Width-n, banner.MinSize().Height))
	b := banner.MinSize().Height
	banner.Resize(fyne.NewSize(size.Width-n, b))
	banner.Move(fyne.NewPos(n, h))
	place.Resize(fyne.NewSize(size.Width-n, size.Height-h-b))
	place.Move(fyne.NewPos(n, h+b))
}

// Place is where somebody is within a page: what has the keyboard, and how far
// it is scrolled.
type Place struct {
	focused string
	offset  float32
	step    int // of the introduction
}

// Place is where somebody is now.
func (w *Window) Place() Place {
	at := Place{}
	if c := fyne.CurrentApp().Driver().CanvasForObject(w.root); c != nil {
		if named, ok := c.Focused().(part.Identified); ok {
			at.focused = named.WidgetID()
		}
	}
	if s, ok := w.pages[w.present].content().(*container.Scroll); ok {
		at.offset = s.Offset.Y
	}
	if g, ok := w.pages[w.present].(*guidePage); ok {
		at.step = g.step
	}
	return at
}

// Return goes there in content that was built anew. What had the keyboard comes
// back, for whoever has the canvas: Fyne does not know yet whose these parts are.
func (w *Window) Return(at Place) fyne.Focusable {
	if g, ok := w.pages[w.present].(*guidePage); ok && at.step != 0 {
		g.turn(at.step)
	}
	if s, ok := w.pages[w.present].content().(*container.Scroll); ok {
		s.ScrollToOffset(fyne.NewPos(0, at.offset))
	}
	if at.focused == "" {
		return nil
	}
	o, _ := part.Find(w.root, at.focused).(fyne.Focusable)
	return o
}

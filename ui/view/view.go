// Package view draws the view models: the main window with its pages, the
// prompt and the session bar. It asks for things to be done through Actions
// and never does them itself.
package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/icons"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/theme"
)

// The pages by their names, as Show and --view use them.
const (
	Home          = "home"
	Notifications = "notifications"
	Help          = "help"
	Upgrade       = "upgrade"
	Activity      = "activity"
	Register      = "register"
	Settings      = "settings"
	About         = "about"
)

// OneNotification begins the name of a view that is the page of one
// notification; its number follows.
const OneNotification = "notification/"

// Pages returns all of them in the order of the navigation.
func Pages() []string { return []string{Notifications, Help, Upgrade, Activity, Register, About} }

// Choices are what the technician chose for the windows.
type Choices struct {
	Theme    string // one of preferences.Looks
	TextSize string // one of preferences.TextSizes
	Version  string // of this program
}

// page is one view of the main window.
type page interface {
	content() fyne.CanvasObject
	update(s *model.State, now time.Time)
}

// Window is the content of the main window.
type Window struct {
	kit     *part.Kit
	actions Actions

	frame   model.Frame
	drawn   bool
	header  *fyne.Container
	banner  *fyne.Container
	place   *fyne.Container
	nav     map[string]*part.Button
	pages   map[string]page
	present string
	root    fyne.CanvasObject
}

// NewWindow builds the window's content. Update fills it.
func NewWindow(kit *part.Kit, actions Actions, settings Choices) *Window {
	w := &Window{
		kit: kit, actions: actions,
		header: container.NewStack(), banner: container.NewStack(), place: container.NewStack(),
		nav: map[string]*part.Button{},
		pages: map[string]page{
			Notifications: newNotificationsPage(kit, actions),
			Help:          newHelpPage(kit, actions),
			Upgrade:       newUpgradePage(kit, actions),
			Activity:      newActivityPage(kit, actions),
			Register:      newRegisterPage(kit, actions),
			About:         newAboutPage(kit, actions, settings),
		},
	}
	navigation := w.navigation()
	// What is behind everything is the theme's background: Fyne clears the window
	// to it. A field in that colour would cost a quarter of a frame where no
	// graphics driver is.
	w.root = container.NewStack(container.New(frameLayout{}, w.header, navigation, w.banner, w.place))
	w.Show(Notifications)
	return w
}

// Content is what the window holds.
func (w *Window) Content() fyne.CanvasObject { return w.root }

// Page is the name of the present page.
func (w *Window) Page() string { return w.present }

// Show brings a page forward. What it does not know it leaves alone.
func (w *Window) Show(name string) {
	p, ok := w.pages[name]
	if !ok || name == w.present {
		return
	}
	w.present = name
	for n, b := range w.nav {
		b.SetSelected(n == name)
	}
	w.place.Objects = []fyne.CanvasObject{p.content()}
	w.place.Refresh()
}

// Update draws a state as it is at a moment. It changes only what differs, so
// that nothing loses its focus or place.
func (w *Window) Update(s *model.State, now time.Time) {
	f := s.Frame(w.kit.Words)
	if !w.drawn || !reflect.DeepEqual(f, w.frame) {
		w.drawn, w.frame = true, f
		w.drawFrame(f)
	}
	w.pages[w.present].update(s, now)
}

// InSight are the notifications that somebody at the window can read now.
func (w *Window) InSight() []uint64 {
	if p, ok := w.pages[Notifications].(*notificationsPage); ok && w.present == Notifications {
		return p.inSight()
	}
	return nil
}

// TypedKey is a key that came while nothing had the keyboard.
func (w *Window) TypedKey(e *fyne.KeyEvent) {
	if p, ok := w.pages[Notifications].(*notificationsPage); ok && w.present == Notifications {
		p.key(e)
	}
	if p, ok := w.pages[Activity].(*activityPage); ok && w.present == Activity {
		p.key(e)
	}
}

// TypedRune is a letter that did.
func (w *Window) TypedRune(r rune) {
	if p, ok := w.pages[Notifications].(*notificationsPage); ok && w.present == Notifications {
		p.rune(r)
	}
	if p, ok := w.pages[Activity].(*activityPage); ok && w.present == Activity {
		p.rune(r)
	}
}

// ShowChat brings the chat of a session forward, ready to write in.
func (w *Window) ShowChat() {
	w.Show(Help)
	p, ok := w.pages[Help].(*helpPage)
	if !ok || p.chatAt == nil {
		return
	}
	p.scroll.Offset.Y = p.chatAt.Position().Y
	p.scroll.Refresh()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.chat.entry); c != nil && !p.chat.entry.Disabled() {
		c.Focus(p.chat.entry)
	}
}

// ChatFailed gives a line back that did not get out.
func (w *Window) ChatFailed(line string) {
	if p, ok := w.pages[Help].(*helpPage); ok {
		p.chat.putBack(line)
	}
}

func (w *Window) navigation() fyne.CanvasObject {
	entries := []struct {
		page string
		icon icons.Name
	}{
		{Notifications, icons.Bell}, {Help, icons.Help}, {Upgrade, icons.Upgrade},
		{Activity, icons.Activity}, {Register, icons.Setup}, {About, icons.About},
	}
	column := part.Column(4)
	for _, e := range entries {
		name := e.page
		b := w.kit.Button("nav."+name, part.Nav, e.icon, w.kit.T("nav."+name), func() { w.actions.Navigate(name) })
		w.nav[name] = b
		column.Add(b)
	}
	product := part.Column(1, w.kit.Bold(w.kit.T("app.name")).SingleLine(), w.kit.Small(w.kit.T("app.subtitle")).SingleLine())
	back := canvas.NewRectangle(w.kit.Palette.Surface)
	edge := canvas.NewRectangle(w.kit.Palette.Line)
	edge.SetMinSize(fyne.NewSize(1, 0))
	return container.NewStack(back, container.NewBorder(nil, nil, nil, edge, part.Inset(16, 12, 18, 12,
		container.NewBorder(nil, part.Inset(0, 0, 0, 12, product), nil, nil, part.FixedWidth(w.navWidth(), column)))))
}

// navWidth leaves room for the longest entry when it is chosen and counted, so
// that nothing moves when either changes.
func (w *Window) navWidth() float32 {
	width := float32(176)
	for name := range w.nav {
		width = max(width, fyne.MeasureText(w.kit.T("nav."+name), theme.TextBody, fyne.TextStyle{Bold: true}).Width+96)
	}
	return width
}

func (w *Window) drawFrame(f model.Frame) {
	w.header.Objects = []fyne.CanvasObject{w.kit.StatusHeader(f.Tone, f.Icon, f.Title, f.Detail, f.Link.Icon, f.Link.Word)}
	w.header.Refresh()

	w.nav[Notifications].SetBadge(f.OpenCount)
	w.nav[Help].SetBadge(f.HelpMark)
	w.nav[Upgrade].SetBadge(f.UpgradeMark)
	setup := ""
	if f.NeedsSetup {
		setup = "!"
	}
	w.nav[Register].SetBadge(setup)

	column := part.Column(theme.Gap)
	if f.Banner != nil {
		column.Add(w.kit.Banner(f.Banner.Tone, f.Banner.Icon, f.Banner.Word))
	}
	if f.Failure != "" {
		column.Add(w.kit.Banner(theme.Danger, icons.Warning, w.kit.T("error.title")+". "+f.Failure,
			w.kit.SmallButton("failure.close", part.Ghost, icons.Cross, w.kit.T("unit.close"), w.actions.DismissFailure)))
	}
	w.banner.Objects = nil
	if len(column.Objects) > 0 {
		w.banner.Objects = []fyne.CanvasObject{part.Inset(14, 24, 0, 24, column)}
	}
	w.banner.Refresh()
}

// frameLayout places header, navigation, banner and page.
type frameLayout struct{}

func (frameLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	header, nav, banner, place := o[0].MinSize(), o[1].MinSize(), o[2].MinSize(), o[3].MinSize()
	return fyne.NewSize(max(header.Width, nav.Width+max(banner.Width, place.Width)), header.Height+max(nav.Height, banner.Height+place.Height))
}

func (frameLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	header, nav, banner, place := o[0], o[1], o[2], o[3]
	h := header.MinSize().Height
	header.Resize(fyne.NewSize(size.Width, h))
	header.Move(fyne.NewPos(0, 0))
	n := nav.MinSize().Width
	nav.Resize(fyne.NewSize(n, size.Height-h))
	nav.Move(fyne.NewPos(0, h))
	// The width first: the text in a banner wraps to it.
	banner.Resize(fyne.NewSize(size.Width-n, banner.MinSize().Height))
	b := banner.MinSize().Height
	banner.Resize(fyne.NewSize(size.Width-n, b))
	banner.Move(fyne.NewPos(n, h))
	place.Resize(fyne.NewSize(size.Width-n, size.Height-h-b))
	place.Move(fyne.NewPos(n, h+b))
}

// pageFrame is the room every page has around it, scrolling when too long.
func pageFrame(content fyne.CanvasObject) *container.Scroll {
	return container.NewVScroll(part.Inset(20, 24, 24, 24, part.Limit(860, content)))
}

// redraw replaces what a container holds and keeps the focus on what has the
// same name as before.
func redraw(place *fyne.Container, objects ...fyne.CanvasObject) {
	focused := ""
	c := fyne.CurrentApp().Driver().CanvasForObject(place)
	if c != nil {
		if named, ok := c.Focused().(part.Identified); ok {
			focused = named.WidgetID()
		}
	}
	place.Objects = objects
	place.Refresh()
	if focused == "" {
		return
	}
	if o, ok := part.Find(place, focused).(fyne.Focusable); ok {
		c.Focus(o)
	}
}

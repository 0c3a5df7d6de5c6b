// Package view draws the view models: the main window with its pages, the
// prompt and the session bar. It asks for things to be done through Actions
// and never does them itself.
package view

import (
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
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

// Guide is the introduction at the first start. It stands in no navigation.
const Guide = "guide"

// Pages returns all of them in the order of the navigation.
func Pages() []string {
	return []string{Home, Notifications, Help, Upgrade, Activity, Register, Settings, About}
}

// Choices are what the technician chose for the windows.
type Choices struct {
	Theme    string // one of preferences.Looks
	TextSize string // one of preferences.TextSizes
	Silent   bool   // no sounds
	Version  string // of this program
	Notices  string // third-party notices, as the build writes them
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
	slim    *fyne.Container // header of a small window
	banner  *fyne.Container
	place   *fyne.Container
	layout  *shellLayout
	nav     map[string][]navEntry
	pages   map[string]page
	present string
	root    fyne.CanvasObject
}

// NewWindow builds the window's content. Update fills it.
func NewWindow(kit *part.Kit, actions Actions, settings Choices) *Window {
	w := &Window{
		kit: kit, actions: actions,
		header: container.NewStack(), slim: container.NewStack(), banner: container.NewStack(), place: container.NewStack(),
		nav: map[string][]navEntry{},
		pages: map[string]page{
			Home:          newHomePage(kit, actions),
			Notifications: newNotificationsPage(kit, actions),
			Help:          newHelpPage(kit, actions),
			Upgrade:       newUpgradePage(kit, actions),
			Activity:      newActivityPage(kit, actions),
			Register:      newRegisterPage(kit, actions),
			Settings:      newSettingsPage(kit, actions, settings),
			About:         newAboutPage(kit, actions, settings),
			Guide:         newGuidePage(kit, actions, settings),
		},
	}
	// What is behind everything is the theme's background: Fyne clears the window
	// to it. A field in that colour would cost a quarter of a frame where no
	// graphics driver is.
	w.root = container.NewStack(w.shell())
	w.Show(Home)
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
	for n, entries := range w.nav {
		for _, e := range entries {
			e.SetSelected(n == name)
		}
	}
	w.place.Objects = []fyne.CanvasObject{p.content()}
	w.place.Refresh()
	w.drawBanner(w.frame)
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

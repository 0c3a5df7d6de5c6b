// Package face is the tray's icon and menu on the desktop, by
// getlantern/systray.
package face

import (
	"context"
	"runtime"
	"time"

	"beckmanconnect/app/tray"
	"beckmanconnect/assets/icons"

	"github.com/getlantern/systray"
)

// Face shows views. The menu's items are made once and changed in place:
// systray cannot remove one, and a menu that is open must not jump.
type Face struct {
	clicked chan string
	views   chan tray.View
}

// New makes a face that shows nothing yet.
func New() *Face {
	return &Face{clicked: make(chan string), views: make(chan tray.View, 1)}
}

// Update implements tray.Face: only the newest view counts.
func (f *Face) Update(v tray.View) {
	select {
	case <-f.views:
	default:
	}
	f.views <- v
}

// Clicked implements tray.Face.
func (f *Face) Clicked() <-chan string { return f.clicked }

// Run shows the icon until ctx ends. It must be called on the main goroutine,
// which is the one the desktop's event loop belongs to. title names the icon
// where a desktop shows names.
func (f *Face) Run(ctx context.Context, title string) {
	// An item's clicks and the views end with the loop, not with ctx: a view
	// may still be on its way then.
	if !awaitBar(ctx) {
		return
	}
	stop := context.AfterFunc(ctx, systray.Quit)
	defer stop()
	over := make(chan struct{})
	systray.Run(func() {
		systray.SetTitle(title) // once: it calls the toolkit from this goroutine
		f.show(over)
	}, func() { close(over) })
}

// bar waits for the desktop's place for icons: at a log-on this program may be
// there before it, and systray tries once only. Explorer's crashes it hears of
// by itself (TaskbarCreated). A kiosk that has no such place waits for ever;
// questions and toasts do without.
type bar struct {
	there func() bool
	every time.Duration
}

func (b bar) await(ctx context.Context) bool {
	tick := time.NewTicker(b.every)
	defer tick.Stop()
	for !b.there() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// show makes the menu from the first view and keeps it up to date.
func (f *Face) show(over <-chan struct{}) {
	var view tray.View
	select {
	case view = <-f.views:
	case <-over:
		return
	}
	menu := make([]line, len(view.Items))
	for i, item := range view.Items {
		menu[i] = line{MenuItem: systray.AddMenuItem(item.Title, ""), last: tray.Item{ID: item.ID, Title: item.Title, Enabled: true}}
		menu[i].set(item)
		go f.clicks(menu[i].MenuItem, item.ID, over)
		if item.ID == tray.ItemStatus || item.ID == tray.ItemSetUp {
			systray.AddSeparator()
		}
	}
	systray.SetIcon(picture(view.Icon, view.Count))
	systray.SetTooltip(view.Tooltip)
	for {
		last := view
		select {
		case view = <-f.views:
		case <-over:
			return
		}
		if view.Icon != last.Icon || view.Count != last.Count {
			systray.SetIcon(picture(view.Icon, view.Count))
		}
		if view.Tooltip != last.Tooltip {
			systray.SetTooltip(view.Tooltip)
		}
		for i := range menu {
			menu[i].set(view.Items[i])
		}
	}
}

func (f *Face) clicks(item *systray.MenuItem, id string, over <-chan struct{}) {
	for {
		select {
		case <-item.ClickedCh:
		case <-over:
			return
		}
		select {
		case f.clicked <- id:
		case <-over:
			return
		}
	}
}

// line is one item of the menu and what was set last.
type line struct {
	*systray.MenuItem
	last tray.Item
}

// set changes what differs. Any change of an item shows it again, so hiding
// comes last.
func (l *line) set(item tray.Item) {
	if item == l.last {
		return
	}
	changed := false
	if item.Title != l.last.Title {
		l.SetTitle(item.Title)
		changed = true
	}
	if item.Enabled != l.last.Enabled {
		if item.Enabled {
			l.Enable()
		} else {
			l.Disable()
		}
		changed = true
	}
	switch {
	case item.Hidden && (changed || !l.last.Hidden):
		l.Hide()
	case !item.Hidden && l.last.Hidden && !changed:
		l.Show()
	}
	l.last = item
}

// traySize is what panels show on common screens; they scale it down well.
const traySize = 44

func picture(s icons.State, count int) []byte {
	if runtime.GOOS == "windows" {
		return icons.CountedICO(s, count)
	}
	return icons.Counted(s, count, traySize)
}

// Package native does with windows what Fyne cannot: keep them above others,
// say where they are on the screen and whether they can be seen, move them,
// and name their class so that the desktop helper knows them as ours and never
// shows or steers them (B3).
package native

import "fyne.io/fyne/v2"

// Class is the X11 class of every window of this program.
const Class = "beckmanconnect"

// Rect is an area in screen pixels.
type Rect struct{ X, Y, W, H int }

// Windows handles the windows of one program. Its methods belong on Fyne's
// goroutine, after the window was shown.
type Windows interface {
	// Own marks a window as ours.
	Own(w fyne.Window) error
	// Above keeps a window above all others and in reach on every desktop.
	Above(w fyne.Window) error
	// Area is where a window's content is on the screen.
	Area(w fyne.Window) (Rect, error)
	// Visible says whether a window can be seen: mapped, not minimised.
	Visible(w fyne.Window) bool
	// Move puts a window's upper left corner somewhere.
	Move(w fyne.Window, x, y int) error
	// Unfocused runs show and gives the focus back to whatever had it, also in
	// another program: a window that comes up by itself takes no keys.
	Unfocused(show func())
	Close()
}

// Package native does with windows what Fyne cannot: keep them above others,
// say where they are on the screen, whether they can be seen and whether a
// press in them was made by hand, move them, and name their class so that the
// desktop helper knows them as ours and never shows or steers them (B3).
package native

import (
	"fyne.io/fyne/v2"

	"beckmanconnect/app/hand"
)

// Class is the X11 class of every window of this program.
const Class = "beckmanconnect"

// Rect is an area in screen pixels.
type Rect = hand.Rect

// Windows handles the windows of one program. Its methods belong on Fyne's
// goroutine, after the window was shown.
type Windows interface {
	// Own marks a window as ours and keeps it out of pictures of the screen,
	// where the system can do that.
	Own(w fyne.Window) error
	// Above keeps a window above all others and in reach on every desktop.
	Above(w fyne.Window) error
	// Insist puts such a window on top again, after another program's went over
	// it, and calls for attention. It takes no focus.
	Insist(w fyne.Window) error
	// Area is where a window's content is on the screen.
	Area(w fyne.Window) (Rect, error)
	// Visible says whether a window is on the screen: mapped, not minimised,
	// inside its edges.
	Visible(w fyne.Window) bool
	// Gone says that the display took a window off the screen, or has none of
	// it: no press reaches it any more that is not on its way already.
	Gone(w fyne.Window) bool
	// Covered says whether a window of another program lies over any part of a
	// window, or may. What is not known counts as covered (P24).
	Covered(w fyne.Window) bool
	// Attend watches mouse and keyboard for a window until the Hand is closed.
	// An error means that this screen cannot tell who presses.
	Attend(w fyne.Window) (Hand, error)
	// Move puts a window's upper left corner somewhere.
	Move(w fyne.Window, x, y int) error
	// Placed is where Move would have to put a window for it to be where it is,
	// how large its content is, and whether it is maximised.
	Placed(w fyne.Window) (at Rect, maximised bool, err error)
	// Screens are the areas of the screens there are now.
	Screens() ([]Rect, error)
	// Maximise fills the screen with a window.
	Maximise(w fyne.Window) error
	// Unfocused runs show and gives the focus back to whatever had it, also in
	// another program: a window that comes up by itself takes no keys.
	Unfocused(show func())
	Close()
}

// Hand knows whether a press was made by the technician's hand.
type Hand = hand.Hand

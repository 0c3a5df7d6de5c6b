package dialog

import (
	"image"

	"beckmanconnect/ui/ask"
)

// Surface is one window of this program on the screen. Its methods are safe for
// use by many goroutines.
type Surface interface {
	// Show puts a picture into the window, which takes its size.
	Show(*image.RGBA)
	// Events ends when the window is gone.
	Events() <-chan Event
	// Sight says whether the whole window can be read now.
	Sight() ask.Sight
	// Made says whether the press that has just acted on something in the
	// window came from this PC's mouse or keyboard; able is false when this
	// screen cannot tell.
	Made(in image.Rectangle, byKey bool) (made, able bool)
	Close()
}

// Options of a window.
type Options struct {
	Title string
	// Bar is a strip at the upper edge that never takes the keyboard; anything
	// else stands in the middle, and has a title to be moved by.
	Bar bool
}

// Screen opens windows.
type Screen interface {
	Open(Options) (Surface, error)
	// Scale is 1 for 96 dots to the inch.
	Scale() float64
	// Room is what a window may take, in pixels.
	Room() image.Point
}

// EventKind is what happened in a window.
type EventKind int

// What happens.
const (
	KeyTyped EventKind = iota
	PointerDown
	PointerUp
	CloseAsked // by the window's own means
	Rescaled   // another size of the letters, or another screen
)

// Event is something that happened in a window.
type Event struct {
	Kind EventKind
	Key  Key
	Rune rune
	At   image.Point
}

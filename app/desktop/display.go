package desktop

import (
	"errors"
	"image"

	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/session/screen"
)

// Picture is one look at the screen. The product's own windows and what the
// instrument's profile masks are black in it.
type Picture struct {
	Frame  screen.Frame      // valid until the next Capture
	Damage []image.Rectangle // what may differ from the Capture before; nil: all of it
	Hidden int               // windows and regions that are hidden, ours included
	Masks  []string          // IDs of the profile's masks that hide something now, sorted
	Black  bool              // hidden as a whole
	Cover  Area              // what of it is black because it is hidden

	Layout  Layout // the monitors there are now
	Monitor string // ID of the one that shows, or All; "": this desktop knows no monitors
	// Answering: a question of ours shows on a desktop of its own (B3).
	Answering bool
	Secure    bool // the system shows a protected desktop of its own, where nobody but the technician acts
}

// Screen captures. It is used by one goroutine.
type Screen interface {
	// Changed gets a value when something changed since the last Capture.
	// Where a system can only be asked, it ticks.
	Changed() <-chan struct{}
	// SetMasks says what the instrument's profile hides, once and before the
	// first Capture: until then every picture is black.
	SetMasks(*MaskSet)
	// Capture returns the newest picture. It fails closed: when it cannot tell
	// which windows are to be hidden the picture is black and the error says
	// why; with ErrLost the display itself is gone.
	Capture(full bool) (Picture, error)
	Close() error
}

// ErrLost means that the display is gone for good.
var ErrLost = errors.New("desktop: the display is gone")

// ErrHidden means that an event was dropped because it would have reached a
// window of this product (B3), or something the engineer is not to see (B6).
var ErrHidden = errors.New("desktop: input to a hidden window is dropped")

// Injector applies input. It is used by one goroutine. Every method checks,
// with the display held still, that the event cannot reach a window of ours or
// one that is masked; when it cannot be told, the event is dropped.
type Injector interface {
	// SetMasks says what the instrument's profile hides, once and before any
	// other method: until then every event is dropped.
	SetMasks(*MaskSet)
	// Move moves the pointer.
	Move(x, y int) error
	// Button presses or lifts a mouse button where the pointer is put.
	Button(x, y int, button keys.Button, down bool) error
	// Wheel turns the wheel by notches at a place.
	Wheel(x, y, dx, dy int) error
	// Key presses or lifts a key. Keys other than modifiers are pressed and
	// lifted at once, so that nothing repeats into a window that comes up.
	Key(k keys.Key, down bool) error
	// Text types one character, a new line or a tab, whatever modifiers are held:
	// they are out of the way for that moment.
	Text(r rune) error
	// Release lifts everything that is still held.
	Release() error
	// HiddenFocus says whether a window of ours or a masked one has the keyboard.
	HiddenFocus() (bool, error)
	Close() error
}

// ErrTakenBack means that an event was dropped because control was taken back,
// or the technician's hand moved, while it was being checked.
var ErrTakenBack = errors.New("desktop: control was taken back")

// Guarded is an Injector whose checks take time, since it asks the display by
// messages: still is asked right before an event is applied (scenario 14, B5).
type Guarded interface {
	Guard(still func() bool)
}

// Watcher tells what the helper has to react to at once.
type Watcher interface {
	// LocalInput gets a value when the technician's own mouse or keyboard moved.
	// It has room for one, so that what waits there can be seen.
	LocalInput() <-chan struct{}
	// FocusChanged gets a value when another window may have the keyboard.
	FocusChanged() <-chan struct{}
	Close() error
}

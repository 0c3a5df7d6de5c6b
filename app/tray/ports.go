package tray

import (
	"context"

	"beckmanconnect/app/sound"
	"beckmanconnect/assets/icons"
	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// Face is the icon and its menu.
type Face interface {
	// Update shows a view. It is called from one goroutine.
	Update(View)
	// Clicked gets the ID of a chosen item.
	Clicked() <-chan string
}

// Toast is one message that pops up.
type Toast struct {
	ID    string // another one with the same ID takes its place
	Title string
	Body  string
	Icon  icons.State
	View  string // opened by a click
	Stays bool   // until it is closed, where the system allows
	Sound Sound
	Open  string // the words of the button that opens View
}

// Sound is what a toast is heard like.
type Sound int

const (
	SoundUsual Sound = iota // whatever the desktop does with a toast
	SoundNone               // quiet hours, what can wait, and what is heard otherwise
	SoundLoud               // somebody has to look
)

// Toaster shows toasts. None of its methods waits for a person.
type Toaster interface {
	Show(ctx context.Context, t Toast) error
	Close(ctx context.Context, id string)
	// Opened gets the view of a toast that was clicked.
	Opened() <-chan string
}

// Sounds are the product's own.
type Sounds interface {
	// Play begins a sound and says whether this PC can play any.
	Play(ctx context.Context, s sound.Sound) bool
}

// Launcher starts the other programs of the log-on.
type Launcher interface {
	// Window starts the window program with a view.
	Window(view string) error
	// WindowEnded gets a value when a window program that was started ended.
	WindowEnded() <-chan struct{}
	// Desktop starts the desktop helper, in the place of one that runs.
	Desktop(wanted *hostpb.DesktopWanted) error
	// StopDesktop ends the desktop helper, if there is one.
	StopDesktop()
}

// Dialogs are the tray's own windows, for a PC on which the window program
// cannot draw. None of its methods waits for a person.
type Dialogs interface {
	// Prompt shows a question; nil takes it away.
	Prompt(ctx context.Context, p *hostpb.Prompt)
	// Session shows the bar of a session and holds it at the service; without a
	// session it takes it away.
	Session(ctx context.Context, s *hostpb.SupportState)
	// Help shows what leads to a code, or the code that is out.
	Help(ctx context.Context, s *hostpb.SupportState)
	// HelpChanged tells a Help that shows of a change.
	HelpChanged(s *hostpb.SupportState)
	// Speak has those that open from now on speak another language.
	Speak(c *text.Catalogue)
	// Close takes all of them away.
	Close()
}

// Service is what the tray asks of the service.
type Service interface {
	// Show brings a window forward; windows is how many there are.
	Show(ctx context.Context, view string) (windows uint32, err error)
	EndSession(ctx context.Context) error
	// TestAlarm raises a notification that says it is a test.
	TestAlarm(ctx context.Context) error
	// OfferProxy tells which proxy this desktop goes through.
	OfferProxy(ctx context.Context, r *hostpb.OfferProxyRequest) error
}

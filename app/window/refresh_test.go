package window

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"beckmanconnect/ui/sample"
)

// eagerNative is a screen as Windows is one: a window that is brought up has the
// keyboard, and the program is told before the call returns.
type eagerNative struct {
	*fakeNative
	told func()
}

func (n *eagerNative) Above(w fyne.Window) error {
	n.told()
	return n.fakeNative.Above(w)
}

func (n *eagerNative) Unfocused(show func()) {
	show()
	n.told()
}

// A session has one bar and one kill key, and a question one window, where the
// system tells of the keyboard in the middle of opening them (scenarios 9, 14).
func TestFocusWhileWindowsOpen(t *testing.T) {
	s := newStage(t, Config{})
	grabbed, depth := 0, 0
	grab := s.program.grabKillKey
	s.program.grabKillKey = func(ctx context.Context, pressed func()) (func(), error) {
		grabbed++
		return grab(ctx, pressed)
	}
	s.program.native = &eagerNative{s.native, func() {
		if depth++; depth > 50 {
			t.Fatal("windows are opened while they are being opened")
		}
		s.program.inFront(depth%2 == 1)
	}}
	s.service.SetSupport(sample.SessionState())
	s.until("the bar", func() bool { return s.program.bar != nil })
	if grabbed != 1 {
		t.Errorf("the kill key was taken %d times", grabbed)
	}
	s.ask(sample.ViewPrompt())
	s.until("the prompt", func() bool { return s.program.prompt != nil })
	if s.native.attends != 1 {
		t.Errorf("%d prompts watch who presses", s.native.attends)
	}
}

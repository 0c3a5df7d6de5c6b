package window

import (
	"testing"

	"beckmanconnect/ui/sample"
)

// A prompt that was taken back while somebody clicks at it must not crash the
// program, which would end the session: its window is closed only once the
// display has taken it off the screen.
func TestAWindowIsClosedOnceItIsGone(t *testing.T) {
	s := newStage(t, Config{})
	s.ready()
	s.native.stays = true
	s.ask(sample.ViewPrompt())
	closed := false
	w := s.program.prompt.window
	w.SetOnClosed(func() { closed = true })
	s.program.dismiss(w)
	looks := 0
	s.native.looked = func() { looks++ }
	s.until("three looks at it", func() bool { return looks >= 3 })
	if closed {
		t.Fatal("closed while it is on the screen")
	}
	s.native.stays = false
	s.until("the window is closed", func() bool { return closed })
}

package window

import (
	"time"

	"fyne.io/fyne/v2"
)

// settleTime is long enough for what was on its way to a window to arrive,
// mostly; onceGone makes it sure.
const settleTime = 250 * time.Millisecond

// dismiss takes a window out of sight at once and closes it later. Fyne takes
// an event of the mouse that reaches a window between its Close and the next
// turn of the loop for a nil pointer (fyne-io/fyne issue 5981), and a crash of
// this program ends the session. So it is closed once nothing is on its way to
// it: how long that takes depends on how busy the PC is.
func (p *program) dismiss(w fyne.Window) {
	w.SetCloseIntercept(nil)
	w.Hide()
	p.work.Go(func() {
		gone := make(chan bool, 1)
		for {
			select {
			case <-time.After(settleTime):
			case <-p.ctx.Done(): // the program ends, and its windows with it
				return
			}
			p.do(func() { gone <- p.onceGone(w) })
			select {
			case done := <-gone:
				if done {
					return
				}
			case <-p.ctx.Done():
				return
			}
		}
	})
}

// onceGone closes a window that the display took off the screen, and says
// whether it did. What was sent to the window before that is taken in by the
// loop's next turn, so it is closed after one: an animation's step comes at a
// turn's end.
func (p *program) onceGone(w fyne.Window) bool {
	if !p.native.Gone(w) {
		return false
	}
	turned := false
	fyne.NewAnimation(time.Millisecond, func(float32) {
		if !turned {
			turned = true
			p.do(w.Close)
		}
	}).Start()
	return true
}

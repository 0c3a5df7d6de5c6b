package window

import (
	"time"

	"fyne.io/fyne/v2"
)

// settleTime is long enough for what was on its way to a window to arrive.
const settleTime = 250 * time.Millisecond

// dismiss takes a window out of sight at once and closes it a moment later.
// Fyne takes an event of the mouse that reaches a window between its Close and
// the next turn of the loop for a nil pointer (fyne-io/fyne issue 5981), and a
// crash of this program ends the session; one that is out of sight gets none.
func (p *program) dismiss(w fyne.Window) {
	w.SetCloseIntercept(nil)
	w.Hide()
	p.work.Go(func() {
		select {
		case <-time.After(settleTime):
			p.do(w.Close)
		case <-p.ctx.Done(): // the program ends, and its windows with it
		}
	})
}

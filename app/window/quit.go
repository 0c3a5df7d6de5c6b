package window

import (
	"os"
	"time"

	"fyne.io/fyne/v2"
)

// endTime is how long the end of a program may take that has nothing left to
// show.
const endTime = 5 * time.Second

// quitOf ends the program. Fyne (2.7.1) waits at its end for its queue of events,
// and one of these may wait for the loop that has ended already: then it would
// stand there for ever, with nothing on the screen.
func quitOf(a fyne.App) func() {
	return func() {
		time.AfterFunc(endTime, func() { os.Exit(0) })
		a.Quit()
	}
}

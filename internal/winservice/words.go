package winservice

import (
	"errors"
	"io"
	"sync"
)

// maxWaiting is how many lines a program may leave unread before it counts as
// one that does not listen any more.
const maxWaiting = 64

var errDeaf = errors.New("winservice: the program does not read its lines")

// words writes lines into a program's input without waiting for it.
type words struct {
	mu    sync.Mutex
	over  bool
	lines chan Line
}

// newWords writes to in until the last word was said, then closes it.
func newWords(in io.WriteCloser) *words {
	w := &words{lines: make(chan Line, maxWaiting)}
	go func() {
		defer in.Close()
		for l := range w.lines {
			if _, err := io.WriteString(in, l.String()+"\n"); err != nil {
				break // it ended; whoever waits for it is told so
			}
		}
	}()
	return w
}

// say passes a line on. After Stop and PreShutdown there is no further one.
func (w *words) say(l Line) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return nil
	}
	select {
	case w.lines <- l:
	default:
		return errDeaf
	}
	if l.Kind != SessionChanged {
		w.over = true
		close(w.lines)
	}
	return nil
}

// end is for a program that ended by itself.
func (w *words) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.lines)
	}
}

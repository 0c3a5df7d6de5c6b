package owndesk

import (
	"encoding/hex"
	"fmt"
	"io"
	"sync"
)

// Guard is the second program's end: it tells the first one how it stands, and
// shows the shared desktop when the question is over or the first one is gone.
// Its methods are safe for use by many goroutines.
type Guard struct {
	mu   sync.Mutex
	out  io.Writer
	back func() error
	gone chan struct{}
	once sync.Once
}

// NewGuard follows the first program by in, the second's standard input, whose
// end is the first program's, and talks to it by out. back shows the shared
// desktop.
func NewGuard(in io.Reader, out io.Writer, back func() error) *Guard {
	g := &Guard{out: out, back: back, gone: make(chan struct{})}
	go func() {
		_, _ = io.Copy(io.Discard, in) // its end is what counts
		g.over()
	}()
	return g
}

// Over is closed when the first program is gone or can no more be told
// anything: this one has to end. The shared desktop shows by then.
func (g *Guard) Over() <-chan struct{} { return g.gone }

func (g *Guard) over() {
	g.once.Do(func() {
		_ = g.back() // the first program does the same, if it is there
		close(g.gone)
	})
}

// Ready says that a question shows; it may be switched to.
func (g *Guard) Ready(question string) {
	g.say(wordReady + " " + hex.EncodeToString([]byte(question)))
}

// Beat says that the windows work.
func (g *Guard) Beat() { g.say(wordBeat) }

// Answered says that the service took an answer.
func (g *Guard) Answered() { g.say(wordAnswered) }

// Gone says that there is nothing to show any more, and shows the shared
// desktop.
func (g *Guard) Gone() {
	_ = g.back() // as in over
	g.say(wordGone)
}

func (g *Guard) say(line string) {
	g.mu.Lock()
	_, err := fmt.Fprintln(g.out, line)
	g.mu.Unlock()
	if err != nil { // nobody reads it any more
		g.over()
	}
}

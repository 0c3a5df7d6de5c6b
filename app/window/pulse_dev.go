//go:build !production

package window

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// pulseVariable names the file that a development build tells what it has
// drawn and how long its turns take, for build/bench.
const pulseVariable = "BECKMANCONNECT_PULSE"

// pulsePace is how often a turn of the windows' goroutine is asked for.
const pulsePace = 10 * time.Millisecond

// pulse writes the file. It belongs to the windows' goroutine.
type pulse struct {
	out   *bufio.Writer
	drawn map[uint64]uint32 // count of each notification, as drawn
}

// newPulse begins the file where one is asked for.
func newPulse(getenv func(string) string) (*pulse, error) {
	path := getenv(pulseVariable)
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &pulse{out: bufio.NewWriter(f), drawn: map[uint64]uint32{}}, nil
}

// run asks for a turn again and again, each after the one before, until the
// program ends.
func (b *pulse) run(p *program) {
	if b == nil {
		return
	}
	p.work.Go(func() {
		had := make(chan struct{}, 1)
		tick := time.NewTicker(pulsePace)
		defer tick.Stop()
		for {
			asked := time.Now()
			p.do(func() {
				fmt.Fprintf(b.out, "turn %d\n", time.Since(asked))
				_ = b.out.Flush() // a reader that is gone is no trouble of the window's
				had <- struct{}{}
			})
			select {
			case <-had:
			case <-p.ctx.Done():
				return
			}
			select {
			case <-tick.C:
			case <-p.ctx.Done():
				return
			}
		}
	})
}

// drew tells which counts are in sight with the next frame.
func (b *pulse) drew(p *program) {
	if b == nil {
		return
	}
	for _, id := range p.content.InSight() {
		n := p.state.Notification(id)
		if b.drawn[n.GetId()] != n.GetCount() {
			b.drawn[n.GetId()] = n.GetCount()
			fmt.Fprintf(b.out, "drawn %d %s %d\n", time.Now().UnixNano(), n.GetCode(), n.GetCount())
		}
	}
	_ = b.out.Flush()
}

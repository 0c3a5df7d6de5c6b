package relay

import "time"

// What an engineer's side may send of control messages, in units of a message
// and of a KiB of it. A person with mouse and keyboard needs a few hundred a
// second; more is read as slowly as this, and so waits at the sender. Nothing
// piles up here.
const (
	gateRate  = 4000.0 // units a second
	gateBurst = 16000.0
	// floodLimit is for how long somebody may send more than is read. No
	// console does.
	floodLimit = 30 * time.Second
)

// gate is a token bucket. It is used by a link's reader only.
type gate struct {
	units float64
	last  time.Duration
	since time.Duration // when it began to be too much
	over  bool
}

func newGate(now time.Duration) gate { return gate{units: gateBurst, last: now} }

// pass takes a message of so many bytes in. It says how long to wait before the
// next is read, and that this has gone on for too long.
func (g *gate) pass(bytes int, now time.Duration) (wait time.Duration, flood bool) {
	g.units = min(gateBurst, g.units+max(now-g.last, 0).Seconds()*gateRate)
	g.last = now
	if g.units > gateBurst/2 {
		g.over = false
	}
	g.units -= 1 + float64(bytes)/1024
	if g.units >= 0 {
		return 0, false
	}
	if !g.over {
		g.over, g.since = true, now
	}
	return time.Duration(-g.units / gateRate * float64(time.Second)), now-g.since > floodLimit
}

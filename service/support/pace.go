package support

import "time"

// pace bounds how often something happens: so many at once, then so many a
// second. It is a value, so that a step that cannot be recorded leaves no
// trace in it.
type pace struct {
	spent float64 // of the burst
	at    time.Duration
	over  bool // the last one was too many, and the log knows
}

// take counts one and says whether it is within bounds; first is true for the
// first of a row that is not.
func (p *pace) take(now time.Duration, perSecond, burst float64) (ok, first bool) {
	p.spent = max(0, p.spent-perSecond*(now-p.at).Seconds())
	p.at = now
	if p.spent+1 > burst {
		first, p.over = !p.over, true
		return false, first
	}
	p.spent++
	p.over = false
	return true, false
}

package desktop

import "time"

// pacer decides when a picture is due. Nothing queues up: at most a few
// pictures are on their way, and what changed meanwhile goes into the next one.
// It sleeps while nothing changes.
type pacer struct {
	maxInFlight int
	gap         time.Duration // least time between two captures

	on       bool
	full     bool // the next picture starts anew
	dirty    bool
	last     time.Time
	notUntil time.Time
	inFlight []uint32
}

func newPacer() *pacer {
	return &pacer{maxInFlight: 2, gap: 16 * time.Millisecond}
}

// view switches capturing. A full view forgets what was on its way: it comes
// with a new reader, who never saw it.
func (p *pacer) view(on, full bool) {
	if on && (full || !p.on) {
		p.full, p.dirty, p.inFlight = true, true, nil
		p.notUntil = time.Time{}
	}
	p.on = on
	if !on {
		p.inFlight = nil
	}
}

func (p *pacer) changed() { p.dirty = true }

// captured notes that a picture was taken now.
func (p *pacer) captured(now time.Time) {
	p.dirty, p.full, p.last = false, false, now
}

// sent notes an update on its way; more says that its picture goes on.
func (p *pacer) sent(seq uint32, more bool) {
	p.inFlight = append(p.inFlight, seq)
	p.dirty = p.dirty || more
}

// acked notes that the other end shows everything up to seq.
func (p *pacer) acked(seq uint32) {
	rest := p.inFlight[:0]
	for _, s := range p.inFlight {
		if int32(s-seq) > 0 { // sequence numbers may wrap around
			rest = append(rest, s)
		}
	}
	p.inFlight = rest
}

// retry asks for another try after a capture that failed.
func (p *pacer) retry(now time.Time, after time.Duration) {
	p.dirty, p.full, p.notUntil = true, true, now.Add(after)
}

// next says whether to capture now, and otherwise how long to wait; zero means
// until something happens.
func (p *pacer) next(now time.Time) (capture bool, wait time.Duration) {
	if !p.on || !p.dirty || len(p.inFlight) >= p.maxInFlight {
		return false, 0
	}
	due := p.last.Add(p.gap)
	if p.notUntil.After(due) {
		due = p.notUntil
	}
	if wait = due.Sub(now); wait > 0 {
		return false, wait
	}
	return true, 0
}

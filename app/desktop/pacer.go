package desktop

import (
	"time"

	"beckmanconnect/session/flow"
)

const (
	// each is the time between pictures when there are many: 60 a second. More
	// than the engineer's screen shows would be work for nothing.
	each = 16 * time.Millisecond
	// ready is how many pictures may follow each other at once after a pause: a
	// program paints a key's echo and then moves its text cursor, and neither
	// should wait.
	ready = 3
	// large is how many bytes make a picture that is no echo: it uses up what
	// is ready.
	large = 8 << 10
)

// pacer decides when a picture is due, and how large its update may be. Nothing
// queues up: what changed while there was no room goes into the next picture.
// It sleeps while nothing changes. An echo never waits for a timer.
type pacer struct {
	on    bool
	full  bool // the next picture starts anew
	dirty bool

	cost     time.Duration // from the last capture to its update
	ready    float64       // pictures that may be taken at once
	filled   time.Time
	notUntil time.Time // after a capture that failed
	paced    time.Time // after a large update: what is sent in one go waits for itself
	again    time.Time // when the encoder wants to be called; zero: never

	told  told
	after []update // sent, and not yet in what was told
}

// told is what the service said last of the link. Before it says anything only
// a little may be sent.
type told struct {
	taken uint32
	room  int
	rate  int // bytes a second
}

type update struct {
	seq   uint32
	bytes int
}

func newPacer() *pacer { return &pacer{ready: ready, told: told{room: large}} }

// view switches capturing. A full view forgets what was on its way: it comes
// with a new reader, who never saw it.
func (p *pacer) view(on, full bool) {
	if on && (full || !p.on) {
		p.full, p.dirty, p.after = true, true, nil
		p.notUntil, p.paced, p.again = time.Time{}, time.Time{}, time.Time{}
	}
	p.on = on
	if !on {
		p.after = nil
	}
}

func (p *pacer) changed() { p.dirty = true }

// captured notes that a picture was taken now.
func (p *pacer) captured(now time.Time) {
	p.fill(now)
	p.ready--
	p.dirty, p.full, p.again = false, false, time.Time{}
}

// fill adds what became ready since the last time.
func (p *pacer) fill(now time.Time) {
	if !p.filled.IsZero() {
		p.ready = min(ready, p.ready+max(0, now.Sub(p.filled).Seconds()/each.Seconds()))
	}
	p.filled = now
}

// sent notes an update on its way; more says that its picture goes on.
func (p *pacer) sent(seq uint32, bytes int, more bool, now time.Time) {
	p.cost = min(now.Sub(p.filled), time.Second/2)
	p.after = append(p.after, update{seq, bytes})
	p.dirty = p.dirty || more
	if bytes >= large {
		p.ready = min(p.ready, 0)
	}
	// From the capture on: the link has been carrying what was before while this
	// one was encoded.
	if pause := flow.Pause(bytes, p.told.rate); p.told.rate > 0 && pause > each {
		p.paced = p.filled.Add(pause)
	}
}

// link takes in what the service says of the link.
func (p *pacer) link(t told) {
	p.told = t
	rest := p.after[:0]
	for _, u := range p.after {
		if int32(u.seq-t.taken) > 0 { // sequence numbers may wrap around
			rest = append(rest, u)
		}
	}
	p.after = rest
}

// budget is how many bytes the next update may have; 0: none may go out.
func (p *pacer) budget() int {
	room := p.told.room
	for _, u := range p.after {
		room -= u.bytes
	}
	if room < flow.Smallest {
		return 0
	}
	// A PC that takes long for a picture makes fewer and larger ones: the link
	// should not run dry meanwhile.
	return min(room, max(flow.Piece(p.told.rate), 2*int(float64(p.told.rate)*p.cost.Seconds())))
}

// wake asks for a call of the encoder without a change; false: there is none to
// be made.
func (p *pacer) wake(after time.Duration, due bool, now time.Time) {
	if due {
		p.again = now.Add(after)
	}
}

// retry asks for another try after a capture that failed.
func (p *pacer) retry(now time.Time, after time.Duration) {
	p.dirty, p.full, p.notUntil = true, true, now.Add(after)
}

// next says whether to capture now, and otherwise how long to wait; zero means
// until something happens.
func (p *pacer) next(now time.Time) (capture bool, wait time.Duration) {
	if !p.on || !p.dirty && p.again.IsZero() || p.budget() == 0 {
		return false, 0
	}
	p.fill(now)
	due := p.notUntil
	if p.paced.After(due) {
		due = p.paced
	}
	if !p.dirty && p.again.After(due) {
		due = p.again
	}
	if p.ready < 1 {
		if soon := now.Add(time.Duration((1 - p.ready) * float64(each))); soon.After(due) {
			due = soon
		}
	}
	if wait = due.Sub(now); wait > 0 {
		return false, wait
	}
	return true, 0
}

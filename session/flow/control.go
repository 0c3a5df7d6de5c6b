package flow

import (
	"time"

	"beckmanconnect/session/wire"
)

// Limits of what is under way. They are chosen so that a queue stays below
// 100 ms from 1 Mbit/s on.
const (
	// Smallest is the least room that is given: a keystroke's echo fits.
	Smallest = 1200
	// first is what a round trip is measured with before anything is known: so
	// small that the time it takes to be put on a line of 1 Mbit/s hardly counts.
	first = 2 << 10
	// start is how much may be under way while the rate is not known: what TCP
	// itself begins with.
	start = 16 << 10
	// least may always be under way, however slow the link seems: what is typed
	// goes on through a stall.
	least = 6 << 10

	// drained is so little under way that it hardly hides the round trip.
	drained = 2 * Smallest

	queue     = 50 * time.Millisecond  // of waiting bytes, while the link is full
	spare     = 33 * time.Millisecond  // the same for what may wait for anything else
	searching = 80 * time.Millisecond  // while there may be more to be had
	stalled   = 100 * time.Millisecond // an answer so late says that nothing moves

	slowest = 1_000_000 / 8         // bytes a second a link is taken to carry at first
	piece   = 25 * time.Millisecond // of the link's time that is filled at once

	rttWindow  = 10 * time.Second // after that the round trip is measured anew
	rttWindows = 3                // and the least of so many measurements counts
	rateWindow = time.Second
)

// Control is one sender's account. It is used under the caller's lock.
type Control struct {
	sent, received uint64 // payload bytes, from the beginning
	flight         []record
	heard          time.Duration // when received was reached
	began          time.Duration // when the newest answered bytes had been sent

	rtt      rtt
	rate     rate
	proven   int  // bytes that were under way and made no queue
	full     bool // a queue was seen: there is no more to be had
	roomy    int  // full windows in a row that made no queue
	probing  bool // the next bytes measure the round trip: nothing else is under way
	draining bool // nothing goes out until hardly anything is under way
}

// record is what was sent at one time.
type record struct {
	end      uint64 // of it, in bytes from the beginning
	at       time.Duration
	received uint64 // the account as it stood then
	heard    time.Duration
	began    time.Duration
	under    int  // bytes under way with it
	limited  bool // there was room for more: it says nothing about the rate
	wanted   bool // it is answered at once
}

// New begins an account: nothing sent, nothing known.
func New() *Control { return &Control{probing: true} }

// Sent notes payload bytes that go out now. It says whether the receiver should
// answer them at once; chunks of files always are.
func (c *Control) Sent(bytes int, now time.Duration) (want bool) {
	if bytes <= 0 {
		return false
	}
	if c.InFlight() == 0 {
		c.heard, c.began = now, now
	}
	c.sent += uint64(bytes)
	limit := c.limit(queue)
	under := c.InFlight()
	want = !c.rtt.known() || bytes >= first || under >= limit/2
	c.flight = append(c.flight, record{
		end: c.sent, at: now, received: c.received, heard: c.heard, began: c.began,
		under: under, limited: under < limit*3/4, wanted: want,
	})
	c.probing = false
	return want
}

// Acked takes an answer in. False means that it cannot be true, and the account
// is as it was.
func (c *Control) Acked(a wire.Ack, now time.Duration) bool {
	if a.Received < c.received || a.Received > c.sent {
		return false
	}
	// When it would have come, had the receiver not held it back.
	at := max(now-time.Duration(min(a.Held, uint64(time.Hour/time.Microsecond)))*time.Microsecond, c.heard)
	if a.Received == c.received {
		return true
	}
	n := 0
	for n < len(c.flight) && c.flight[n].end <= a.Received {
		n++
	}
	if n == 0 {
		return true // a part of something: the rest is still to come
	}
	r := c.flight[n-1]
	c.flight = c.flight[:copy(c.flight, c.flight[n:])]
	delivered := a.Received - r.received
	took := max(at-r.heard, r.at-r.began)
	c.received, c.heard, c.began = a.Received, at, r.at
	c.learn(r, max(at-r.at, time.Microsecond), delivered, took, at)
	return true
}

// learn draws from one answer what can be known of the link.
func (c *Control) learn(r record, trip time.Duration, delivered uint64, took, now time.Duration) {
	if c.rtt.sample(trip, now) {
		c.draining = true
	}
	if c.draining && c.InFlight() <= drained {
		c.draining, c.probing = false, true
	}
	waited := trip - c.rtt.least()
	switch {
	case waited >= queue/2:
		c.full, c.roomy = true, 0
	case !r.limited && waited < queue/4:
		if c.roomy++; c.roomy >= 3 {
			c.full = false
		}
	}
	if waited < queue {
		c.proven = max(c.proven, r.under)
	}
	if took < c.rtt.least() || took <= 0 || delivered < Smallest {
		return
	}
	bytesPerSecond := int(float64(delivered) / took.Seconds())
	if waited > 2*queue && delivered >= first {
		// A queue: what came through is all there is.
		c.rate.set(bytesPerSecond, now)
		c.proven = int(float64(bytesPerSecond) * c.rtt.least().Seconds())
		return
	}
	c.rate.sample(bytesPerSecond, r.limited, now)
}

// limit is how much may be under way for so much waiting time.
func (c *Control) limit(wait time.Duration) int {
	if !c.rate.known() || !c.rtt.known() {
		return start
	}
	if !c.full && wait == queue {
		wait = searching
	}
	most := int(float64(c.rate.most()) * (c.rtt.least() + wait).Seconds())
	// Not by leaps: a few bytes say little about a rate.
	return max(least, min(most, max(start, 2*c.proven)))
}

// Room is how many payload bytes the next picture may have: 0, or Smallest and
// more. Where it is 0 something is under way, and the answer to it makes room.
func (c *Control) Room(now time.Duration) int { return c.room(c.limit(queue), now) }

// Spare is the same for what may wait, the chunks of files: it leaves a part of
// the room to pictures, which may come at any time.
func (c *Control) Spare(now time.Duration) int {
	return c.room(min(c.limit(spare), c.limit(queue)-2*Smallest), now)
}

func (c *Control) room(limit int, now time.Duration) int {
	under := c.InFlight()
	if c.late(now) {
		limit = min(limit, least)
	}
	room := limit - under
	switch {
	case c.draining && under > drained:
		return 0
	case under == 0:
		room = max(room, Smallest)
	case room < Smallest:
		return 0
	}
	if c.probing {
		room = min(room, first)
	}
	return min(room, wire.MaxFrame)
}

// late says that something is not answered that should have been by now.
func (c *Control) late(now time.Duration) bool {
	for _, r := range c.flight {
		if r.wanted {
			return c.rtt.known() && now-r.at > c.rtt.least()+stalled
		}
	}
	return false
}

// InFlight is how many payload bytes are under way.
func (c *Control) InFlight() int { return int(c.sent - c.received) }

// Rate is what the link carries, in payload bytes a second; 0: not known yet.
func (c *Control) Rate() int { return c.rate.most() }

// RTT is the least round trip of late; 0: not known yet.
func (c *Control) RTT() time.Duration { return c.rtt.least() }

// Piece is the most bytes to send at once at a rate (as Rate says it), and Pause
// how long to wait then before the next: what is sent in one go waits for
// itself, and looks like a link that is full.
func Piece(rate int) int { return min(max(first, int(pace(rate)*piece.Seconds())), wire.MaxFrame) }

// Pause is the other half of Piece.
func Pause(bytes, rate int) time.Duration {
	return time.Duration(float64(bytes) / pace(rate) * float64(time.Second))
}

// pace is half as quick again as the link is known to be, so that one which is
// quicker is found out.
func pace(rate int) float64 { return 1.5 * float64(max(rate, slowest)) }

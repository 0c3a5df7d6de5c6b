package flow

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/session/wire"
)

const (
	ms   = time.Millisecond
	mbit = 1_000_000 / 8
)

// path is a link in time of its own: a rate that may change, a delay each way,
// and stalls, behind which everything comes at once, as TCP makes of loss. Its
// buffer has no end: what stands in it is the sender's doing.
type path struct {
	rate   func(now time.Duration) int // bytes a second
	delay  time.Duration               // each way
	stalls [][2]time.Duration          // from, to: nothing comes out

	now   time.Duration
	free  time.Duration // when the line has put out all it was given
	last  time.Duration // when the newest came out: order is kept
	queue []packet      // on its way, in order
	acks  []answer
	c     *Control

	next    time.Duration // when more may be sent
	got     uint64        // at the receiver
	held    time.Duration
	holding bool
	since   time.Duration

	waits []time.Duration // of each packet, in the line's queue
	when  []time.Duration
}

type packet struct {
	bytes int
	want  bool
	out   time.Duration
}

type answer struct {
	wire.Ack
	at time.Duration
}

func (p *path) send(bytes int) {
	want := p.c.Sent(bytes, p.now)
	start := max(p.free, p.now)
	p.waits, p.when = append(p.waits, start-p.now), append(p.when, p.now)
	p.free = start + time.Duration(float64(bytes)/float64(p.rate(start))*float64(time.Second))
	out := max(p.free+p.delay, p.last)
	for _, s := range p.stalls {
		if out >= s[0] && out < s[1] {
			out = s[1]
		}
	}
	p.last = out
	p.queue = append(p.queue, packet{bytes, want, out})
}

// step lets a ms pass at the receiver and on the way back.
func (p *path) step(t interface{ Fatalf(string, ...any) }) (answered bool) {
	p.now += ms
	for len(p.queue) > 0 && p.queue[0].out <= p.now {
		q := p.queue[0]
		p.queue = p.queue[1:]
		p.got += uint64(q.bytes)
		p.since = q.out
		switch {
		case q.want:
			p.answer(q.out)
		case !p.holding:
			p.holding, p.held = true, q.out
		}
	}
	if p.holding && p.now-p.held >= wire.HoldAckMS*ms {
		p.answer(p.now)
	}
	for len(p.acks) > 0 && p.acks[0].at <= p.now {
		if !p.c.Acked(p.acks[0].Ack, p.now) {
			t.Fatalf("a true answer was refused: %+v", p.acks[0])
		}
		p.acks = p.acks[1:]
		answered = true
	}
	return answered
}

func (p *path) answer(now time.Duration) {
	p.holding = false
	p.acks = append(p.acks, answer{wire.Ack{Received: p.got, Held: uint64((now - p.since) / time.Microsecond)}, now + p.delay})
}

// give sends as much of room as may go at once.
func (p *path) give(room int) {
	if room > 0 && p.now >= p.next {
		n := min(room, Piece(p.c.Rate()))
		p.next = p.now + Pause(n, p.c.Rate())
		p.send(n)
	}
}

func fixed(rate int) func(time.Duration) int { return func(time.Duration) int { return rate } }

// A screen that always changes: all links are used well, and nobody waits long
// on any of them.
func TestBusyScreen(t *testing.T) {
	for _, rate := range []int{1, 2, 6, 20, 100} {
		for _, delay := range []time.Duration{ms / 4, 10 * ms, 40 * ms, 100 * ms} {
			t.Run(fmt.Sprintf("%d Mbit/s, %v", rate, 2*delay), func(t *testing.T) {
				p := &path{rate: fixed(rate * mbit), delay: delay, c: New()}
				const run = 20 * time.Second
				var at5 uint64
				for p.now < run {
					p.step(t)
					p.give(p.c.Room(p.now))
					if p.now == 5*time.Second {
						at5 = p.got
					}
				}
				used := float64(p.got-at5) / float64(rate*mbit) / 15
				worst := slices.Max(p.waits)
				t.Logf("used %.0f %%, worst wait %v, rate %d, round trip %v", 100*used, worst, p.c.Rate()/mbit, p.c.RTT())
				if used < 0.85 {
					t.Errorf("only %.0f %% of the link was used", 100*used)
				}
				if worst > 100*ms {
					t.Errorf("something waited %v", worst)
				}
			})
		}
	}
}

// Whatever the link does, what is typed gets through and nothing stands still:
// room comes back as soon as the link moves.
func TestNothingStandsStill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfN(rapid.IntRange(mbit/4, 20*mbit), 1, 6).Draw(t, "rates")
		p := &path{
			rate:  func(now time.Duration) int { return rates[int(now/(3*time.Second))%len(rates)] },
			delay: time.Duration(rapid.IntRange(0, 150).Draw(t, "delay")) * ms, c: New(),
		}
		for at := time.Duration(0); at < 20*time.Second; {
			at += time.Duration(rapid.IntRange(50, 8000).Draw(t, "flows")) * ms
			end := at + time.Duration(rapid.IntRange(1, 1500).Draw(t, "stalls"))*ms
			p.stalls = append(p.stalls, [2]time.Duration{at, end})
			at = end
		}
		busy := rapid.Bool().Draw(t, "busy")
		for p.now < 25*time.Second {
			p.step(t)
			room := p.c.Room(p.now)
			if room != 0 && room < Smallest {
				t.Fatalf("room for %d bytes", room)
			}
			if spare := p.c.Spare(p.now); spare > room {
				t.Fatalf("%d bytes for files, %d for pictures", spare, room)
			}
			// A link that carries 1 Mbit/s moves so little within 20 ms: what
			// keeps the sender waiting is under way, and the answer will come.
			if p.c.InFlight() <= Smallest && room == 0 {
				t.Fatal("hardly anything is under way, and there is no room")
			}
			if busy {
				p.give(room)
			} else if p.now%(80*ms) == 0 && room > 0 {
				p.send(min(room, 300))
			}
		}
		for len(p.queue)+len(p.acks) > 0 || p.holding {
			p.step(t)
		}
		if p.c.InFlight() != 0 || p.c.Room(p.now) == 0 {
			t.Fatalf("all is answered, %d under way, room for %d", p.c.InFlight(), p.c.Room(p.now))
		}
	})
}

// Typing alone never waits for room, also where every answer is held back.
func TestTypingNeverWaits(t *testing.T) {
	for _, rate := range []int{1, 20} {
		p := &path{rate: fixed(rate * mbit), delay: 20 * ms, c: New()}
		asked := 0
		for p.now < 60*time.Second {
			p.step(t)
			if p.now%(50*ms) != 0 {
				continue
			}
			if p.c.Room(p.now) < 300 {
				t.Fatalf("at %v a key's echo waits", p.now)
			}
			before := len(p.queue)
			p.send(300)
			if p.now > 5*time.Second && p.queue[before].want {
				asked++
			}
		}
		if asked > 20 {
			t.Errorf("%d of 1100 small updates were to be answered at once", asked)
		}
		if p.c.RTT() > 60*ms {
			t.Errorf("answers that were held back made a round trip of %v", p.c.RTT())
		}
	}
}

// A link that gets slower is noticed within what was under way already, and one
// that gets quicker soon.
func TestTheRateChanges(t *testing.T) {
	p := &path{rate: func(now time.Duration) int {
		if now >= 5*time.Second && now < 10*time.Second {
			return mbit
		}
		return 10 * mbit
	}, delay: 15 * ms, c: New()}
	var at12 uint64
	for p.now < 16*time.Second {
		p.step(t)
		p.give(p.c.Room(p.now))
		if p.now == 12*time.Second {
			at12 = p.got
		}
	}
	for i, at := range p.when {
		if (at < 5*time.Second || at > 6*time.Second) && p.waits[i] > 100*ms {
			t.Fatalf("at %v something waited %v", at, p.waits[i])
		}
	}
	if used := float64(p.got-at12) / (4 * 10 * mbit); used < 0.85 {
		t.Errorf("2 s after the link was quick again %.0f %% of it was used", 100*used)
	}
}

// A file goes on behind a busy screen only where there is room, and by itself
// it uses the link; a picture that comes meanwhile finds room.
func TestFilesLeaveRoom(t *testing.T) {
	for _, rate := range []int{1, 6, 20} {
		p := &path{rate: fixed(rate * mbit), delay: 20 * ms, c: New()}
		var at5 uint64
		starved := 0
		for p.now < 15*time.Second {
			p.step(t)
			if p.now > 5*time.Second && p.now%(100*ms) == 0 {
				if p.c.Room(p.now) < Smallest {
					starved++
				} else {
					p.send(300)
				}
			}
			p.give(p.c.Spare(p.now))
			if p.now == 5*time.Second {
				at5 = p.got
			}
		}
		if used := float64(p.got-at5) / float64(10*rate*mbit); used < 0.85 {
			t.Errorf("%d Mbit/s: the file used %.0f %%", rate, 100*used)
		}
		if worst := slices.Max(p.waits); worst > 100*ms {
			t.Errorf("%d Mbit/s: something waited %v", rate, worst)
		}
		if starved > 3 {
			t.Errorf("%d Mbit/s: %d of 100 small pictures found no room", rate, starved)
		}
	}
}

// What cannot be true is refused and changes nothing.
func TestFalseAnswers(t *testing.T) {
	c := New()
	c.Sent(5000, 0)
	if c.Acked(wire.Ack{Received: 5001}, ms) {
		t.Error("more arrived than was sent")
	}
	if !c.Acked(wire.Ack{Received: 5000}, 20*ms) || c.InFlight() != 0 {
		t.Error("a true answer was refused")
	}
	if c.Acked(wire.Ack{Received: 4999}, 30*ms) {
		t.Error("what had arrived is gone again")
	}
	c.Sent(1000, 40*ms)
	if !c.Acked(wire.Ack{Received: 6000, Held: 1 << 63}, 60*ms) || c.RTT() <= 0 {
		t.Errorf("a round trip of %v", c.RTT())
	}
}

// Whatever the other end answers, and whenever: the account stays one.
func TestAnyAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, now, sent := New(), time.Duration(0), uint64(0)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * ms
			if rapid.Bool().Draw(t, "send") {
				n := rapid.IntRange(0, 1<<20).Draw(t, "bytes")
				c.Sent(n, now)
				sent += uint64(n)
			} else {
				b := wire.Ack{
					Received: rapid.Uint64Range(0, sent+sent/4).Draw(t, "received"), Held: rapid.Uint64().Draw(t, "held"),
				}.Append(nil)
				a, err := wire.ParseAck(b)
				if err != nil {
					t.Fatal(err)
				}
				if c.Acked(a, now) && a.Received > sent {
					t.Fatalf("%d arrived of %d", a.Received, sent)
				}
			}
			if c.InFlight() < 0 || uint64(c.InFlight()) > sent || c.RTT() < 0 || c.Rate() < 0 || c.Room(now) < 0 || c.Spare(now) < 0 {
				t.Fatalf("%d under way, round trip %v, rate %d, room %d and %d", c.InFlight(), c.RTT(), c.Rate(), c.Room(now), c.Spare(now))
			}
			if c.InFlight() == 0 && c.Room(now) < Smallest {
				t.Fatalf("nothing is under way, room for %d", c.Room(now))
			}
		}
	})
}

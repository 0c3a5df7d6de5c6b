package desktop

import (
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/flow"

	"pgregory.net/rapid"
)

// wide is a link that takes everything.
var wide = told{room: 1 << 20}

func TestPacer(t *testing.T) {
	start := time.Unix(1000, 0)
	p := newPacer()
	expect := func(when string, now time.Time, capture bool, wait time.Duration) {
		t.Helper()
		if c, w := p.next(now); c != capture || w.Round(time.Millisecond) != wait {
			t.Errorf("%s: %v %v, want %v %v", when, c, w, capture, wait)
		}
	}
	p.changed()
	expect("nobody looks", start, false, 0)
	p.view(true, true)
	expect("a reader comes", start, true, 0)
	p.captured(start)
	p.link(wide)
	p.sent(1, 100, false, start)
	expect("nothing changes", start.Add(time.Hour), false, 0)
	now := start.Add(time.Hour)
	for range ready { // a key's echo, the text cursor, and one more
		p.changed()
		expect("an echo never waits", now, true, 0)
		p.captured(now)
		p.sent(2, 300, false, now)
	}
	p.changed()
	expect("many small ones", now, false, each)
	expect("many small ones, later", now.Add(each), true, 0)
	now = now.Add(time.Second)
	p.captured(now)
	p.sent(3, large, true, now)
	expect("more of a large one", now, false, each)
	p.link(told{taken: 3, room: 0})
	expect("no room", now.Add(time.Second), false, 0)
	p.link(told{taken: 3, room: flow.Smallest})
	expect("room again", now.Add(time.Second), true, 0)
	now = now.Add(time.Second)
	p.captured(now)
	p.retry(now, time.Second)
	expect("failed closed", now.Add(500*time.Millisecond), false, 500*time.Millisecond)
	p.view(false, false)
	expect("nobody looks any more", now.Add(time.Hour), false, 0)
	p.view(true, false)
	if !p.full {
		t.Error("a view that was off must start anew")
	}
	expect("looks again", now.Add(time.Hour), true, 0)
}

// The encoder is called again for what settled, also when nothing changes.
func TestPacerWakesTheEncoder(t *testing.T) {
	now := time.Unix(1000, 0)
	p := newPacer()
	p.view(true, true)
	p.captured(now)
	p.wake(200*time.Millisecond, true, now)
	if c, wait := p.next(now); c || wait != 200*time.Millisecond {
		t.Errorf("at once: %v %v", c, wait)
	}
	p.changed()
	if c, _ := p.next(now.Add(each)); !c {
		t.Error("a change waits for the encoder's time")
	}
	p.captured(now.Add(each))
	p.wake(0, false, now)
	if c, wait := p.next(now.Add(time.Hour)); c || wait != 0 {
		t.Errorf("nothing was wanted: %v %v", c, wait)
	}
}

// What is on its way and not yet told counts: room is never given twice.
func TestPacerBudget(t *testing.T) {
	now := time.Unix(1000, 0)
	p := newPacer()
	p.view(true, true)
	p.captured(now)
	p.link(told{taken: 4, room: 10_000, rate: 1 << 20})
	if p.budget() != 10_000 {
		t.Errorf("room for %d", p.budget())
	}
	p.sent(5, 6000, false, now)
	p.sent(6, 3000, false, now)
	if p.budget() != 0 {
		t.Errorf("1000 are left, room for %d", p.budget())
	}
	p.link(told{taken: 5, room: 10_000, rate: 1 << 20}) // 6 is still on its way
	if p.budget() != 7000 {
		t.Errorf("7000 are left, room for %d", p.budget())
	}
	p.link(told{taken: 6, room: 1 << 20, rate: 1 << 20})
	if p.budget() != flow.Piece(1<<20) {
		t.Errorf("%d at once", p.budget())
	}
	// A PC that took 100 ms for the last picture makes larger ones.
	p.captured(now)
	p.sent(6, 10, false, now.Add(100*time.Millisecond))
	p.link(told{taken: 6, room: 1 << 20, rate: 1 << 20})
	if b := p.budget(); b < 200_000 || b > 1<<20/5+1 {
		t.Errorf("%d at once after a slow picture", b)
	}
	// A large update is followed by the pause its link needs.
	p.captured(now)
	p.sent(7, 100_000, true, now)
	if c, wait := p.next(now.Add(time.Millisecond)); c || wait < 40*time.Millisecond {
		t.Errorf("%v %v after 100,000 bytes at 1 MiB/s", c, wait)
	}
}

// Whatever happens, no more is on its way than there was room for, pictures are
// not taken more often than is useful, and a change is never forgotten: once
// there is room a capture follows.
func TestPacerNeverForgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, now, seq, stale := newPacer(), time.Unix(1000, 0), uint32(0xfffffff0), true
		p.view(true, true)
		p.told.taken = seq
		began, captures, room := now, 0, p.told.room
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				p.changed()
				stale = true
			case 1:
				if capture, _ := p.next(now); capture {
					budget := p.budget()
					if budget > room {
						t.Fatalf("%d bytes, there is room for %d", budget, room)
					}
					p.captured(now)
					captures++
					seq++
					bytes, more := rapid.IntRange(1, budget).Draw(t, "bytes"), rapid.Bool().Draw(t, "more")
					p.sent(seq, bytes, more, now)
					room -= bytes
					stale = more
				}
			case 2:
				room = rapid.IntRange(0, 100_000).Draw(t, "room")
				p.link(told{taken: seq, room: room, rate: rapid.IntRange(0, 1<<20).Draw(t, "rate")})
			}
		}
		if most := ready + 1 + int(now.Sub(began)/each); captures > most {
			t.Fatalf("%d captures in %v", captures, now.Sub(began))
		}
		p.link(told{taken: seq, room: 1 << 20})
		if capture, _ := p.next(now.Add(time.Minute)); capture != stale {
			t.Fatalf("capture %v, want %v", capture, stale)
		}
	})
}

func kinds(n int, kind hostpb.InputEvent_Kind) []*hostpb.InputEvent {
	out := make([]*hostpb.InputEvent, n)
	for i := range out {
		out[i] = &hostpb.InputEvent{Kind: kind, X: int32(i)}
	}
	return out
}

func TestQueue(t *testing.T) {
	q := newQueue(3)
	q.put(2, kinds(4, hostpb.InputEvent_KIND_KEY_DOWN)) // older: dropped
	if e, release := q.next(); e != nil || release {
		t.Errorf("an older generation was queued: %v %v", e, release)
	}
	q.put(3, kinds(5, hostpb.InputEvent_KIND_POINTER_MOVE)) // one after the other: the newest
	if e, _ := q.next(); e.GetX() != 4 {
		t.Errorf("move to %v", e)
	}
	// scenario 14: 10,000 are queued, then control is revoked.
	q.put(3, kinds(10_000, hostpb.InputEvent_KIND_KEY_DOWN))
	if len(q.events) != maxQueued {
		t.Errorf("%d queued", len(q.events))
	}
	q.next()
	q.clear(4)
	if e, release := q.next(); e != nil || !release {
		t.Errorf("after the revocation: %v %v", e, release)
	}
	q.put(3, kinds(1, hostpb.InputEvent_KIND_KEY_DOWN))
	if e, release := q.next(); e != nil || release {
		t.Errorf("the old generation still counts: %v %v", e, release)
	}
	q.put(5, kinds(1, hostpb.InputEvent_KIND_KEY_DOWN)) // a new grant begins clean
	if e, release := q.next(); e != nil || !release {
		t.Errorf("a new generation did not release: %v %v", e, release)
	}
	if e, _ := q.next(); e == nil {
		t.Error("the new generation's event is lost")
	}
}

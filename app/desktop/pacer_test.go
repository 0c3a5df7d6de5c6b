package desktop

import (
	"testing"
	"time"

	"beckmanconnect/ipc/hostpb"

	"pgregory.net/rapid"
)

func TestPacer(t *testing.T) {
	start := time.Unix(1000, 0)
	p := newPacer()
	expect := func(when string, now time.Time, capture bool, wait time.Duration) {
		t.Helper()
		if c, w := p.next(now); c != capture || w != wait {
			t.Errorf("%s: %v %v, want %v %v", when, c, w, capture, wait)
		}
	}
	p.changed()
	expect("nobody looks", start, false, 0)
	p.view(true, true)
	expect("a reader comes", start, true, 0)
	p.captured(start)
	p.sent(1, false)
	expect("nothing changes", start.Add(time.Hour), false, 0)
	p.changed()
	expect("changed at once", start.Add(6*time.Millisecond), false, 10*time.Millisecond)
	expect("changed later", start.Add(16*time.Millisecond), true, 0)
	p.captured(start.Add(16 * time.Millisecond))
	p.sent(2, true)
	expect("two on their way, and more to send", start.Add(time.Second), false, 0)
	p.acked(1)
	expect("one is shown", start.Add(time.Second), true, 0)
	p.captured(start.Add(time.Second))
	p.retry(start.Add(time.Second), time.Second)
	expect("failed closed", start.Add(1500*time.Millisecond), false, 500*time.Millisecond)
	p.view(false, false)
	expect("nobody looks any more", start.Add(time.Hour), false, 0)
	p.view(true, false)
	if !p.full {
		t.Error("a view that was off must start anew")
	}
	expect("looks again", start.Add(time.Hour), true, 0)
}

// Whatever happens, no more than the limit is on its way, and a change is
// never forgotten: once all is acknowledged a capture follows.
func TestPacerNeverForgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, now, seq, stale := newPacer(), time.Unix(1000, 0), uint32(0xfffffff0), false
		p.view(true, true)
		stale = true
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				p.changed()
				stale = true
			case 1:
				if capture, _ := p.next(now); capture {
					p.captured(now)
					seq++
					more := rapid.Bool().Draw(t, "more")
					p.sent(seq, more)
					stale = more
				}
			case 2:
				p.acked(seq - uint32(rapid.IntRange(0, 2).Draw(t, "behind")))
			}
			if len(p.inFlight) > p.maxInFlight {
				t.Fatalf("%d on their way", len(p.inFlight))
			}
		}
		p.acked(seq)
		if capture, _ := p.next(now.Add(time.Second)); capture != stale {
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

package relay

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What a person does passes at once; what comes faster is read at the gate's
// rate, and a flood that does not end is called one (scenario 53).
func TestGate(t *testing.T) {
	g := newGate(0)
	for now := time.Duration(0); now < time.Minute; now += 3 * time.Millisecond {
		if wait, flood := g.pass(300, now); wait > 0 || flood {
			t.Fatalf("at %v a person waits %v, %v", now, wait, flood)
		}
	}
	// 10,000 inputs at once, 50 in a message of 3 KiB.
	g = newGate(0)
	for range 10_000 / 50 {
		if wait, _ := g.pass(3<<10, 0); wait > 0 {
			t.Fatalf("10,000 inputs wait %v", wait)
		}
	}
	g = newGate(0)
	now, read := time.Duration(0), 0
	for now < 2*floodLimit {
		wait, flood := g.pass(200, now)
		read++
		if flood {
			break
		}
		now += wait
	}
	if now < floodLimit || now > floodLimit+5*time.Second {
		t.Errorf("called a flood after %v", now)
	}
	if most := gateBurst + gateRate*now.Seconds(); float64(read) > most {
		t.Errorf("%d messages were read, at most %v may be", read, most)
	}
}

// However it is sent, no more is read than the burst and the rate allow, and
// each wait ends.
func TestGateBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGate(0)
		now, units := time.Duration(0), 0.0
		for range rapid.IntRange(1, 500).Draw(t, "messages") {
			now += time.Duration(rapid.IntRange(0, 20).Draw(t, "ms")) * time.Millisecond
			bytes := rapid.IntRange(0, maxControl).Draw(t, "bytes")
			wait, _ := g.pass(bytes, now)
			units += 1 + float64(bytes)/1024
			now += wait
			if units > gateBurst+gateRate*now.Seconds()+1 {
				t.Fatalf("%v units within %v", units, now)
			}
			if wait > time.Second {
				t.Fatalf("one message waits %v", wait)
			}
		}
	})
}

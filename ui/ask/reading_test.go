package ask_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/ask"
)

func TestReading(t *testing.T) {
	for name, test := range map[string]struct {
		saw         [][2]float32
		done, above bool // seen from where it stands last
	}{
		"nothing":                 {nil, false, false},
		"the beginning":           {[][2]float32{{0, 100}}, false, false},
		"page by page":            {[][2]float32{{0, 100}, {80, 180}, {160, 260}, {200, 300}}, true, false},
		"in one go":               {[][2]float32{{0, 300}}, true, false},
		"to the last pixel":       {[][2]float32{{0, 299.4}}, true, false},
		"the end alone":           {[][2]float32{{200, 300}}, false, true},
		"a jump to the end":       {[][2]float32{{0, 100}, {200, 300}}, false, true},
		"back over what was left": {[][2]float32{{0, 100}, {200, 300}, {90, 190}, {200, 300}}, false, true},
		"and then all":            {[][2]float32{{0, 100}, {200, 300}, {90, 190}, {190, 290}, {200, 300}}, true, false},
	} {
		var r ask.Reading
		top := float32(0)
		for _, s := range test.saw {
			r.Saw(s[0], s[1])
			top = s[0]
		}
		if r.Done(300) != test.done || r.Above(top) != test.above {
			t.Errorf("%s: done %v, above %v", name, r.Done(300), r.Above(top))
		}
	}
}

// Whatever the order, nothing counts as read that was not in sight.
func TestReadingLeavesNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ask.Reading
		height := rapid.IntRange(50, 1000).Draw(t, "height")
		seen := make([]bool, height)
		for range rapid.IntRange(0, 30).Draw(t, "looks") {
			top := rapid.IntRange(0, height-1).Draw(t, "top")
			bottom := min(top+rapid.IntRange(1, 400).Draw(t, "window"), height)
			r.Saw(float32(top), float32(bottom))
			for i := top; i < bottom; i++ {
				seen[i] = true
			}
		}
		unseen := 0
		for _, s := range seen {
			if !s {
				unseen++
			}
		}
		if r.Done(float32(height)) && unseen > 1+len(seen)/50 { // a gap of a pixel is none
			t.Fatalf("%d of %d were never in sight", unseen, height)
		}
	})
}

// Until all was seen nothing is armed, however long it stands; then the time
// begins.
func TestArmedOnceItWasRead(t *testing.T) {
	a := ask.NewArming(&hostpb.Prompt{ArmedAfterMs: 800})
	now := time.Date(2026, 3, 17, 14, 5, 0, 0, time.UTC)
	look := func(d time.Duration) {
		for ; d > 0; d -= 100 * time.Millisecond {
			now = now.Add(100 * time.Millisecond)
			a.Tick(now, ask.InSight)
		}
	}
	a.Unread(true)
	look(time.Minute)
	if a.Armed() {
		t.Fatal("armed, and not read")
	}
	a.Unread(false)
	if a.Armed() {
		t.Fatal("armed in the moment in which the end came into sight")
	}
	look(700 * time.Millisecond)
	if a.Armed() {
		t.Fatal("armed too early")
	}
	if look(200 * time.Millisecond); !a.Armed() {
		t.Fatal("read, and not armed")
	}
	if a.Unread(true); a.Armed() {
		t.Fatal("there is more to read, and it is armed")
	}
	if a.Unread(false); a.Armed() {
		t.Fatal("armed without time")
	}
}

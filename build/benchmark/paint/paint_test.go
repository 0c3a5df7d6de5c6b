package paint

import (
	"context"
	"hash/maphash"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/desktop/xtesting"
)

// look is a hash of a part of the display.
func look(t *testing.T, x *xgb.Conn, r image.Rectangle) uint64 {
	t.Helper()
	root := xproto.Setup(x).DefaultScreen(x).Root
	hash := maphash.Hash{}
	hash.SetSeed(seed)
	const rows = 50 // a reply of X has a limit of its own in some servers
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		p, err := xproto.GetImage(x, xproto.ImageFormatZPixmap, xproto.Drawable(root), int16(r.Min.X), int16(y), uint16(r.Dx()), uint16(min(rows, r.Max.Y-y)), ^uint32(0)).Reply()
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(p.Data)
	}
	return hash.Sum64()
}

var seed = maphash.MakeSeed()

// Every work changes the part that is watched with every step, paints the same
// pixels for the same seed, and leaves the display as it was.
func TestWorks(t *testing.T) {
	name := xtesting.Xvfb(t, "1920x1080")
	if err := Wallpaper(name); err != nil {
		t.Fatal(err)
	}
	x, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	all := image.Rect(0, 0, Width, Height)
	bare := look(t, x, all)
	for _, work := range All {
		t.Run(string(work), func(t *testing.T) {
			var ends [2]uint64
			for turn := range ends {
				p, err := Open(Config{Display: name, Work: work, Seed: 7})
				if err != nil {
					t.Fatal(err)
				}
				before := look(t, x, p.Watch())
				for n := range 12 {
					if err := p.scene.step(n); err != nil {
						t.Fatal(err)
					}
					if err := p.x.sync(); err != nil {
						t.Fatal(err)
					}
					now := look(t, x, p.Watch())
					if now == before {
						t.Errorf("step %d changes nothing in %v", n, p.Watch())
					}
					before = now
				}
				ends[turn] = look(t, x, all)
				p.Close()
				for end := time.Now().Add(10 * time.Second); look(t, x, all) != bare; {
					if time.Now().After(end) {
						t.Fatal("something is left on the display")
					}
				}
			}
			if ends[0] != ends[1] {
				t.Error("the same seed paints another picture")
			}
			if ends[0] == bare {
				t.Error("nothing was painted")
			}
		})
	}
}

// A run makes its steps in its time, and ends with its context.
func TestRun(t *testing.T) {
	name := xtesting.Xvfb(t, "1920x1080")
	p, err := Open(Config{Display: name, Work: Typing, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	count := &counting{scene: p.scene}
	p.scene = count
	if err := p.Run(t.Context(), 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if count.steps != Typing.Rate()/2 {
		t.Errorf("%d steps in half a second", count.steps)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ended, time.Hour); err == nil {
		t.Error("went on after its end")
	}
}

type counting struct {
	scene
	steps int
}

func (c *counting) step(n int) error {
	c.steps++
	return c.scene.step(n)
}

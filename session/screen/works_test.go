package screen_test

import (
	"bytes"
	"image"
	"image/draw"
	"testing"
	"time"

	"beckmanconnect/session/screen"
)

// What each kind of work costs in bytes, and that the picture is exact after
// each step.
func TestWhatWorkCosts(t *testing.T) {
	most := map[string]int{"idle": 0, "typing": 30, "scroll": 2000, "drag": 1500, "dots": 1500, "menu": 4000}
	for _, w := range works {
		limit, ok := most[w.name]
		if !ok {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			d := newDesk()
			step := w.make(d)
			d.show(d.img.Rect)
			now := time.Unix(1e9, 0)
			e := screen.NewEncoder(screen.Config{Now: func() time.Time { return now }})
			var dec screen.Decoder
			send := func(damage []image.Rectangle) (n int) {
				for first := true; first || e.Pending(); first = false {
					u := e.Encode(nil, d.frame, damage, 0)
					if len(u) == 0 {
						return n
					}
					n, damage = n+len(u), []image.Rectangle{}
					if _, _, err := dec.Apply(u); err != nil {
						t.Fatal(err)
					}
				}
				return n
			}
			send(nil)
			total := 0
			const steps = 12
			for n := range steps {
				now = now.Add(100 * time.Millisecond)
				total += send(step(n))
			}
			sameAs(t, d.img, dec.Image())
			if total/steps > limit {
				t.Errorf("%d bytes a step, at most %d are expected", total/steps, limit)
			}
			t.Logf("%d bytes a step", total/steps)
		})
	}
}

// Windows dragged in any direction, also by what the system says alone, cost
// what they uncover.
func TestMovesCostLittle(t *testing.T) {
	d := newDesk()
	e := screen.NewEncoder(screen.Config{})
	var dec screen.Decoder
	send := func(damage []image.Rectangle) (n int) {
		for first := true; first || e.Pending(); first = false {
			u := e.Encode(nil, d.frame, damage, 0)
			if _, _, err := dec.Apply(u); err != nil {
				t.Fatal(err)
			}
			n, damage = n+len(u), []image.Rectangle{}
		}
		return n
	}
	d.show(d.img.Rect)
	send(nil)
	r := image.Rect(700, 300, 1200, 700)
	for i, by := range []image.Point{{23, 0}, {-23, 0}, {0, 31}, {0, -31}, {17, -9}, {-100, 80}, {3, 2}} {
		for _, hint := range []bool{i%2 == 0, i%2 != 0} {
			d.page(r)
			d.frame.Moves = nil
			send(d.show(r.Inset(-200)))
			// It leaves a copy of itself behind, so that nothing else is to be drawn.
			to := r.Add(by)
			draw.Draw(d.img, to, d.img, r.Min, draw.Src)
			damage := d.show(to)
			if hint {
				d.frame.Moves = []screen.Move{{To: to, From: r.Min}}
			}
			if n := send(damage); n > 48 { // the copy, and tiles it comes over that are kept
				t.Errorf("by %v, told %v: %d bytes", by, hint, n)
			}
		}
	}
	sameAs(t, d.img, dec.Image())
}

func sameAs(t *testing.T, want, got *image.RGBA) {
	t.Helper()
	if bytes.Equal(want.Pix, got.Pix) {
		return
	}
	for i := range want.Pix {
		if want.Pix[i] != got.Pix[i] {
			t.Fatalf("pixel %d,%d is another", i/4%want.Rect.Dx(), i/4/want.Rect.Dx())
		}
	}
}

package screen_test

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"beckmanconnect/session/screen"
)

// desk is a screen on which the work of build/bench screen is imitated.
type desk struct {
	img   *image.RGBA
	noise *rand.Rand
	frame screen.Frame
}

func newDesk() *desk {
	d := &desk{img: image.NewRGBA(image.Rect(0, 0, 1920, 1080)), noise: rand.New(rand.NewPCG(1, 2))}
	p := d.img.Pix
	for y := range 1080 {
		for x := range 1920 {
			p[0], p[1], p[2], p[3] = byte(20+x/40), byte(50+y/30), byte(90+(x+y)/60), 255
			p = p[4:]
		}
	}
	d.frame = screen.Frame{Pix: make([]byte, 4*1920*1080), Stride: 4 * 1920, Width: 1920, Height: 1080}
	return d
}

func (d *desk) fill(r image.Rectangle, c color.Color) {
	draw.Draw(d.img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func (d *desk) text(x, y int, s string) {
	w := font.Drawer{Dst: d.img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	w.DrawString(s)
}

func (d *desk) line(n int) string {
	letters := "abcdefghijklmnopqrstuvwxyz     0123456789.,-"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[d.noise.IntN(len(letters))]
	}
	return string(b)
}

// show brings what was painted in r into the frame.
func (d *desk) show(r image.Rectangle) []image.Rectangle {
	r = r.Intersect(d.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from, to := d.img.Pix[y*d.img.Stride:], d.frame.Pix[y*d.frame.Stride:]
		for i := 4 * r.Min.X; i < 4*r.Max.X; i += 4 {
			to[i], to[i+1], to[i+2] = from[i+2], from[i+1], from[i]
		}
	}
	return []image.Rectangle{r}
}

func (d *desk) page(r image.Rectangle) {
	d.fill(r, color.White)
	for y := r.Min.Y + 13; y < r.Max.Y-4; y += 13 {
		d.text(r.Min.X+4, y, d.line(20+d.noise.IntN(r.Dx()/7-24)))
	}
}

// work is one of the things done on the screen: each step gives the damage.
type work struct {
	name string
	make func(d *desk) (step func(n int) []image.Rectangle)
}

var works = []work{
	{"idle", func(d *desk) func(int) []image.Rectangle {
		return func(int) []image.Rectangle { return []image.Rectangle{d.img.Rect} }
	}},
	{"typing", func(d *desk) func(int) []image.Rectangle {
		d.fill(image.Rect(300, 200, 1300, 900), color.White)
		x, y := 304, 213
		return func(int) []image.Rectangle {
			if x > 1280 {
				x, y = 304, 213+(y-200)%680/13*13+13
			}
			d.fill(image.Rect(x, y-10, x+7, y+3), color.White)
			d.text(x, y, d.line(1))
			x += 7
			d.fill(image.Rect(x, y-10, x+7, y+3), color.Black) // the caret
			return d.show(image.Rect(x-7, y-10, x+7, y+3))
		}
	}},
	{"scroll", func(d *desk) func(int) []image.Rectangle {
		r := image.Rect(300, 100, 1300, 958)
		d.page(r)
		return func(int) []image.Rectangle {
			draw.Draw(d.img, r, d.img, r.Min.Add(image.Pt(0, 13)), draw.Src)
			d.fill(image.Rect(r.Min.X, r.Max.Y-13, r.Max.X, r.Max.Y), color.White)
			d.text(r.Min.X+4, r.Max.Y-3, d.line(100))
			return d.show(r)
		}
	}},
	{"drag", func(d *desk) func(int) []image.Rectangle {
		d.page(image.Rect(900, 300, 1700, 900))
		back := image.NewRGBA(d.img.Rect)
		copy(back.Pix, d.img.Pix)
		size := image.Pt(640, 420)
		window := image.NewRGBA(image.Rectangle{Max: size})
		d.page(image.Rectangle{Max: size})
		draw.Draw(window, window.Rect, d.img, image.Point{}, draw.Src)
		draw.Draw(d.img, window.Rect, back, image.Point{}, draw.Src)
		at := image.Pt(100, 100)
		return func(n int) []image.Rectangle {
			was := image.Rectangle{Min: at, Max: at.Add(size)}
			draw.Draw(d.img, was, back, at, draw.Src)
			at = image.Pt(100+7*n%1100, 100+3*n%500)
			now := image.Rectangle{Min: at, Max: at.Add(size)}
			draw.Draw(d.img, now, window, image.Point{}, draw.Src)
			return append(d.show(was), d.show(now)...)
		}
	}},
	{"dots", func(d *desk) func(int) []image.Rectangle {
		r := image.Rect(500, 300, 900, 700)
		d.fill(r, color.White)
		colours := []color.RGBA{{200, 30, 30, 255}, {30, 120, 60, 255}, {30, 60, 200, 255}}
		return func(int) []image.Rectangle {
			for range 200 {
				k := d.noise.IntN(3)
				x := 560 + k*90 + int(d.noise.NormFloat64()*40)
				y := 620 - k*90 + int(d.noise.NormFloat64()*40)
				d.fill(image.Rect(x, y, x+2, y+2).Intersect(r), colours[k])
			}
			return d.show(r)
		}
	}},
	{"menu", func(d *desk) func(int) []image.Rectangle {
		d.page(image.Rect(300, 100, 1300, 958))
		r := image.Rect(420, 133, 680, 500)
		back := image.NewRGBA(r)
		draw.Draw(back, r, d.img, r.Min, draw.Src)
		return func(n int) []image.Rectangle {
			if n%2 == 0 {
				d.page(r)
			} else {
				draw.Draw(d.img, r, back, r.Min, draw.Src)
			}
			return d.show(r)
		}
	}},
	{"photo", func(d *desk) func(int) []image.Rectangle {
		return func(n int) []image.Rectangle {
			r := image.Rect(200, 200, 840, 680)
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					v := byte(x*y/700 + 40*n + d.noise.IntN(4))
					d.img.SetRGBA(x, y, color.RGBA{v, v/2 + byte(y), byte(x/3) + v/4, 255})
				}
			}
			return d.show(r)
		}
	}},
}

// BenchmarkWork gives time and bytes of one step of each kind of work.
func BenchmarkWork(b *testing.B) {
	for _, w := range works {
		b.Run(w.name, func(b *testing.B) {
			d := newDesk()
			step := w.make(d)
			d.show(d.img.Rect)
			e := newEncoder()
			buf := e.Encode(nil, d.frame, nil, 0)
			for e.Pending() {
				buf = e.Encode(buf[:0], d.frame, []image.Rectangle{}, 0)
			}
			total, n := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				damage := step(n)
				n++
				b.StartTimer()
				buf = e.Encode(buf[:0], d.frame, damage, 0)
				total += len(buf)
			}
			b.ReportMetric(float64(total)/float64(n), "bytes/op")
		})
	}
}

func newEncoder() *screen.Encoder { return screen.NewEncoder(screen.Config{}) }

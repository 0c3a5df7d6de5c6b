package paint

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/jezek/xgb/xproto"
)

// Wallpaper covers a display's root window with a soft, photograph-like
// picture, the same for everybody, and puts the pointer into the lower right
// corner, away from all work: some servers draw it into the picture.
func Wallpaper(display string) error {
	x, err := open(display)
	if err != nil {
		return fmt.Errorf("wallpaper on %s: %w", display, err)
	}
	defer x.close()
	p, err := x.surface(Width, Height)
	if err != nil {
		return err
	}
	clouds := newNoise(rand.New(rand.NewPCG(1, 1)), 97)
	for y := range Height {
		for i := range Width {
			v := clouds.at(float64(i)/190, float64(y)/190)*40 + clouds.at(float64(i)/37, float64(y)/37)*9
			at := 90*float64(i)/Width + 60*float64(y)/Height + v
			p.pix[y*Width+i] = clamp(18+at*.35)<<16 | clamp(52+at*.6)<<8 | clamp(84+at*.75)
		}
	}
	pixmap, err := x.pixmap(p)
	if err != nil {
		return err
	}
	if err := xproto.ChangeWindowAttributesChecked(x.c, x.root, xproto.CwBackPixmap, []uint32{uint32(pixmap)}).Check(); err != nil {
		return fmt.Errorf("wallpaper on %s: %w", display, err)
	}
	if err := xproto.ClearAreaChecked(x.c, false, x.root, 0, 0, 0, 0).Check(); err != nil {
		return fmt.Errorf("wallpaper on %s: %w", display, err)
	}
	return xproto.WarpPointerChecked(x.c, 0, x.root, 0, 0, 0, 0, Width-8, Height-8).Check()
}

func clamp(v float64) uint32 { return uint32(min(max(v, 0), 255)) }

// noise is a smooth random field, −1 to 1, which repeats itself.
type noise struct {
	size int
	grid []float64
}

func newNoise(random *rand.Rand, size int) *noise {
	n := &noise{size: size, grid: make([]float64, size*size)}
	for i := range n.grid {
		n.grid[i] = 2*random.Float64() - 1
	}
	return n
}

func (n *noise) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	g := func(x, y float64) float64 {
		i, j := int(x)%n.size, int(y)%n.size
		return n.grid[(j+n.size)%n.size*n.size+(i+n.size)%n.size]
	}
	above := g(fx, fy)*(1-tx) + g(fx+1, fy)*tx
	below := g(fx, fy+1)*(1-tx) + g(fx+1, fy+1)*tx
	return above*(1-ty) + below*ty
}

// drag is a window that is moved by its title, over another one and over the
// wallpaper. What it uncovers the server shows again by itself.
type drag struct {
	x      *screen
	window xproto.Window
}

func newDrag(x *screen, random *rand.Rand) (scene, error) {
	under, err := x.dialog(random, beneath.Size(), "Results of rack 0412", paper, ink)
	if err != nil {
		return nil, err
	}
	if _, err := x.window(beneath, under, 0); err != nil {
		return nil, err
	}
	over, err := x.dialog(random, dragSize, "Calibration", shadow, ink)
	if err != nil {
		return nil, err
	}
	d := &drag{x: x}
	at := dragged(0)
	d.window, err = x.window(image.Rectangle{Min: at, Max: at.Add(dragSize)}, over, 0)
	return d, err
}

// dialog is a window with a title and a page of text.
func (s *screen) dialog(random *rand.Rand, size image.Point, title string, back, fore uint32) (*surface, error) {
	f, err := sans(10)
	if err != nil {
		return nil, err
	}
	p, err := s.surface(size.X, size.Y)
	if err != nil {
		return nil, err
	}
	p.fill(p.Bounds(), frame)
	p.fill(image.Rect(1, 28, size.X-1, size.Y-1), back)
	write(p, f, paper, 10, 20, title)
	for y := 56; y < size.Y-50; y += 19 {
		write(p, f, fore, 18, y, fit(f, sentence(random, size.X/7), size.X-36))
	}
	button := image.Rect(size.X-120, size.Y-40, size.X-20, size.Y-12)
	p.fill(button, frame)
	write(p, f, paper, button.Min.X+30, button.Max.Y-9, "Close")
	return p, nil
}

// dragged is the window's place after n steps: a hand that swings to and fro.
func dragged(n int) image.Point {
	t := float64(n) / 30
	return image.Pt(640+int(math.Round(330*math.Sin(2*math.Pi*t/5))), 400+int(math.Round(180*math.Sin(2*math.Pi*t/3.3))))
}

func (d *drag) step(n int) error {
	at := dragged(n + 1)
	xproto.ConfigureWindow(d.x.c, d.window, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{uint32(at.X), uint32(at.Y)})
	return d.x.sync()
}

// motion is a camera over a specimen: the picture wanders, and each has the
// sensor's own noise.
type motion struct {
	window xproto.Window
	frame  *surface
	photo  []uint32
	grain  []uint32
	random *rand.Rand
}

// The photograph is larger than what is seen of it.
const photoWidth, photoHeight = 1500, 900

func newMotion(x *screen, random *rand.Rand) (scene, error) {
	f, err := x.surface(motionAt.Dx(), motionAt.Dy())
	if err != nil {
		return nil, err
	}
	m := &motion{frame: f, photo: photograph(random), random: random, grain: make([]uint32, 1<<16)}
	for i := range m.grain {
		m.grain[i] = uint32(random.IntN(4)) * 0x010101
	}
	m.draw(0)
	m.window, err = x.window(motionAt, f, 0)
	return m, err
}

// photograph shows stained cells under a microscope. No channel is above 250,
// which leaves room for the grain.
func photograph(random *rand.Rand) []uint32 {
	photo := make([]uint32, photoWidth*photoHeight)
	field := newNoise(random, 211)
	for y := range photoHeight {
		for x := range photoWidth {
			fx, fy := float64(x), float64(y)
			v := field.at(fx/120, fy/120)*22 + field.at(fx/30, fy/30)*12 + field.at(fx/7, fy/7)*7
			photo[y*photoWidth+x] = min(clamp(214+v), 250)<<16 | min(clamp(196+v*.9), 250)<<8 | min(clamp(188+v*.7), 250)
		}
	}
	for range 420 {
		cx, cy, r := random.Float64()*photoWidth, random.Float64()*photoHeight, 8+random.Float64()*22
		tint := [3]float64{120 + random.Float64()*90, 50 + random.Float64()*60, 100 + random.Float64()*90}
		for y := max(int(cy-r-1), 0); y < min(int(cy+r+2), photoHeight); y++ {
			for x := max(int(cx-r-1), 0); x < min(int(cx+r+2), photoWidth); x++ {
				d := math.Hypot(float64(x)-cx, float64(y)-cy)
				cover := min(max((r-d)/2, 0), 1) * (.55 + .35*d/r)
				if cover <= 0 {
					continue
				}
				v := field.at(float64(x)/5, float64(y)/5) * 14
				c := photo[y*photoWidth+x]
				mix := func(shift int, t float64) uint32 {
					return min(clamp(float64(c>>shift&255)*(1-cover)+(t+v)*cover), 250) << shift
				}
				photo[y*photoWidth+x] = mix(16, tint[0]) | mix(8, tint[1]) | mix(0, tint[2])
			}
		}
	}
	return photo
}

func (m *motion) draw(n int) {
	t := float64(n) / 30
	ox := int(110 + 105*math.Sin(t*.9) + 3*math.Sin(t*7))
	oy := int(90 + 85*math.Sin(t*.63) + 2*math.Sin(t*9))
	for y := range m.frame.h {
		from := m.photo[(y+oy)*photoWidth+ox:][:m.frame.w]
		grain := m.grain[m.random.IntN(len(m.grain)-m.frame.w):][:m.frame.w]
		to := m.frame.pix[y*m.frame.w:][:m.frame.w]
		for i := range to {
			to[i] = from[i] + grain[i]
		}
	}
}

func (m *motion) step(n int) error {
	m.draw(n + 1)
	return m.frame.put(xproto.Drawable(m.window), m.frame.Bounds(), image.Point{})
}

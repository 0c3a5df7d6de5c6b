package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beckmanconnect/ui/theme"
)

// Countdown is time that runs out: a ring that empties clockwise, with the time
// in words inside. It moves when it is set, once a second; nothing in it is an
// animation.
type Countdown struct {
	widget.BaseWidget
	kit        *Kit
	ink, track color.NRGBA
	left       string
	fraction   float32
}

// Countdown makes a ring in a colour, on a track in another.
func (k *Kit) Countdown(ink, track color.NRGBA) *Countdown {
	c := &Countdown{kit: k, ink: ink, track: track, fraction: 1}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows how much is left: of the whole, from 0 to 1, and in words.
func (c *Countdown) Set(fraction float32, left string) {
	if c.left == left {
		return // less than a second passed
	}
	c.left, c.fraction = left, min(max(fraction, 0), 1)
	c.Refresh()
}

// Left is the time in words.
func (c *Countdown) Left() string { return c.left }

// CreateRenderer is Fyne's.
func (c *Countdown) CreateRenderer() fyne.WidgetRenderer {
	r := &countdownRenderer{countdown: c, track: canvas.NewCircle(color.Transparent), arc: canvas.NewArc(0, 360, ringCut, c.ink),
		left: c.kit.Plain("", theme.TextBody, true, c.ink)}
	r.track.StrokeColor, r.track.StrokeWidth = c.track, 1.5
	r.left.Alignment = fyne.TextAlignCenter
	r.apply()
	return r
}

const (
	ringSize float32 = 58
	ringCut  float32 = 0.84 // how much of the disc is cut out of the middle
)

type countdownRenderer struct {
	countdown *Countdown
	track     *canvas.Circle
	arc       *canvas.Arc
	left      *canvas.Text
}

func (r *countdownRenderer) apply() {
	r.left.Text = r.countdown.left
	r.arc.EndAngle = 360 * r.countdown.fraction
	r.arc.Hidden = r.countdown.fraction == 0
}

func (r *countdownRenderer) MinSize() fyne.Size {
	return fyne.NewSquareSize(max(r.countdown.kit.Size(ringSize), r.left.MinSize().Width+20))
}

func (r *countdownRenderer) Layout(size fyne.Size) {
	side := min(size.Width, size.Height)
	at := fyne.NewPos((size.Width-side)/2, (size.Height-side)/2)
	r.arc.Move(at)
	r.arc.Resize(fyne.NewSquareSize(side))
	// The track runs in the middle of the ring.
	inset := side * (1 - ringCut) / 4
	r.track.Move(at.AddXY(inset, inset))
	r.track.Resize(fyne.NewSquareSize(side - 2*inset))
	h := r.left.MinSize().Height
	r.left.Move(fyne.NewPos(0, (size.Height-h)/2))
	r.left.Resize(fyne.NewSize(size.Width, h))
}

func (r *countdownRenderer) Refresh() {
	r.apply()
	r.Layout(r.countdown.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

func (r *countdownRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.track, r.arc, r.left}
}

func (r *countdownRenderer) Destroy() {}

// Package paint does the work by which remote desktops are compared: it writes,
// scrolls, moves windows and draws on an X display, the same pixels at the same
// times for whoever watches. What it paints depends on its seed alone.
package paint

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Work is one kind of work.
type Work string

// The works. Each has its own rate, see Rate.
const (
	Idle   Work = "idle"   // nothing happens
	Typing Work = "typing" // an editor, a key at a time
	Scroll Work = "scroll" // a long log goes up, line by line
	Drag   Work = "drag"   // a window is moved over another one and the wallpaper
	Plot   Work = "plot"   // a live dot plot of 400 × 400, redrawn as a whole
	Motion Work = "motion" // a camera's picture of 1280 × 720
	Echo   Work = "echo"   // a block that changes its colour with every key
)

// All are the works that are timed, in the order in which they are measured.
var All = []Work{Typing, Scroll, Drag, Plot, Motion}

// Rate is how many steps a work makes in a second; 0: it waits for input.
func (w Work) Rate() int {
	switch w {
	case Typing, Scroll:
		return 20
	case Drag, Motion:
		return 30
	case Plot:
		return 5
	}
	return 0
}

// Top is the upper edge of all work: what is above is left to a bar.
const Top = 160

// Where things are, on a display of 1920 × 1080.
var (
	pageAt   = image.Rect(260, Top, 1360, 860) // typing and scrolling
	beneath  = image.Rect(500, 300, 1300, 880) // drag: the window that stands still
	dragSize = image.Pt(520, 400)              // drag: the one that moves
	plotAt   = image.Rect(300, 200, 820, 700)  // the plot's window
	motionAt = image.Rect(320, 180, 1600, 900) // motion
	EchoAt   = image.Rect(640, 480, 664, 504)  // what a key changes
	echoWin  = image.Rect(600, 440, 1000, 700) // its window
	dotsAt   = image.Rect(72, 40, 72+400, 440) // the plot in its window
	lineHigh = 20
)

// Config says what is painted and where.
type Config struct {
	Display string
	Work    Work
	Seed    uint64
}

// scene is what a work does to the display. A scene is drawn when it is made.
type scene interface {
	step(n int) error // the n-th change, from 0
}

// Painting is a work on a display.
type Painting struct {
	x     *screen
	work  Work
	scene scene
}

// Open paints the first picture of a work. Nothing moves before Run.
func Open(c Config) (*Painting, error) {
	x, err := open(c.Display)
	if err != nil {
		return nil, fmt.Errorf("paint %s on %s: %w", c.Work, c.Display, err)
	}
	p := &Painting{x: x, work: c.Work}
	random := rand.New(rand.NewPCG(c.Seed, 4711))
	switch c.Work {
	case Idle:
	case Typing:
		p.scene, err = newTyping(x, random)
	case Scroll:
		p.scene, err = newScroll(x, random)
	case Drag:
		p.scene, err = newDrag(x, random)
	case Plot:
		p.scene, err = newPlot(x, random)
	case Motion:
		p.scene, err = newMotion(x, random)
	case Echo:
		err = echo(x)
	default:
		err = fmt.Errorf("no such work")
	}
	if err == nil {
		err = x.sync()
	}
	if err != nil {
		x.close()
		return nil, fmt.Errorf("paint %s on %s: %w", c.Work, c.Display, err)
	}
	return p, nil
}

// Close takes everything away again but the wallpaper.
func (p *Painting) Close() { p.x.close() }

// Run makes all steps of so long, each at its own time; steps that come late
// are made all the same.
func (p *Painting) Run(ctx context.Context, long time.Duration) error {
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	rate := p.work.Rate()
	steps := int(long.Seconds() * float64(rate))
	for n := range steps {
		timer.Reset(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := p.scene.step(n); err != nil {
			return fmt.Errorf("paint %s, step %d: %w", p.work, n, err)
		}
	}
	timer.Reset(time.Until(began.Add(long)))
	select {
	case <-timer.C:
		return p.x.sync()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Watch is a part of the display that looks different after each step, small
// enough to be read often: who counts how often it changes at the other end
// counts the updates that were shown.
func (p *Painting) Watch() image.Rectangle { return p.work.Watch() }

// Watch is that of Painting.
func (w Work) Watch() image.Rectangle {
	switch w {
	case Typing: // the lines that are written
		return image.Rect(pageAt.Min.X, pageAt.Min.Y+typedFrom, pageAt.Max.X, pageAt.Min.Y+typedFrom+3*lineHigh)
	case Scroll: // a column through the words
		return image.Rect(pageAt.Min.X+260, pageAt.Min.Y, pageAt.Min.X+268, pageAt.Max.Y)
	case Drag: // a line that the window's texts cross
		return image.Rect(0, 540, Width, 544)
	case Plot: // through the densest cloud
		return plotWatch
	case Motion:
		return image.Rect(motionAt.Min.X, 540, motionAt.Max.X, 542)
	}
	return EchoAt
}

// Focus gives the echo's window the keyboard: another one that opened may have
// taken it.
func (p *Painting) Focus() error {
	if p.work != Echo {
		return nil
	}
	return xproto.SetInputFocusChecked(p.x.c, xproto.InputFocusParent, p.x.last, xproto.TimeCurrentTime).Check()
}

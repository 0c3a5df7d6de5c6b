package desktop

import (
	"context"
	"image"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"beckmanconnect/ipc/hostpb"
)

const (
	pointHold    = 5 * time.Second // how long a marker stays without news
	maxPointName = 32              // characters

	// The room a marker takes at 100 %, in pixels: around its place, and its label
	// to the right.
	markerRoom  = 30
	markerLabel = 270
)

// Marker is the engineer's pointer on the technician's screen. It takes no
// input, is above everything, and is to be seen in the picture, too.
type Marker interface {
	// Show puts the marker at a place, in the desktop's own pixels, with a name
	// beside it, scale percent large.
	Show(at image.Point, name string, scale int) error
	Hide() error
	Close() error
}

// pointer shows where the engineer points. It is told by the goroutine that
// takes commands, which it never holds up.
type pointer struct {
	log    *slog.Logger
	marker Marker
	place  func(image.Point) (at image.Point, scale int, seen bool) // of the picture on the desktop

	mu    sync.Mutex
	next  *hostpb.HelperPoint // newest that waits
	check bool                // what is hidden is another part now
	wake  chan struct{}
}

func newPointer(log *slog.Logger, m Marker, place func(image.Point) (image.Point, int, bool)) *pointer {
	return &pointer{log: log, marker: m, place: place, wake: make(chan struct{}, 1)}
}

func (p *pointer) point(to *hostpb.HelperPoint) { p.change(func() { p.next = to }) }

// again has it looked at whether the marker may stay where it is.
func (p *pointer) again() { p.change(func() { p.check = true }) }

func (p *pointer) change(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// run ends with ctx, and leaves no marker behind.
func (p *pointer) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	defer p.hide()
	var shown *hostpb.HelperPoint
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			shown = nil
			p.hide()
		case <-p.wake:
			p.mu.Lock()
			to, check := p.next, p.check
			p.next, p.check = nil, false
			p.mu.Unlock()
			if to == nil {
				if !check || shown == nil {
					continue
				}
				if _, _, seen := p.place(image.Pt(int(shown.GetX()), int(shown.GetY()))); seen {
					continue
				}
				to = &hostpb.HelperPoint{}
			}
			at, scale, seen := p.place(image.Pt(int(to.GetX()), int(to.GetY())))
			if !to.GetOn() || !seen {
				timer.Stop()
				shown = nil
				p.hide()
				continue
			}
			shown = to
			if err := p.marker.Show(at, cleanName(to.GetName()), scale); err != nil {
				p.log.Warn("the marker of the engineer's pointer does not show", "error", err)
			}
			timer.Reset(pointHold)
		}
	}
}

func (p *pointer) hide() {
	if err := p.marker.Hide(); err != nil {
		p.log.Warn("the marker of the engineer's pointer stays", "error", err)
	}
}

// cleanName is a name as one short line.
func cleanName(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range name {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			continue
		}
		if n++; n > maxPointName {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

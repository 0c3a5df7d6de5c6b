package desktop

import (
	"image"
	"slices"

	"beckmanconnect/ipc/hostpb"
)

// All is the ID that stands for every monitor side by side.
const All = "all"

// Monitor is one of the PC's screens.
type Monitor struct {
	ID, Name string
	Bounds   image.Rectangle // in the desktop's own pixels; may begin left of and above 0,0
	Primary  bool
	Scale    int // percent
}

// Layout is how the monitors make up the desktop.
type Layout []Monitor

// Has says whether a monitor, or All, can be chosen.
func (l Layout) Has(id string) bool {
	return id == All || slices.ContainsFunc(l, func(m Monitor) bool { return m.ID == id })
}

// Bounds is the smallest rectangle around all monitors.
func (l Layout) Bounds() image.Rectangle {
	var b image.Rectangle
	for _, m := range l {
		b = b.Union(m.Bounds)
	}
	return b
}

// scaleAt is the scale of the monitor a place is on, in percent.
func (l Layout) scaleAt(p image.Point) int {
	for _, m := range l {
		if p.In(m.Bounds) && m.Scale > 0 {
			return m.Scale
		}
	}
	return 100
}

// Choose says which monitor shows when id is wished for, what of the desktop
// that is, and which parts of it are on no monitor. A wish that cannot be met,
// since the monitor was unplugged or nobody wished yet, gets the primary one,
// or All where there is only one.
func (l Layout) Choose(id string) (shown string, view image.Rectangle, gaps Area) {
	if id == "" || !l.Has(id) {
		id = All
		if i := slices.IndexFunc(l, func(m Monitor) bool { return m.Primary }); i >= 0 && len(l) > 1 {
			id = l[i].ID
		}
	}
	if i := slices.IndexFunc(l, func(m Monitor) bool { return m.ID == id }); i >= 0 {
		return id, l[i].Bounds, nil
	}
	view = l.Bounds()
	gaps = Area{view}
	for _, m := range l {
		gaps = gaps.Subtract(m.Bounds)
	}
	if len(gaps) == 0 {
		gaps = nil
	}
	return id, view, gaps
}

// Monitors is what a Screen with more than one monitor can do. Both methods may
// be called from any goroutine.
type Monitors interface {
	// Choose wishes for a monitor, by ID, or All. It says whether there is such
	// a one; if not, nothing changes. The next Capture shows it.
	Choose(id string) bool
	// View is what of the desktop the newest picture shows, in the desktop's own
	// pixels: the picture's 0,0 is its Min. Empty before the first picture.
	View() image.Rectangle
}

// describe notes in a state what of the desktop a picture shows.
func (p Picture) describe(s *hostpb.HelperState) {
	s.SecureDesktop, s.Answering = p.Secure, p.Answering
	s.Monitor, s.Monitors = p.Monitor, nil
	for _, m := range p.Layout {
		s.Monitors = append(s.Monitors, &hostpb.Monitor{
			Id: m.ID, Name: m.Name, Primary: m.Primary, Scale: uint32(max(m.Scale, 0)),
			X: int32(m.Bounds.Min.X), Y: int32(m.Bounds.Min.Y), Width: uint32(m.Bounds.Dx()), Height: uint32(m.Bounds.Dy()),
		})
	}
}

package desktop

import (
	"errors"
	"fmt"
	"image"
	"regexp"
	"slices"
	"strings"

	"beckmanconnect/ipc/hostpb"
)

// maxMasks and maxPattern bound what a profile may ask for; the service checks
// profiles with the same limits.
const (
	maxMasks   = 64
	maxPattern = 512 // bytes
)

// ErrNoMasks means that nobody said yet what the instrument's profile hides.
var ErrNoMasks = errors.New("desktop: the profile's masks are not known")

// ErrUnclassified means that a window could not be held against the masks.
var ErrUnclassified = errors.New("desktop: a window cannot be classified")

// mask hides the windows that match every field that is set.
type mask struct {
	id      string
	title   *regexp.Regexp // nil: any
	class   string         // lower case; "": any
	process string         // plain, as program makes it; "": any
}

type regionMask struct {
	id     string
	region image.Rectangle // in the desktop's own pixels
}

// MaskSet is what the instrument's profile hides (B6). A nil set is one that is
// not known yet, and hides everything.
type MaskSet struct {
	windows []mask
	regions []regionMask
}

// ReadMasks takes the service's word for what is to be hidden. What it cannot
// read is an error, never a mask less.
func ReadMasks(m *hostpb.HelperMasks) (*MaskSet, error) {
	s := &MaskSet{}
	if len(m.GetMasks()) > maxMasks {
		return nil, fmt.Errorf("desktop: %d masks, at most %d are known", len(m.GetMasks()), maxMasks)
	}
	for _, p := range m.GetMasks() {
		if p.GetWidth() > 0 || p.GetHeight() > 0 {
			if p.GetWidth() == 0 || p.GetHeight() == 0 || p.GetWidth() > 1<<20 || p.GetHeight() > 1<<20 {
				return nil, fmt.Errorf("desktop: mask %q: a region of %d × %d", p.GetId(), p.GetWidth(), p.GetHeight())
			}
			x, y := int(p.GetX()), int(p.GetY())
			s.regions = append(s.regions, regionMask{p.GetId(), image.Rect(x, y, x+int(p.GetWidth()), y+int(p.GetHeight()))})
		}
		w := mask{id: p.GetId(), class: strings.ToLower(p.GetClass()), process: plainProgram(p.GetProcess())}
		if p.GetTitle() != "" {
			var err error
			if len(p.GetTitle()) > maxPattern {
				return nil, fmt.Errorf("desktop: mask %q: a title pattern of %d bytes", p.GetId(), len(p.GetTitle()))
			}
			if w.title, err = regexp.Compile(p.GetTitle()); err != nil {
				return nil, fmt.Errorf("desktop: mask %q: title: %w", p.GetId(), err)
			}
		}
		switch named := w.title != nil || w.class != "" || w.process != ""; {
		case named:
			s.windows = append(s.windows, w)
		case p.GetWidth() == 0:
			return nil, fmt.Errorf("desktop: mask %q hides nothing", p.GetId())
		}
	}
	return s, nil
}

// OfWindows says whether windows have to be classified.
func (s *MaskSet) OfWindows() bool { return s == nil || len(s.windows) > 0 }

// Empty says whether nothing is masked.
func (s *MaskSet) Empty() bool { return s != nil && len(s.windows) == 0 && len(s.regions) == 0 }

// plainProgram is a program's file name as masks compare it.
func plainProgram(name string) string {
	name = strings.TrimSuffix(name, " (deleted)") // Linux: replaced while it runs
	name = name[strings.LastIndexAny(name, `\/`)+1:]
	return strings.TrimSuffix(strings.ToLower(name), ".exe")
}

// Facts are what is known of one visible top-level window and of what is
// nested in it.
type Facts struct {
	Window
	Own     bool     // of this product
	Members []uint64 // IDs of the window and what is nested in it

	// The rest is filled in where masks ask for it.

	Parents   []uint64 // IDs of the windows it is a dialog of; see Absent
	Programs  []uint64 // the processes, or connections to the display, it belongs to
	Popup     bool     // a menu, list or tip that names no parent
	Titles    []string
	Classes   []string
	Processes []string // file names of programs
	Unknown   Unknown

	Mask string // ID of the mask that hides it, set by Hide
}

// Unknown says why something of a window could not be read.
type Unknown struct{ Title, Class, Process error }

// unknown is why a window cannot be held against the set's masks, or nil.
func (s *MaskSet) unknown(w Facts) error {
	for _, m := range s.windows {
		switch {
		case m.title != nil && w.Unknown.Title != nil:
			return w.Unknown.Title
		case m.class != "" && w.Unknown.Class != nil:
			return w.Unknown.Class
		case m.process != "" && w.Unknown.Process != nil:
			return w.Unknown.Process
		}
	}
	return nil
}

func (w Facts) matches(m mask) bool {
	return (m.title == nil || slices.ContainsFunc(w.Titles, m.title.MatchString)) &&
		(m.class == "" || slices.ContainsFunc(w.Classes, func(c string) bool { return strings.ToLower(c) == m.class })) &&
		(m.process == "" || slices.ContainsFunc(w.Processes, func(p string) bool { return plainProgram(p) == m.process }))
}

// Hide decides for each window whether it is hidden: ours, masked, or a dialog
// or menu that belongs to a masked one. It fails when one window cannot be
// classified, since that one could be any.
func (s *MaskSet) Hide(windows []Facts) error {
	if s == nil {
		return ErrNoMasks
	}
	for i := range windows {
		w := &windows[i]
		w.Mask, w.Hidden = "", w.Own
		if w.Own || len(s.windows) == 0 {
			continue
		}
		if err := s.unknown(*w); err != nil {
			return fmt.Errorf("%w: %w", ErrUnclassified, err)
		}
		if m := slices.IndexFunc(s.windows, w.matches); m >= 0 {
			w.Mask, w.Hidden = s.windows[m].id, true
		}
	}
	for s.spread(windows) {
	}
	return nil
}

// spread hides what belongs to a masked window and says whether it found any.
func (s *MaskSet) spread(windows []Facts) (found bool) {
	for i := range windows {
		w := &windows[i]
		if w.Hidden {
			continue
		}
		for _, of := range windows {
			menu := w.Popup && !of.Bounds.Empty() && common(w.Programs, of.Programs)
			if of.Mask != "" && (menu || common(w.Parents, of.Members)) {
				w.Mask, w.Hidden, found = of.Mask, true, true
				break
			}
		}
	}
	return found
}

func common(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(x uint64) bool { return slices.Contains(b, x) })
}

// Absent are the windows that some of these belong to and that do not show:
// a dialog stays one of a masked window that was put away. What they are has to
// be added, as windows without bounds.
func Absent(windows []Facts) []uint64 {
	known := map[uint64]bool{}
	for _, w := range windows {
		for _, id := range w.Members {
			known[id] = true
		}
	}
	var out []uint64
	for _, w := range windows {
		for _, id := range w.Parents {
			if !known[id] {
				known[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// Cover is what of a picture is black.
type Cover struct {
	Area    Area
	Whole   bool     // that is all of it
	Masks   []string // IDs of the masks that hide something now, sorted
	Windows int      // hidden windows, ours included, and regions
}

// Cover puts hidden windows and regions together. Windows were decided by Hide;
// screen begins at 0,0, and origin is where that is on the desktop.
func (s *MaskSet) Cover(screen image.Rectangle, origin image.Point, windows []Facts) Cover {
	plain := make([]Window, len(windows))
	c := Cover{}
	for i, w := range windows {
		plain[i] = w.Window
		if w.Hidden && w.Bounds.Overlaps(screen) {
			c.Windows++
		}
	}
	for i, w := range windows {
		if w.Mask != "" && !slices.Contains(c.Masks, w.Mask) && showing(screen, plain[i:]) {
			c.Masks = append(c.Masks, w.Mask)
		}
	}
	for _, m := range s.regions {
		if !m.region.Sub(origin).Intersect(screen).Empty() {
			c.Windows++
			if !slices.Contains(c.Masks, m.id) {
				c.Masks = append(c.Masks, m.id)
			}
		}
	}
	slices.Sort(c.Masks)
	c.Area = Hide(screen, plain, s.Regions(screen, origin))
	c.Whole = c.Area.Covers(screen)
	return c
}

// showing says whether anything of the first window is not covered by those
// above it.
func showing(screen image.Rectangle, from []Window) bool {
	left := Area{}.Add(from[0].Bounds.Intersect(screen))
	for _, above := range from[1:] {
		if above.Opaque && !above.Hidden {
			left = left.Subtract(above.Bounds)
		}
	}
	return len(left) > 0
}

// Masked is what the profile hides of the screen, without our own windows:
// where the engineer's pointer has no business.
func (s *MaskSet) Masked(screen image.Rectangle, origin image.Point, windows []Facts) Area {
	plain := make([]Window, len(windows))
	for i, w := range windows {
		plain[i] = w.Window
		plain[i].Hidden = w.Mask != ""
	}
	return Hide(screen, plain, s.Regions(screen, origin))
}

// Regions are the masked parts of the screen itself.
func (s *MaskSet) Regions(screen image.Rectangle, origin image.Point) []image.Rectangle {
	var out []image.Rectangle
	for _, m := range s.regions {
		if r := m.region.Sub(origin).Intersect(screen); !r.Empty() {
			out = append(out, r)
		}
	}
	return out
}

package native

import (
	"fmt"

	"fyne.io/fyne/v2"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// Placed is where the content is: the toolkit asks for static gravity, by which
// a window manager puts a window's content, not its frame, where it is moved to.
func (x *x11) Placed(w fyne.Window) (Rect, bool, error) {
	id, err := handle(w)
	if err != nil {
		return Rect{}, false, err
	}
	at, err := x.Area(w)
	return at, x.maximised(id), err
}

// maximised is true for a window that fills the screen both ways.
func (x *x11) maximised(id xproto.Window) bool {
	states, err := x.cardinals(id, "_NET_WM_STATE", 64)
	if err != nil {
		return false
	}
	both := 0
	for _, name := range maximisedStates {
		atom, err := x.atom(name)
		if err != nil {
			return false
		}
		for _, s := range states {
			if xproto.Atom(s) == atom {
				both++
			}
		}
	}
	return both == len(maximisedStates)
}

var maximisedStates = [...]string{"_NET_WM_STATE_MAXIMIZED_HORZ", "_NET_WM_STATE_MAXIMIZED_VERT"}

func (x *x11) Maximise(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	state, err := x.atom("_NET_WM_STATE")
	if err != nil {
		return err
	}
	data := []uint32{1, 0, 0, 1, 0} // add, both, from an application
	for i, name := range maximisedStates {
		atom, err := x.atom(name)
		if err != nil {
			return err
		}
		data[i+1] = uint32(atom)
	}
	return x.tell(id, state, data)
}

// Screens asks RandR for the monitors; a display without it is one screen.
func (x *x11) Screens() ([]Rect, error) {
	if err := randr.Init(x.conn); err == nil {
		if r, err := randr.GetMonitors(x.conn, x.root, true).Reply(); err == nil && len(r.Monitors) > 0 {
			var out []Rect
			for _, m := range r.Monitors {
				out = append(out, Rect{X: int(m.X), Y: int(m.Y), W: int(m.Width), H: int(m.Height)})
			}
			return out, nil
		}
	}
	size, err := xproto.GetGeometry(x.conn, xproto.Drawable(x.root)).Reply()
	if err != nil {
		return nil, fmt.Errorf("native: read the screen's size: %w", err)
	}
	return []Rect{{W: int(size.Width), H: int(size.Height)}}, nil
}

// cardinals reads a property of numbers, at most so many.
func (x *x11) cardinals(id xproto.Window, name string, most uint32) ([]uint32, error) {
	atom, err := x.atom(name)
	if err != nil {
		return nil, err
	}
	p, err := xproto.GetProperty(x.conn, false, id, atom, xproto.GetPropertyTypeAny, 0, most).Reply()
	if err != nil {
		return nil, fmt.Errorf("native: read %s: %w", name, err)
	}
	var out []uint32
	for i := 0; p.Format == 32 && i+4 <= len(p.Value); i += 4 {
		out = append(out, xgb.Get32(p.Value[i:]))
	}
	return out, nil
}

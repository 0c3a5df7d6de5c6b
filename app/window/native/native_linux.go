package native

import (
	"errors"
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/hand"
)

var errNoWindow = errors.New("native: the window is not on an X display")

// New connects to the display that the windows are on.
func New() (Windows, error) {
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("native: connect to the display: %w", err)
	}
	x := &x11{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, atoms: map[string]xproto.Atom{}}
	x.saver = x.useSaver()
	return x, nil
}

type x11 struct {
	conn  *xgb.Conn
	root  xproto.Window
	atoms map[string]xproto.Atom
	saver bool // the display tells of its own screen saver
}

func (x *x11) Attend(w fyne.Window) (Hand, error) {
	id, err := handle(w)
	if err != nil {
		return nil, err
	}
	return hand.Attend(x.conn, id, os.Getenv("DISPLAY"))
}

func (x *x11) Close() { x.conn.Close() }

// handle is the X window of one of Fyne's.
func handle(w fyne.Window) (xproto.Window, error) {
	n, ok := w.(driver.NativeWindow)
	if !ok {
		return 0, errNoWindow
	}
	var id uintptr
	n.RunNative(func(context any) {
		if c, ok := context.(driver.X11WindowContext); ok {
			id = c.WindowHandle
		}
	})
	if id == 0 {
		return 0, errNoWindow
	}
	return xproto.Window(id), nil
}

func (x *x11) atom(name string) (xproto.Atom, error) {
	if a, ok := x.atoms[name]; ok {
		return a, nil
	}
	r, err := xproto.InternAtom(x.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("native: name %s: %w", name, err)
	}
	x.atoms[name] = r.Atom
	return r.Atom, nil
}

// Own sets WM_CLASS. The window is created with it already, as its first
// title; this makes it sure whatever the toolkit does.
func (x *x11) Own(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	class := []byte(Class + "\x00" + Class + "\x00")
	err = xproto.ChangePropertyChecked(x.conn, xproto.PropModeReplace, id, xproto.AtomWmClass, xproto.AtomString, 8, uint32(len(class)), class).Check()
	if err != nil {
		return fmt.Errorf("native: set the window's class: %w", err)
	}
	return nil
}

func (x *x11) Above(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	state, err := x.atom("_NET_WM_STATE")
	if err != nil {
		return err
	}
	for _, name := range []string{"_NET_WM_STATE_ABOVE", "_NET_WM_STATE_STICKY"} {
		value, err := x.atom(name)
		if err != nil {
			return err
		}
		const add, application = 1, 1
		if err := x.tell(id, state, []uint32{add, uint32(value), 0, application, 0}); err != nil {
			return err
		}
	}
	// A window manager that knows nothing of states at least raises it.
	return xproto.ConfigureWindowChecked(x.conn, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check()
}

// Insist has nothing to do: the window manager keeps a window above others.
func (x *x11) Insist(fyne.Window) error { return nil }

// tell sends the window manager a message about a window.
func (x *x11) tell(id xproto.Window, kind xproto.Atom, data []uint32) error {
	e := xproto.ClientMessageEvent{Format: 32, Window: id, Type: kind, Data: xproto.ClientMessageDataUnionData32New(data)}
	const mask = xproto.EventMaskSubstructureRedirect | xproto.EventMaskSubstructureNotify
	if err := xproto.SendEventChecked(x.conn, false, x.root, mask, string(e.Bytes())).Check(); err != nil {
		return fmt.Errorf("native: tell the window manager: %w", err)
	}
	return nil
}

func (x *x11) Unfocused(show func()) {
	before, active := x.active()
	show()
	if before == 0 {
		return
	}
	const application = 1
	// A window manager that does not answer to this leaves the focus with the
	// new window, which is a nuisance and no harm.
	_ = x.tell(before, active, []uint32{application, xproto.TimeCurrentTime, 0, 0, 0})
}

// active is the window that has the focus, as the window manager says.
func (x *x11) active() (xproto.Window, xproto.Atom) {
	name, err := x.atom("_NET_ACTIVE_WINDOW")
	if err != nil {
		return 0, 0
	}
	p, err := xproto.GetProperty(x.conn, false, x.root, name, xproto.AtomWindow, 0, 1).Reply()
	if err != nil || len(p.Value) < 4 {
		return 0, 0
	}
	return xproto.Window(xgb.Get32(p.Value)), name
}

func (x *x11) Area(w fyne.Window) (Rect, error) {
	id, err := handle(w)
	if err != nil {
		return Rect{}, err
	}
	size, err := xproto.GetGeometry(x.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return Rect{}, fmt.Errorf("native: read a window's size: %w", err)
	}
	at, err := xproto.TranslateCoordinates(x.conn, id, x.root, 0, 0).Reply()
	if err != nil {
		return Rect{}, fmt.Errorf("native: find a window: %w", err)
	}
	return Rect{X: int(at.DstX), Y: int(at.DstY), W: int(size.Width), H: int(size.Height)}, nil
}

func (x *x11) Visible(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return false
	}
	a, err := xproto.GetWindowAttributes(x.conn, id).Reply()
	if err != nil || a.MapState != xproto.MapStateViewable {
		return false
	}
	return !x.hidden(id) && x.onScreen(id)
}

func (x *x11) Gone(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return true
	}
	a, err := xproto.GetWindowAttributes(x.conn, id).Reply()
	return err != nil || a.MapState == xproto.MapStateUnmapped
}

// hidden is true for a window that is minimised.
func (x *x11) hidden(id xproto.Window) bool {
	state, err := x.atom("_NET_WM_STATE")
	if err != nil {
		return true
	}
	hidden, err := x.atom("_NET_WM_STATE_HIDDEN")
	if err != nil {
		return true
	}
	p, err := xproto.GetProperty(x.conn, false, id, state, xproto.AtomAtom, 0, 64).Reply()
	if err != nil {
		return true
	}
	for i := 0; i+4 <= len(p.Value); i += 4 {
		if xproto.Atom(xgb.Get32(p.Value[i:])) == hidden {
			return true
		}
	}
	return false
}

// onScreen is true when all of the window is inside the screen (scenario 11).
func (x *x11) onScreen(id xproto.Window) bool {
	screen, err := xproto.GetGeometry(x.conn, xproto.Drawable(x.root)).Reply()
	if err != nil {
		return false
	}
	size, err := xproto.GetGeometry(x.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return false
	}
	at, err := xproto.TranslateCoordinates(x.conn, id, x.root, 0, 0).Reply()
	if err != nil {
		return false
	}
	return at.DstX >= 0 && at.DstY >= 0 && int(at.DstX)+int(size.Width) <= int(screen.Width) && int(at.DstY)+int(size.Height) <= int(screen.Height)
}

func (x *x11) Move(w fyne.Window, left, top int) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	// X takes the signed position in an unsigned field.
	at := []uint32{uint32(int32(left)), uint32(int32(top))}
	if err := xproto.ConfigureWindowChecked(x.conn, id, xproto.ConfigWindowX|xproto.ConfigWindowY, at).Check(); err != nil {
		return fmt.Errorf("native: move a window: %w", err)
	}
	return nil
}

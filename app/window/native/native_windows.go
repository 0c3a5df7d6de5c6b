package native

import (
	"errors"
	"fmt"
	"unsafe"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"golang.org/x/sys/windows"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/hand"
)

var errNoWindow = errors.New("native: the window has no handle")

// New returns the windows of this program.
func New() (Windows, error) {
	identify()
	user32 := windows.NewLazySystemDLL("user32.dll")
	x := &win32{
		setWindowPos: user32.NewProc("SetWindowPos"), getClientRect: user32.NewProc("GetClientRect"),
		clientToScreen: user32.NewProc("ClientToScreen"), isWindowVisible: user32.NewProc("IsWindowVisible"),
		isIconic: user32.NewProc("IsIconic"), systemMetrics: user32.NewProc("GetSystemMetrics"),
		foreground: user32.NewProc("GetForegroundWindow"), setForeground: user32.NewProc("SetForegroundWindow"),
	}
	x.setAffinity, x.getAffinity = user32.NewProc("SetWindowDisplayAffinity"), user32.NewProc("GetWindowDisplayAffinity")
	x.flash = user32.NewProc("FlashWindowEx")
	return x, nil
}

type win32 struct {
	setWindowPos, getClientRect, clientToScreen, isWindowVisible, isIconic, systemMetrics, foreground, setForeground *windows.LazyProc
	setAffinity, getAffinity, flash                                                                                  *windows.LazyProc
}

const (
	swpNoSize     = 0x0001
	swpNoMove     = 0x0002
	swpNoZOrder   = 0x0004
	swpNoActivate = 0x0010

	smXVirtualScreen  = 76
	smYVirtualScreen  = 77
	smCXVirtualScreen = 78
	smCYVirtualScreen = 79
)

// topmost is HWND_TOPMOST, which is -1.
const topmost = ^uintptr(0)

func (x *win32) Close() {}

func handle(w fyne.Window) (uintptr, error) {
	n, ok := w.(driver.NativeWindow)
	if !ok {
		return 0, errNoWindow
	}
	var id uintptr
	n.RunNative(func(context any) {
		if c, ok := context.(driver.WindowsWindowContext); ok {
			id = c.HWND
		}
	})
	if id == 0 {
		return 0, errNoWindow
	}
	return id, nil
}

// Own keeps a window out of everybody's pictures of the screen, the engineer's
// among them. The desktop helper knows our windows besides, by the program that
// owns them.
func (x *win32) Own(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	return keepOutOfPictures(func(how uint32) error {
		if ok, _, err := x.setAffinity.Call(id, uintptr(how)); ok == 0 {
			return err
		}
		return nil
	}, func() (is uint32, err error) {
		if ok, _, err := x.getAffinity.Call(id, uintptr(unsafe.Pointer(&is))); ok == 0 {
			return 0, err
		}
		return is, nil
	})
}

func (x *win32) Above(w fyne.Window) error {
	return x.pos(w, topmost, 0, 0, swpNoMove|swpNoSize|swpNoActivate)
}

// flashInfo is Windows' FLASHWINFO.
type flashInfo struct {
	size    uint32
	window  uintptr
	flags   uint32
	count   uint32
	timeout uint32
}

// Insist raises a window over others that are topmost, too, and has its button
// in the task bar flash until the technician turns to it: Windows lets no
// program take the focus from another's.
func (x *win32) Insist(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	if front, _, _ := x.foreground.Call(); front != id {
		const all, untilForeground = 3, 12
		info := flashInfo{window: id, flags: all | untilForeground}
		info.size = uint32(unsafe.Sizeof(info))
		_, _, _ = x.flash.Call(uintptr(unsafe.Pointer(&info)))
	}
	if err := x.Above(w); err != nil { // which another program may have taken back
		return err
	}
	const top = 0 // HWND_TOP: of those that are topmost
	return x.pos(w, top, 0, 0, swpNoMove|swpNoSize|swpNoActivate)
}

func (x *win32) Unfocused(show func()) {
	before, _, _ := x.foreground.Call()
	show()
	if before != 0 {
		// Windows lets the program that has the foreground give it away.
		_, _, _ = x.setForeground.Call(before)
	}
}

func (x *win32) Move(w fyne.Window, left, top int) error {
	return x.pos(w, 0, left, top, swpNoSize|swpNoZOrder|swpNoActivate)
}

func (x *win32) pos(w fyne.Window, after uintptr, left, top int, flags uintptr) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	if ok, _, err := x.setWindowPos.Call(id, after, uintptr(left), uintptr(top), 0, 0, flags); ok == 0 {
		return fmt.Errorf("native: place a window: %w", err)
	}
	return nil
}

type rect struct{ left, top, right, bottom int32 }

func (x *win32) Area(w fyne.Window) (Rect, error) {
	id, err := handle(w)
	if err != nil {
		return Rect{}, err
	}
	var r rect
	if ok, _, err := x.getClientRect.Call(id, uintptr(unsafe.Pointer(&r))); ok == 0 {
		return Rect{}, fmt.Errorf("native: read a window's size: %w", err)
	}
	var at struct{ x, y int32 }
	if ok, _, err := x.clientToScreen.Call(id, uintptr(unsafe.Pointer(&at))); ok == 0 {
		return Rect{}, fmt.Errorf("native: find a window: %w", err)
	}
	return Rect{X: int(at.x), Y: int(at.y), W: int(r.right - r.left), H: int(r.bottom - r.top)}, nil
}

func (x *win32) Visible(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return false
	}
	if shown, _, _ := x.isWindowVisible.Call(id); shown == 0 {
		return false
	}
	if small, _, _ := x.isIconic.Call(id); small != 0 {
		return false
	}
	// One on a desktop that does not show is on no screen, whatever it says.
	mine, err := owndesk.ThreadName()
	if err != nil {
		return false
	}
	if shows, err := owndesk.InputName(); err != nil || shows != mine {
		return false
	}
	area, err := x.Area(w)
	if err != nil {
		return false
	}
	left, top := x.metric(smXVirtualScreen), x.metric(smYVirtualScreen)
	width, height := x.metric(smCXVirtualScreen), x.metric(smCYVirtualScreen)
	return area.X >= left && area.Y >= top && area.X+area.W <= left+width && area.Y+area.H <= top+height
}

// Covered is Windows'.
func (x *win32) Covered(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return true
	}
	area, err := x.Area(w)
	return err != nil || hand.Covered(id, area)
}

func (x *win32) Attend(w fyne.Window) (Hand, error) {
	id, err := handle(w)
	if err != nil {
		return nil, err
	}
	return hand.Attend(id)
}

func (x *win32) Gone(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return true
	}
	shown, _, _ := x.isWindowVisible.Call(id)
	return shown == 0
}

func (x *win32) metric(which uintptr) int {
	v, _, _ := x.systemMetrics.Call(which)
	return int(int32(v))
}

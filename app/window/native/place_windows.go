package native

import (
	"fmt"
	"unsafe"

	"fyne.io/fyne/v2"
	"golang.org/x/sys/windows"
)

// The calls about a window's place.
var (
	placeDLL      = windows.NewLazySystemDLL("user32.dll")
	getWindowRect = placeDLL.NewProc("GetWindowRect")
	isZoomed      = placeDLL.NewProc("IsZoomed")
	isIconic      = placeDLL.NewProc("IsIconic")
	showWindow    = placeDLL.NewProc("ShowWindow")
	enumMonitors  = placeDLL.NewProc("EnumDisplayMonitors")
)

// Placed is where the frame is, which SetWindowPos moves, and how large the
// content is. A window that is minimised has no place.
func (x *win32) Placed(w fyne.Window) (Rect, bool, error) {
	id, err := handle(w)
	if err != nil {
		return Rect{}, false, err
	}
	if small, _, _ := isIconic.Call(id); small != 0 {
		return Rect{}, false, fmt.Errorf("native: the window is minimised")
	}
	at, err := x.Area(w)
	if err != nil {
		return Rect{}, false, err
	}
	var frame rect
	if ok, _, err := getWindowRect.Call(id, uintptr(unsafe.Pointer(&frame))); ok == 0 {
		return Rect{}, false, fmt.Errorf("native: find a window's frame: %w", err)
	}
	at.X, at.Y = int(frame.left), int(frame.top)
	zoomed, _, _ := isZoomed.Call(id)
	return at, zoomed != 0, nil
}

func (x *win32) Maximise(w fyne.Window) error {
	id, err := handle(w)
	if err != nil {
		return err
	}
	const maximize = 3                      // SW_MAXIMIZE
	_, _, _ = showWindow.Call(id, maximize) // says whether it was shown before
	return nil
}

// Screens are the monitors' areas.
func (x *win32) Screens() ([]Rect, error) {
	var out []Rect
	each := windows.NewCallback(func(_, _ uintptr, at *rect, _ uintptr) uintptr {
		out = append(out, Rect{X: int(at.left), Y: int(at.top), W: int(at.right - at.left), H: int(at.bottom - at.top)})
		return 1
	})
	if ok, _, err := enumMonitors.Call(0, 0, each, 0); ok == 0 {
		return nil, fmt.Errorf("native: list the screens: %w", err)
	}
	return out, nil
}

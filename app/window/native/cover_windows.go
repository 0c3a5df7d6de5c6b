package native

import (
	"unsafe"

	"fyne.io/fyne/v2"
	"golang.org/x/sys/windows"
)

const (
	gwHwndPrev  = 3 // the next window above
	dwmCloaked  = 14
	zOrderLimit = 10_000
)

// Covered looks at every window above ours in the z-order, and asks on a grid
// which window a press would reach: the one finds what is drawn over ours, the
// other what takes its presses.
func (x *win32) Covered(w fyne.Window) bool {
	id, err := handle(w)
	if err != nil {
		return true
	}
	area, err := x.Area(w)
	if err != nil {
		return true
	}
	above := id
	for n := 0; ; n++ {
		if n > zOrderLimit { // the list changed under us and goes in circles
			return true
		}
		if above, _, _ = x.getWindow.Call(above, gwHwndPrev); above == 0 {
			break
		}
		if x.hides(above, area) {
			return true
		}
	}
	return !x.reachable(id, area)
}

// hides says whether a window of another program lies over an area.
func (x *win32) hides(w uintptr, area Rect) bool {
	if shown, _, _ := x.isWindowVisible.Call(w); shown == 0 || x.ours(w) {
		return false
	}
	// Windows keeps windows of suspended apps and other desktops visible but
	// cloaked. One that cannot be asked is not.
	var cloaked uint32
	if failed, _, _ := x.dwmAttribute.Call(w, dwmCloaked, uintptr(unsafe.Pointer(&cloaked)), unsafe.Sizeof(cloaked)); failed == 0 && cloaked != 0 {
		return false
	}
	var r rect
	if ok, _, _ := x.getWindowRect.Call(w, uintptr(unsafe.Pointer(&r))); ok == 0 {
		return true
	}
	return Rect{int(r.left), int(r.top), int(r.right - r.left), int(r.bottom - r.top)}.overlaps(area)
}

// grid is how many points are looked at in each direction.
const grid = 8

// reachable says whether presses all over an area reach a window.
func (x *win32) reachable(id uintptr, area Rect) bool {
	const root = 2 // GA_ROOT
	for i := range grid {
		for j := range grid {
			px, py := area.X+(2*i+1)*area.W/(2*grid), area.Y+(2*j+1)*area.H/(2*grid)
			// A POINT in one word, as the call takes it.
			at, _, _ := x.windowFromPoint.Call(uintptr(uint32(int32(px))) | uintptr(uint32(int32(py)))<<32)
			if top, _, _ := x.getAncestor.Call(at, root); at == 0 || top != id && !x.ours(top) {
				return false
			}
		}
	}
	return true
}

// ours says whether this process made a window.
func (x *win32) ours(w uintptr) bool {
	var pid uint32
	_, err := windows.GetWindowThreadProcessId(windows.HWND(w), &pid)
	return err == nil && pid == windows.GetCurrentProcessId()
}

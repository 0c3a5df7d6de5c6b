package hand

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	gwHwndPrev  = 3 // the next window above
	dwmCloaked  = 14
	zOrderLimit = 10_000
)

var (
	user32              = windows.NewLazySystemDLL("user32.dll")
	procGetWindow       = user32.NewProc("GetWindow")
	procGetWindowRect   = user32.NewProc("GetWindowRect")
	procIsWindowVisible = user32.NewProc("IsWindowVisible")
	procGetAncestor     = user32.NewProc("GetAncestor")
	procWindowFromPoint = user32.NewProc("WindowFromPoint")
	procDwmAttribute    = windows.NewLazySystemDLL("dwmapi.dll").NewProc("DwmGetWindowAttribute")
)

type rect struct{ left, top, right, bottom int32 }

// Covered says whether a window of another program lies over an area of a window
// of ours, or may. It looks at every window above ours in the z-order, and asks
// on a grid which window a press would reach: the one finds what is drawn over
// ours, the other what takes its presses.
func Covered(id uintptr, area Rect) bool {
	above := id
	for n := 0; ; n++ {
		if n > zOrderLimit { // the list changed under us and goes in circles
			return true
		}
		if above, _, _ = procGetWindow.Call(above, gwHwndPrev); above == 0 {
			break
		}
		if hides(above, area) {
			return true
		}
	}
	return !reachable(id, area)
}

// hides says whether a window of another program lies over an area.
func hides(w uintptr, area Rect) bool {
	if shown, _, _ := procIsWindowVisible.Call(w); shown == 0 || ours(w) {
		return false
	}
	// Windows keeps windows of suspended apps and other desktops visible but
	// cloaked. One that cannot be asked is not.
	var cloaked uint32
	if failed, _, _ := procDwmAttribute.Call(w, dwmCloaked, uintptr(unsafe.Pointer(&cloaked)), unsafe.Sizeof(cloaked)); failed == 0 && cloaked != 0 {
		return false
	}
	var r rect
	if ok, _, _ := procGetWindowRect.Call(w, uintptr(unsafe.Pointer(&r))); ok == 0 {
		return true
	}
	return Rect{int(r.left), int(r.top), int(r.right - r.left), int(r.bottom - r.top)}.Overlaps(area)
}

// grid is how many points are looked at in each direction.
const grid = 8

// reachable says whether presses all over an area reach a window.
func reachable(id uintptr, area Rect) bool {
	const root = 2 // GA_ROOT
	for i := range grid {
		for j := range grid {
			px, py := area.X+(2*i+1)*area.W/(2*grid), area.Y+(2*j+1)*area.H/(2*grid)
			// A POINT in one word, as the call takes it.
			at, _, _ := procWindowFromPoint.Call(uintptr(uint32(int32(px))) | uintptr(uint32(int32(py)))<<32)
			if top, _, _ := procGetAncestor.Call(at, root); at == 0 || top != id && !ours(top) {
				return false
			}
		}
	}
	return true
}

// ours says whether this process made a window.
func ours(w uintptr) bool {
	var pid uint32
	_, err := windows.GetWindowThreadProcessId(windows.HWND(w), &pid)
	return err == nil && pid == windows.GetCurrentProcessId()
}

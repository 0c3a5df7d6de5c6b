package gdi

import (
	"fmt"
	"image"
	"strings"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/owndesk"

	"golang.org/x/sys/windows"
)

var (
	shcore = windows.NewLazySystemDLL("shcore.dll")
	dwmapi = windows.NewLazySystemDLL("dwmapi.dll")

	procEnumDisplayMonitors = user32.NewProc("EnumDisplayMonitors")
	procGetMonitorInfo      = user32.NewProc("GetMonitorInfoW")
	procGetDPIForMonitor    = shcore.NewProc("GetDpiForMonitor")
	procDwmFlush            = dwmapi.NewProc("DwmFlush")
	collectMonitors         = windows.NewCallback(collectMonitor)
)

type monitorInfo struct {
	size          uint32
	monitor, work rect
	flags         uint32
	device        [32]uint16
}

// collectMonitor is called by Windows for each monitor, on the thread that asks.
func collectMonitor(monitor, _, _ uintptr, to *[]uintptr) uintptr {
	*to = append(*to, monitor)
	return 1
}

// monitors are those there are now; one that is all of the desktop where the
// system tells of none.
func monitors() desktop.Layout {
	var handles []uintptr
	_, _, _ = procEnumDisplayMonitors.Call(0, 0, collectMonitors, uintptr(unsafe.Pointer(&handles)))
	var out desktop.Layout
	for _, h := range handles {
		info := monitorInfo{}
		info.size = uint32(unsafe.Sizeof(info))
		if ok, _, _ := procGetMonitorInfo.Call(h, uintptr(unsafe.Pointer(&info))); ok == 0 {
			continue
		}
		r := image.Rect(int(info.monitor.left), int(info.monitor.top), int(info.monitor.right), int(info.monitor.bottom))
		id := strings.TrimPrefix(windows.UTF16ToString(info.device[:]), `\\.\`)
		if r.Empty() || id == "" || out.Has(id) {
			continue
		}
		const primary = 1
		out = append(out, desktop.Monitor{ID: id, Name: id, Bounds: r, Primary: info.flags&primary != 0, Scale: scaleOf(h)})
	}
	if len(out) == 0 {
		out = desktop.Layout{{ID: "screen", Name: "screen", Bounds: virtualScreen(), Primary: true, Scale: 100}}
	}
	return out
}

// scaleOf is a monitor's scale in percent.
func scaleOf(monitor uintptr) int {
	if procGetDPIForMonitor.Find() != nil {
		return 100
	}
	const effective = 0
	var x, y uint32
	if failed, _, _ := procGetDPIForMonitor.Call(monitor, effective, uintptr(unsafe.Pointer(&x)), uintptr(unsafe.Pointer(&y))); failed != 0 || x == 0 {
		return 100
	}
	return int(x) * 100 / 96
}

// faced is what the technician has in front of them now.
func faced() facing { return faces(owndesk.InputName()) }

// compose waits until what the windows are now is on the screen.
func compose() {
	if procDwmFlush.Find() == nil {
		_, _, _ = procDwmFlush.Call()
	}
}

// failed turns what a COM method returns into an error.
func failed(doing string, result uintptr) error {
	if int32(result) >= 0 {
		return nil
	}
	return fmt.Errorf("gdi: %s: %#x", doing, uint32(result))
}

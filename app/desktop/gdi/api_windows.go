package gdi

import (
	"fmt"
	"image"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")
	gdi32  = windows.NewLazySystemDLL("gdi32.dll")

	procGetSystemMetrics    = user32.NewProc("GetSystemMetrics")
	procGetDC               = user32.NewProc("GetDC")
	procReleaseDC           = user32.NewProc("ReleaseDC")
	procIsWindowVisible     = user32.NewProc("IsWindowVisible")
	procIsIconic            = user32.NewProc("IsIconic")
	procGetWindowRect       = user32.NewProc("GetWindowRect")
	procGetWindow           = user32.NewProc("GetWindow")
	procGetTopWindow        = user32.NewProc("GetTopWindow")
	procGetWindowText       = user32.NewProc("GetWindowTextW")
	procGetAncestor         = user32.NewProc("GetAncestor")
	procGetWindowLong       = user32.NewProc("GetWindowLongW")
	procWindowFromPoint     = user32.NewProc("WindowFromPoint")
	procGetForegroundWindow = user32.NewProc("GetForegroundWindow")
	procSendInput           = user32.NewProc("SendInput")
	procSetDPIContext       = user32.NewProc("SetProcessDpiAwarenessContext")
	procSetWindowsHook      = user32.NewProc("SetWindowsHookExW")
	procUnhookWindowsHook   = user32.NewProc("UnhookWindowsHookEx")
	procCallNextHook        = user32.NewProc("CallNextHookEx")
	procSetWinEventHook     = user32.NewProc("SetWinEventHook")
	procUnhookWinEvent      = user32.NewProc("UnhookWinEvent")
	procGetMessage          = user32.NewProc("GetMessageW")
	procPeekMessage         = user32.NewProc("PeekMessageW")
	procPostThreadMessage   = user32.NewProc("PostThreadMessageW")

	procCreateCompatibleDC = gdi32.NewProc("CreateCompatibleDC")
	procDeleteDC           = gdi32.NewProc("DeleteDC")
	procCreateDIBSection   = gdi32.NewProc("CreateDIBSection")
	procSelectObject       = gdi32.NewProc("SelectObject")
	procDeleteObject       = gdi32.NewProc("DeleteObject")
	procBitBlt             = gdi32.NewProc("BitBlt")
	procGdiFlush           = gdi32.NewProc("GdiFlush")
)

// virtualScreen is the whole desktop over all monitors, in pixels.
func virtualScreen() image.Rectangle {
	metric := func(n uintptr) int {
		v, _, _ := procGetSystemMetrics.Call(n)
		return int(int32(v))
	}
	const left, top, width, height = 76, 77, 78, 79
	x, y := metric(left), metric(top)
	return image.Rect(x, y, x+metric(width), y+metric(height))
}

// realPixels tells Windows that this program counts in pixels; otherwise it
// would be shown a scaled desktop.
func realPixels() {
	if procSetDPIContext.Find() == nil {
		const perMonitorV2 = ^uintptr(3) // -4
		_, _, _ = procSetDPIContext.Call(perMonitorV2)
	}
}

// program is the program file of a process.
func program(pid uint32) (string, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return "", fmt.Errorf("gdi: process %d: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	name := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(name))
	if err := windows.QueryFullProcessImageName(process, 0, &name[0], &size); err != nil {
		return "", fmt.Errorf("gdi: program of process %d: %w", pid, err)
	}
	return windows.UTF16ToString(name[:size]), nil
}

type rect struct{ left, top, right, bottom int32 }

func windowRect(w windows.HWND) (image.Rectangle, bool) {
	var r rect
	ok, _, _ := procGetWindowRect.Call(uintptr(w), uintptr(unsafe.Pointer(&r)))
	return image.Rect(int(r.left), int(r.top), int(r.right), int(r.bottom)), ok != 0
}

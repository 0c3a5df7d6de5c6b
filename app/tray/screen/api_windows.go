package screen

import (
	"golang.org/x/sys/windows"

	"beckmanconnect/app/tray/dialog"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")
	gdi32  = windows.NewLazySystemDLL("gdi32.dll")

	procGetModuleHandle      = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetModuleHandleW")
	procRegisterClassEx      = user32.NewProc("RegisterClassExW")
	procCreateWindowEx       = user32.NewProc("CreateWindowExW")
	procDestroyWindow        = user32.NewProc("DestroyWindow")
	procDefWindowProc        = user32.NewProc("DefWindowProcW")
	procLoadCursor           = user32.NewProc("LoadCursorW")
	procGetMessage           = user32.NewProc("GetMessageW")
	procTranslateMessage     = user32.NewProc("TranslateMessage")
	procDispatchMessage      = user32.NewProc("DispatchMessageW")
	procPostMessage          = user32.NewProc("PostMessageW")
	procPostQuitMessage      = user32.NewProc("PostQuitMessage")
	procSetTimer             = user32.NewProc("SetTimer")
	procSetWindowPos         = user32.NewProc("SetWindowPos")
	procSetForeground        = user32.NewProc("SetForegroundWindow")
	procSetDisplayAffinity   = user32.NewProc("SetWindowDisplayAffinity")
	procInvalidateRect       = user32.NewProc("InvalidateRect")
	procBeginPaint           = user32.NewProc("BeginPaint")
	procEndPaint             = user32.NewProc("EndPaint")
	procGetClientRect        = user32.NewProc("GetClientRect")
	procGetWindowRect        = user32.NewProc("GetWindowRect")
	procClientToScreen       = user32.NewProc("ClientToScreen")
	procIsWindowVisible      = user32.NewProc("IsWindowVisible")
	procIsIconic             = user32.NewProc("IsIconic")
	procGetSystemMetrics     = user32.NewProc("GetSystemMetrics")
	procSystemParametersInfo = user32.NewProc("SystemParametersInfoW")
	procGetDpiForSystem      = user32.NewProc("GetDpiForSystem")
	procGetKeyState          = user32.NewProc("GetKeyState")
	procSetCapture           = user32.NewProc("SetCapture")
	procReleaseCapture       = user32.NewProc("ReleaseCapture")
	procSetDIBitsToDevice    = gdi32.NewProc("SetDIBitsToDevice")
)

// As winuser.h has them.
const (
	wsPopup, wsCaption, wsSysMenu               = 0x80000000, 0x00C00000, 0x00080000
	wsExTopmost, wsExToolWindow, wsExNoActivate = 0x8, 0x80, 0x08000000
	swpNoSize, swpNoMove, swpNoZOrder           = 0x1, 0x2, 0x4
	swpNoActivate, swpShowWindow                = 0x10, 0x40
	affinityMonitor, affinityExclude            = 0x1, 0x11
	spiGetWorkArea, smCYCaption                 = 48, 4
	idcArrow, maNoActivate                      = 32512, 3
	wmDestroy, wmPaint, wmClose                 = 0x2, 0xF, 0x10
	wmEraseBackground, wmMouseActivate          = 0x14, 0x21
	wmDisplayChange, wmDpiChanged               = 0x7E, 0x2E0
	wmKeyDown, wmChar, wmTimer                  = 0x100, 0x102, 0x113
	wmLeftDown, wmLeftUp, wmLeftDouble          = 0x201, 0x202, 0x203
	wmShowPicture, wmEnd                        = 0x8001, 0x8002 // WM_APP and on: ours
	vkBack, vkTab, vkReturn, vkShift            = 0x8, 0x9, 0xD, 0x10
	vkEscape, vkSpace, vkLeft, vkRight          = 0x1B, 0x20, 0x25, 0x27
)

// topmost is HWND_TOPMOST, which is -1.
const topmost = ^uintptr(0)

type rect struct{ left, top, right, bottom int32 }

type windowClass struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	small                              uintptr
}

type message struct {
	window         uintptr
	kind           uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

type paintStruct struct {
	dc              uintptr
	erase           int32
	area            rect
	restore, update int32
	reserved        [32]byte
}

type bitmapInfo struct {
	size                 uint32
	width, height        int32
	planes, bits         uint16
	compression, image   uint32
	perMeterX, perMeterY int32
	used, important      uint32
}

// keyOf is what a virtual key means to a form.
func keyOf(vk uint32, shift bool) (dialog.Key, bool) {
	switch vk {
	case vkTab:
		if shift {
			return dialog.BackTab, true
		}
		return dialog.Tab, true
	case vkSpace:
		return dialog.Space, true
	case vkReturn:
		return dialog.Enter, true
	case vkEscape:
		return dialog.Escape, true
	case vkBack:
		return dialog.Back, true
	case vkLeft:
		return dialog.Left, true
	case vkRight:
		return dialog.Right, true
	}
	return 0, false
}

package gdi

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/app/desktop/keys"
)

var (
	procVkKeyScanEx       = user32.NewProc("VkKeyScanExW")
	procMapVirtualKeyEx   = user32.NewProc("MapVirtualKeyExW")
	procToUnicodeEx       = user32.NewProc("ToUnicodeEx")
	procGetKeyboardLayout = user32.NewProc("GetKeyboardLayout")
	procGetToggleState    = user32.NewProc("GetKeyState")
)

// board is a keyboard layout of Windows.
type board struct{ layout uintptr }

// frontBoard is the layout of the window that has the keyboard: each program
// may have one of its own.
func frontBoard() board {
	w, _, _ := procGetForegroundWindow.Call()
	var pid uint32
	thread, _ := windows.GetWindowThreadProcessId(windows.HWND(w), &pid) // 0: this thread's layout
	layout, _, _ := procGetKeyboardLayout.Call(uintptr(thread))
	return board{layout}
}

func (b board) composes() bool { return composes(uint64(b.layout)) }

// capsLock says whether it is on.
func (b board) capsLock() bool {
	const vkCapital = 0x14
	state, _, _ := procGetToggleState.Call(vkCapital)
	return state&1 != 0
}

// Find implements keys.Board.
func (b board) Find(r rune) (keys.Chord, bool) {
	if r > 0xffff {
		return keys.Chord{}, false
	}
	v, _, _ := procVkKeyScanEx.Call(uintptr(uint16(r)), b.layout)
	const shift, control, alt, others = 1, 2, 4, 0xf8
	state := byte(v >> 8)
	if int16(v) == -1 || state&others != 0 {
		return keys.Chord{}, false
	}
	const toScanExtended = 4 // MAPVK_VK_TO_VSC_EX
	code, _, _ := procMapVirtualKeyEx.Call(v&0xff, toScanExtended, b.layout)
	if code == 0 {
		return keys.Chord{}, false
	}
	return keys.Chord{
		Scan: keys.Scan{Code: uint16(code & 0xff), Extended: code>>8 == 0xe0}, Shift: state&shift != 0, Control: state&control != 0, Alt: state&alt != 0,
	}, code>>8 != 0xe1
}

// name is the virtual key of a place; 0: none.
func (b board) name(s keys.Scan) uint16 {
	const toKeyExtended = 3 // MAPVK_VSC_TO_VK_EX
	scan := uintptr(s.Code)
	if s.Extended {
		scan |= 0xe000
	}
	vk, _, _ := procMapVirtualKeyEx.Call(scan, toKeyExtended, b.layout)
	return uint16(vk)
}

// Types implements keys.Board.
func (b board) Types(c keys.Chord) rune {
	const (
		vkShift, vkControl, vkMenu = 0x10, 0x11, 0x12
		leaveState                 = 4 // nobody's dead key is used up; since Windows 10 1607
		down                       = 0x80
	)
	vk := b.name(c.Scan)
	if vk == 0 {
		return 0
	}
	var state [256]byte
	for key, on := range map[int]bool{vkShift: c.Shift, vkControl: c.Control, vkMenu: c.Alt} {
		if on {
			state[key] = down
		}
	}
	var out [8]uint16
	n, _, _ := procToUnicodeEx.Call(uintptr(vk), uintptr(c.Scan.Code), uintptr(unsafe.Pointer(&state[0])), uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), leaveState, b.layout)
	if int32(n) != 1 {
		return 0
	}
	return rune(out[0])
}

var _ keys.Board = board{}

package native

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/internal/version"
)

// identify gives the program the AppUserModelID of the Start menu's shortcut, so
// that its windows stand under that one on the taskbar. It has to come before
// the first window. Where Windows refuses it the windows are merely grouped by
// their file.
func identify() {
	id, err := windows.UTF16PtrFromString(version.ID())
	if err != nil {
		return
	}
	windows.NewLazySystemDLL("shell32.dll").NewProc("SetCurrentProcessExplicitAppUserModelID").Call(uintptr(unsafe.Pointer(id)))
}

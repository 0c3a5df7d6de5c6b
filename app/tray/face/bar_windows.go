package face

import (
	"context"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procFindWindow = windows.NewLazySystemDLL("user32.dll").NewProc("FindWindowW")

// awaitBar waits for Explorer's task bar.
func awaitBar(ctx context.Context) bool {
	name, err := windows.UTF16PtrFromString("Shell_TrayWnd")
	if err != nil {
		return true
	}
	return bar{every: 250 * time.Millisecond, there: func() bool {
		w, _, _ := procFindWindow.Call(uintptr(unsafe.Pointer(name)), 0)
		return w != 0
	}}.await(ctx)
}

package lock

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")

	procRegisterClass     = user32.NewProc("RegisterClassExW")
	procCreateWindow      = user32.NewProc("CreateWindowExW")
	procDestroyWindow     = user32.NewProc("DestroyWindow")
	procDefWindow         = user32.NewProc("DefWindowProcW")
	procGetMessage        = user32.NewProc("GetMessageW")
	procDispatchMessage   = user32.NewProc("DispatchMessageW")
	procPostThreadMessage = user32.NewProc("PostThreadMessageW")
	procRegisterSession   = wtsapi.NewProc("WTSRegisterSessionNotification")
	procUnregisterSession = wtsapi.NewProc("WTSUnRegisterSessionNotification")
)

const (
	wmQuit          = 0x12
	wmSessionChange = 0x2b1
	wmChange        = 0x8000 + 1 // ours: a change, on to the thread's own loop
	messageOnly     = ^uintptr(2)
	thisSession     = 0
)

type classEx struct {
	size, style                        uint32
	proc                               uintptr
	classExtra, windowExtra            int32
	instance, icon, cursor, background uintptr
	menu, name                         *uint16
	small                              uintptr
}

type message struct {
	window         windows.HWND
	kind           uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

// sessionProc is the window's: Windows never frees a callback, so there is one
// for all, and what it hears goes to the loop of the thread that it runs on.
var sessionProc = windows.NewCallback(func(w, kind, wParam, lParam uintptr) uintptr {
	if kind == wmSessionChange {
		_, _, _ = procPostThreadMessage.Call(uintptr(windows.GetCurrentThreadId()), wmChange, wParam, lParam)
		return 0
	}
	r, _, _ := procDefWindow.Call(w, kind, wParam, lParam)
	return r
})

var className, _ = windows.UTF16PtrFromString("BeckmanConnectSession")

// hear tells each change of this session until ctx ends. It returns once it
// hears, or cannot; the changes come on a goroutine of their own.
func hear(ctx context.Context, changed func(change uintptr)) error {
	ready := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		w, err := sessionWindow()
		if err != nil {
			ready <- err
			return
		}
		defer procDestroyWindow.Call(w)
		if ok, _, err := procRegisterSession.Call(w, thisSession); ok == 0 {
			ready <- fmt.Errorf("lock: hear of the session's changes: %w", err)
			return
		}
		defer procUnregisterSession.Call(w)
		thread := windows.GetCurrentThreadId()
		defer context.AfterFunc(ctx, func() { _, _, _ = procPostThreadMessage.Call(uintptr(thread), wmQuit, 0, 0) })()
		ready <- nil
		var m message
		for {
			if more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0); int32(more) <= 0 {
				return
			}
			if m.window == 0 && m.kind == wmChange {
				changed(m.wParam)
				continue
			}
			_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
		}
	}()
	return <-ready
}

func sessionWindow() (uintptr, error) {
	class := classEx{proc: sessionProc, name: className}
	class.size = uint32(unsafe.Sizeof(class))
	// A second one is told that the class is there already.
	if ok, _, err := procRegisterClass.Call(uintptr(unsafe.Pointer(&class))); ok == 0 && err != windows.ERROR_CLASS_ALREADY_EXISTS {
		return 0, fmt.Errorf("lock: window class: %w", err)
	}
	w, _, err := procCreateWindow.Call(0, uintptr(unsafe.Pointer(className)), 0, 0, 0, 0, 0, 0, messageOnly, 0, 0, 0)
	if w == 0 {
		return 0, fmt.Errorf("lock: window: %w", err)
	}
	return w, nil
}

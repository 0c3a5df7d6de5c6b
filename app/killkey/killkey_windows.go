package killkey

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32            = windows.NewLazySystemDLL("user32.dll")
	registerHotKey    = user32.NewProc("RegisterHotKey")
	unregisterHotKey  = user32.NewProc("UnregisterHotKey")
	getMessage        = user32.NewProc("GetMessageW")
	peekMessage       = user32.NewProc("PeekMessageW")
	postThreadMessage = user32.NewProc("PostThreadMessageW")
)

const (
	vkPause     = 0x13
	vkCancel    = 0x03 // what Ctrl+Pause sends
	modControl  = 0x2
	modNoRepeat = 0x4000
	wmHotkey    = 0x312
	wmQuit      = 0x12
)

type message struct {
	window  windows.HWND
	message uint32
	wParam  uintptr
	lParam  uintptr
	time    uint32
	x, y    int32
	private uint32
}

// Grab registers the key for the whole log-on.
func Grab(ctx context.Context, pressed func()) (release func(), err error) {
	ready := make(chan error, 1)
	done := make(chan struct{})
	var thread uint32
	go func() {
		defer close(done)
		// A hot key belongs to the thread that registered it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread = windows.GetCurrentThreadId()
		var m message
		// Asking once gives the thread its message queue.
		_, _, _ = peekMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)
		if ok, _, err := registerHotKey.Call(0, 1, modNoRepeat, vkPause); ok == 0 {
			ready <- fmt.Errorf("killkey: another program holds the Pause key: %w", err)
			return
		}
		defer unregisterHotKey.Call(0, 1)
		if ok, _, _ := registerHotKey.Call(0, 2, modNoRepeat|modControl, vkCancel); ok != 0 {
			defer unregisterHotKey.Call(0, 2)
		}
		ready <- nil
		for {
			more, _, _ := getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
			if int32(more) <= 0 {
				return
			}
			if m.message == wmHotkey {
				go pressed()
			}
		}
	}()
	if err := <-ready; err != nil {
		<-done
		return nil, err
	}
	var once sync.Once
	quit := func() { _, _, _ = postThreadMessage.Call(uintptr(thread), wmQuit, 0, 0) }
	stop := context.AfterFunc(ctx, quit)
	return func() {
		once.Do(func() {
			stop()
			quit()
			<-done
		})
	}, nil
}

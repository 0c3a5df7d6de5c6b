package gdi

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Watch tells of the technician's own input and of a changed focus. Low-level
// hooks say of each event whether a program made it.
type Watch struct {
	local  chan struct{}
	focus  chan struct{}
	thread uint32
	done   chan struct{}
	once   sync.Once
}

const (
	hookKeyboardLL = 13
	hookMouseLL    = 14

	keyInjected   = 0x10
	mouseInjected = 0x1

	eventForeground    = 3
	eventDesktopSwitch = 0x20 // UAC, the lock screen, a question on a desktop of its own
	outOfContext       = 0

	messageQuit = 0x12
)

type keyboardHook struct{ vk, scan, flags, time uint32 }

type mouseHook struct {
	x, y              int32
	data, flags, time uint32
}

type message struct {
	window         windows.HWND
	kind           uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

// OpenWatch sets the hooks.
func OpenWatch() (*Watch, error) {
	w := &Watch{local: make(chan struct{}, 1), focus: make(chan struct{}, 1), done: make(chan struct{})}
	ready := make(chan error, 1)
	go w.run(ready)
	if err := <-ready; err != nil {
		<-w.done
		return nil, err
	}
	return w, nil
}

// run keeps its thread: hooks are called on the one that set them.
func (w *Watch) run(ready chan<- error) {
	defer close(w.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w.thread = windows.GetCurrentThreadId()
	var m message
	// Asking once gives the thread its message queue.
	_, _, _ = procPeekMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)

	keyboard := windows.NewCallback(func(code int32, wParam uintptr, h *keyboardHook) uintptr {
		if code >= 0 && h.flags&keyInjected == 0 {
			signal(w.local)
		}
		r, _, _ := procCallNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
	mouse := windows.NewCallback(func(code int32, wParam uintptr, h *mouseHook) uintptr {
		if code >= 0 && h.flags&mouseInjected == 0 {
			signal(w.local)
		}
		r, _, _ := procCallNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
	foreground := windows.NewCallback(func(hook, event, window, object, child, thread, time uintptr) uintptr {
		signal(w.focus)
		return 0
	})
	for kind, callback := range map[uintptr]uintptr{hookKeyboardLL: keyboard, hookMouseLL: mouse} {
		hook, _, err := procSetWindowsHook.Call(kind, callback, 0, 0)
		if hook == 0 {
			ready <- fmt.Errorf("gdi: watch the technician's mouse and keyboard: %w", err)
			return
		}
		defer procUnhookWindowsHook.Call(hook)
	}
	// Without these events the focus is still checked before each input.
	for _, event := range []uintptr{eventForeground, eventDesktopSwitch} {
		if hook, _, _ := procSetWinEventHook.Call(event, event, 0, foreground, 0, 0, outOfContext); hook != 0 {
			defer procUnhookWinEvent.Call(hook)
		}
	}
	ready <- nil
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
		if int32(more) <= 0 {
			return
		}
	}
}

// LocalInput implements desktop.Watcher.
func (w *Watch) LocalInput() <-chan struct{} { return w.local }

// FocusChanged implements desktop.Watcher.
func (w *Watch) FocusChanged() <-chan struct{} { return w.focus }

// Close implements desktop.Watcher.
func (w *Watch) Close() error {
	w.once.Do(func() {
		_, _, _ = procPostThreadMessage.Call(uintptr(w.thread), messageQuit, 0, 0)
		<-w.done
	})
	return nil
}

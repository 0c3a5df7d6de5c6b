package native

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"fyne.io/fyne/v2"
	"golang.org/x/sys/windows"
)

const (
	hookKeyboardLL = 13
	hookMouseLL    = 14

	// Injected, also by a program of lower integrity.
	keyInjected   = 0x10 | 0x02
	mouseInjected = 0x01 | 0x02

	messageQuit = 0x12

	wmKeyDown, wmSysKeyDown = 0x100, 0x104
	wmLeftDown              = 0x201
	wmXButtonDown           = 0x20B
	wmXButtonUp             = 0x20C

	vkTab, vkSpace = 0x09, 0x20
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

// hooks are the two callbacks of this process. Windows never frees one, so
// they are made once and ask who attends now.
type hooks struct {
	keyboard, mouse uintptr
	now             atomic.Pointer[hand]
}

// hand holds the low-level hooks for one window, on a thread of its own.
type hand struct {
	presses
	x      *win32
	window uintptr
	thread uint32
	done   chan struct{}
}

func (x *win32) makeHooks() {
	x.hooks.keyboard = windows.NewCallback(func(code int32, wParam uintptr, h *keyboardHook) uintptr {
		if to := x.hooks.now.Load(); to != nil && code >= 0 {
			to.key(wParam == wmKeyDown || wParam == wmSysKeyDown, h)
		}
		r, _, _ := x.callNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
	x.hooks.mouse = windows.NewCallback(func(code int32, wParam uintptr, h *mouseHook) uintptr {
		if to := x.hooks.now.Load(); to != nil && code >= 0 {
			to.button(wParam, h)
		}
		r, _, _ := x.callNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
}

func (h *hand) key(down bool, e *keyboardHook) {
	if e.flags&keyInjected != 0 {
		h.byProgram(time.Now(), act{true, e.vk}, down)
		return
	}
	if !down {
		return
	}
	s := otherKey
	switch e.vk {
	case vkTab:
		s = tabKey
	case vkSpace:
		s = spaceKey
	}
	front, _, _ := h.x.foreground.Call()
	h.byKey(time.Now(), s, front == h.window)
}

func (h *hand) button(kind uintptr, e *mouseHook) {
	var down bool
	switch {
	case kind == wmXButtonDown, kind == wmXButtonUp:
		down = kind == wmXButtonDown
	case kind >= wmLeftDown && kind < wmLeftDown+9 && (kind-wmLeftDown)%3 < 2:
		down = (kind-wmLeftDown)%3 == 0 // down, up, double click; left, right, middle
	default:
		return // moved, or the wheel
	}
	if e.flags&mouseInjected != 0 {
		h.byProgram(time.Now(), act{number: buttonOf(kind)}, down)
		return
	}
	if down {
		h.byPointer(time.Now(), int(e.x), int(e.y))
	}
}

var errAttended = errors.New("native: another window is attended already")

func (x *win32) Attend(w fyne.Window) (Hand, error) {
	id, err := handle(w)
	if err != nil {
		return nil, err
	}
	h := &hand{x: x, window: id, done: make(chan struct{})}
	if !x.hooks.now.CompareAndSwap(nil, h) {
		return nil, errAttended
	}
	ready := make(chan error, 1)
	go h.run(ready)
	if err := <-ready; err != nil {
		<-h.done
		x.hooks.now.Store(nil)
		return nil, err
	}
	return h, nil
}

// run is the hooks' thread: Windows calls them while it waits for messages.
func (h *hand) run(ready chan<- error) {
	defer close(h.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h.thread = windows.GetCurrentThreadId()
	var m message
	// Asking once gives the thread its message queue.
	_, _, _ = h.x.peekMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)
	for kind, callback := range map[uintptr]uintptr{hookKeyboardLL: h.x.hooks.keyboard, hookMouseLL: h.x.hooks.mouse} {
		hook, _, err := h.x.setHook.Call(kind, callback, 0, 0)
		if hook == 0 {
			ready <- fmt.Errorf("native: tell who presses: %w", err)
			return
		}
		defer h.x.unhook.Call(hook)
	}
	ready <- nil
	for {
		more, _, _ := h.x.getMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
		if int32(more) <= 0 {
			return
		}
	}
}

// Made is Hand's. Windows calls a low-level hook before anybody gets the
// event, so there is nothing to wait for.
func (h *hand) Made(in Rect, byKey bool) bool { return h.made(time.Now(), in, byKey) }

// Close is Hand's.
func (h *hand) Close() {
	_, _, _ = h.x.postThreadMessage.Call(uintptr(h.thread), messageQuit, 0, 0)
	<-h.done
	h.x.hooks.now.CompareAndSwap(h, nil)
}

// buttonOf is the button that a down and its up have in common.
func buttonOf(kind uintptr) uint32 {
	if kind >= wmXButtonDown {
		return 4
	}
	return uint32((kind - wmLeftDown) / 3)
}

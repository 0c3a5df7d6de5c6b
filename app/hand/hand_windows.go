package hand

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

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

	vkTab, vkSpace, vkPageUp, vkPageDown = 0x09, 0x20, 0x21, 0x22
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
	hooks  *hooks
	window uintptr
	thread uint32
	done   chan struct{}
}

var (
	procForeground        = user32.NewProc("GetForegroundWindow")
	procSetHook           = user32.NewProc("SetWindowsHookExW")
	procUnhook            = user32.NewProc("UnhookWindowsHookEx")
	procCallNextHook      = user32.NewProc("CallNextHookEx")
	procGetMessage        = user32.NewProc("GetMessageW")
	procPeekMessage       = user32.NewProc("PeekMessageW")
	procPostThreadMessage = user32.NewProc("PostThreadMessageW")
)

var theHooks = sync.OnceValue(func() *hooks {
	x := &hooks{}
	x.keyboard = windows.NewCallback(func(code int32, wParam uintptr, h *keyboardHook) uintptr {
		if to := x.now.Load(); to != nil && code >= 0 {
			to.key(wParam == wmKeyDown || wParam == wmSysKeyDown, h)
		}
		r, _, _ := procCallNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
	x.mouse = windows.NewCallback(func(code int32, wParam uintptr, h *mouseHook) uintptr {
		if to := x.now.Load(); to != nil && code >= 0 {
			to.button(wParam, h)
		}
		r, _, _ := procCallNextHook.Call(0, uintptr(code), wParam, uintptr(unsafe.Pointer(h)))
		return r
	})
	return x
})

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
	case vkPageUp, vkPageDown:
		s = pageKey
	}
	front, _, _ := procForeground.Call()
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

var errAttended = errors.New("hand: another window is attended already")

// Attend watches mouse and keyboard for one window of this process until the
// Hand is closed; one at a time.
func Attend(window uintptr) (Hand, error) {
	x := theHooks()
	h := &hand{hooks: x, window: window, done: make(chan struct{})}
	if !x.now.CompareAndSwap(nil, h) {
		return nil, errAttended
	}
	ready := make(chan error, 1)
	go h.run(ready)
	if err := <-ready; err != nil {
		<-h.done
		x.now.Store(nil)
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
	_, _, _ = procPeekMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)
	for kind, callback := range map[uintptr]uintptr{hookKeyboardLL: h.hooks.keyboard, hookMouseLL: h.hooks.mouse} {
		hook, _, err := procSetHook.Call(kind, callback, 0, 0)
		if hook == 0 {
			ready <- fmt.Errorf("hand: tell who presses: %w", err)
			return
		}
		defer procUnhook.Call(hook)
	}
	ready <- nil
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
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
	_, _, _ = procPostThreadMessage.Call(uintptr(h.thread), messageQuit, 0, 0)
	<-h.done
	h.hooks.now.CompareAndSwap(h, nil)
}

// buttonOf is the button that a down and its up have in common.
func buttonOf(kind uintptr) uint32 {
	if kind >= wmXButtonDown {
		return 4
	}
	return uint32((kind - wmLeftDown) / 3)
}

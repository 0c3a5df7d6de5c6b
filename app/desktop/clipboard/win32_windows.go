package clipboard

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32   = windows.NewLazySystemDLL("user32.dll")
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	procRegisterClass   = user32.NewProc("RegisterClassExW")
	procCreateWindow    = user32.NewProc("CreateWindowExW")
	procDestroyWindow   = user32.NewProc("DestroyWindow")
	procDefWindow       = user32.NewProc("DefWindowProcW")
	procGetMessage      = user32.NewProc("GetMessageW")
	procDispatchMessage = user32.NewProc("DispatchMessageW")
	procPostMessage     = user32.NewProc("PostMessageW")
	procAddListener     = user32.NewProc("AddClipboardFormatListener")
	procRemoveListener  = user32.NewProc("RemoveClipboardFormatListener")
	procOpenClipboard   = user32.NewProc("OpenClipboard")
	procCloseClipboard  = user32.NewProc("CloseClipboard")
	procEmptyClipboard  = user32.NewProc("EmptyClipboard")
	procGetData         = user32.NewProc("GetClipboardData")
	procSetData         = user32.NewProc("SetClipboardData")
	procFormatAvailable = user32.NewProc("IsClipboardFormatAvailable")
	procRegisterFormat  = user32.NewProc("RegisterClipboardFormatW")
	procSequence        = user32.NewProc("GetClipboardSequenceNumber")
	procGlobalAlloc     = kernel32.NewProc("GlobalAlloc")
	procGlobalFree      = kernel32.NewProc("GlobalFree")
	procGlobalLock      = kernel32.NewProc("GlobalLock")
	procGlobalUnlock    = kernel32.NewProc("GlobalUnlock")
	procGlobalSize      = kernel32.NewProc("GlobalSize")
	procGetModuleHandle = kernel32.NewProc("GetModuleHandleW")
	procRtlMoveMemory   = kernel32.NewProc("RtlMoveMemory")
)

const (
	formatUnicodeText = 13
	messageUpdate     = 0x031D
	messageWork       = 0x8000      // WM_APP
	messageOnly       = ^uintptr(2) // HWND_MESSAGE, -3

	tries = 10 // to open it, 20 ms apart
)

var (
	errNoText = errors.New("clipboard: there is no text")
	errSecret = errors.New("clipboard: the text is marked as secret")
)

// Win32 is the clipboard of a Windows log-on. All of it happens on one thread,
// which has the window that Windows tells of changes.
type Win32 struct {
	log    *slog.Logger
	texts  chan string
	window uintptr
	work   chan func()
	done   chan struct{}
	once   sync.Once

	// The rest belongs to the thread.
	listening bool
	own       uint32  // the clipboard's number after our last Set; 0: none
	before    *string // what was there before our first
}

// OpenWin32 opens the clipboard of this log-on.
func OpenWin32(log *slog.Logger) (*Win32, error) {
	c := &Win32{log: log, texts: make(chan string, 1), work: make(chan func(), 1), done: make(chan struct{})}
	ready := make(chan error, 1)
	go c.run(ready)
	if err := <-ready; err != nil {
		<-c.done
		return nil, err
	}
	return c, nil
}

type windowClass struct {
	size, style              uint32
	proc                     uintptr
	extraClass, extraWindow  int32
	instance                 uintptr
	icon, cursor, background uintptr
	menu, name               *uint16
	iconSmall                uintptr
}

type message struct {
	window         uintptr
	kind           uint32
	wParam, lParam uintptr
	time           uint32
	x, y           int32
	private        uint32
}

func (c *Win32) run(ready chan<- error) {
	defer close(c.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	instance, _, _ := procGetModuleHandle.Call(0)
	name, _ := windows.UTF16PtrFromString("BeckmanConnectClipboard")
	class := windowClass{proc: windows.NewCallback(func(w, kind, wParam, lParam uintptr) uintptr {
		r, _, _ := procDefWindow.Call(w, kind, wParam, lParam)
		return r
	}), instance: instance, name: name}
	class.size = uint32(unsafe.Sizeof(class))
	_, _, _ = procRegisterClass.Call(uintptr(unsafe.Pointer(&class))) // a second one finds it registered
	w, _, err := procCreateWindow.Call(0, uintptr(unsafe.Pointer(name)), 0, 0, 0, 0, 0, 0, messageOnly, 0, instance, 0)
	if w == 0 {
		ready <- fmt.Errorf("clipboard: window: %w", err)
		return
	}
	c.window = w
	defer procDestroyWindow.Call(w)
	ready <- nil
	var m message
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
		switch {
		case int32(more) <= 0:
			return
		case m.kind == messageUpdate:
			c.changed()
		case m.kind == messageWork:
			f := <-c.work
			if f == nil {
				return
			}
			f()
		default:
			_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
		}
	}
}

// act has f done by the thread and waits for it.
func (c *Win32) act(f func()) {
	did := make(chan struct{})
	select {
	case c.work <- func() { f(); close(did) }:
	case <-c.done:
		return
	}
	_, _, _ = procPostMessage.Call(c.window, uintptr(messageWork), 0, 0)
	select {
	case <-did:
	case <-c.done:
	}
}

// Texts implements Clipboard.
func (c *Win32) Texts() <-chan string { return c.texts }

// Watch implements Clipboard.
func (c *Win32) Watch(on bool) {
	c.act(func() {
		switch {
		case on && !c.listening:
			ok, _, err := procAddListener.Call(c.window)
			if c.listening = ok != 0; !c.listening {
				c.log.Warn("the clipboard cannot be watched", "error", err)
			}
		case !on && c.listening:
			_, _, _ = procRemoveListener.Call(c.window)
			c.listening = false
		}
		if !on {
			select {
			case <-c.texts: // nobody may have it any more
			default:
			}
		}
	})
}

func (c *Win32) changed() {
	if !c.listening || c.own != 0 && sequence() == c.own {
		return
	}
	c.own, c.before = 0, nil // another program copied something
	text, err := c.read()
	if err != nil {
		c.log.Debug("clipboard not passed on", "error", err)
		return
	}
	newest(c.texts, text)
}

func sequence() uint32 {
	n, _, _ := procSequence.Call()
	return uint32(n)
}

// Set implements Clipboard.
func (c *Win32) Set(text string) error {
	text, err := Clean(text)
	if err != nil {
		return err
	}
	err = errors.New("clipboard: closed")
	c.act(func() {
		if c.own == 0 || c.own != sequence() {
			c.before = nil
			if was, errRead := c.read(); errRead == nil {
				c.before = &was
			}
		}
		if err = c.write(text); err == nil {
			c.own = sequence()
		}
	})
	return err
}

// Close implements Clipboard.
func (c *Win32) Close() error {
	var err error
	c.once.Do(func() {
		c.act(func() {
			if c.listening {
				_, _, _ = procRemoveListener.Call(c.window)
			}
			if c.own == 0 || c.own != sequence() {
				return
			}
			was := ""
			if c.before != nil {
				was = *c.before
			}
			err = c.write(was)
		})
		select {
		case c.work <- nil:
			_, _, _ = procPostMessage.Call(c.window, uintptr(messageWork), 0, 0)
		case <-c.done:
		}
		<-c.done
	})
	return err
}

var _ Clipboard = (*Win32)(nil)

package gdi

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
)

// listener is a window that notes what it is typed.
type listener struct {
	mu     sync.Mutex
	keys   []keys.Scan // that went down
	text   []rune
	window uintptr
}

// listen opens a window with the focus on a thread of its own.
func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	var (
		procRegisterClass = user32.NewProc("RegisterClassExW")
		procCreateWindow  = user32.NewProc("CreateWindowExW")
		procDefWindow     = user32.NewProc("DefWindowProcW")
		procTranslate     = user32.NewProc("TranslateMessage")
		procDispatch      = user32.NewProc("DispatchMessageW")
		procForeground    = user32.NewProc("SetForegroundWindow")
		procDestroy       = user32.NewProc("DestroyWindow")
		procSetKeys       = user32.NewProc("SetKeyboardState")
	)
	ready, done := make(chan error, 1), make(chan struct{})
	var thread uint32
	go func() {
		defer close(done)
		runtime.LockOSThread() // and not unlocked: the thread ends with its window
		thread = windows.GetCurrentThreadId()
		name, _ := windows.UTF16PtrFromString("listener " + t.Name())
		class := struct {
			size, style                        uint32
			proc                               uintptr
			classExtra, windowExtra            int32
			instance, icon, cursor, background uintptr
			menu, name                         *uint16
			small                              uintptr
		}{proc: windows.NewCallback(func(w, m, wParam, lParam uintptr) uintptr {
			const keyDown, sysKeyDown, char = 0x100, 0x104, 0x102
			l.mu.Lock()
			switch m {
			case keyDown, sysKeyDown:
				l.keys = append(l.keys, keys.Scan{Code: uint16(lParam>>16) & 0xff, Extended: lParam>>24&1 != 0})
			case char:
				l.text = append(l.text, rune(wParam))
			}
			l.mu.Unlock()
			r, _, _ := procDefWindow.Call(w, m, wParam, lParam)
			return r
		}), name: name}
		class.size = uint32(unsafe.Sizeof(class))
		if ok, _, err := procRegisterClass.Call(uintptr(unsafe.Pointer(&class))); ok == 0 {
			ready <- err
			return
		}
		const visible = 0x10CF0000
		w, _, err := procCreateWindow.Call(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(name)), visible, 50, 300, 300, 200, 0, 0, 0, 0)
		if w == 0 {
			ready <- err
			return
		}
		l.window = w
		_, _, _ = procForeground.Call(w)
		// Under Wine a thread can begin with a key down that was let go long ago.
		_, _, _ = procSetKeys.Call(uintptr(unsafe.Pointer(&[256]byte{})))
		ready <- nil
		var m message
		for {
			more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
			if int32(more) <= 0 {
				_, _, _ = procDestroy.Call(w)
				return
			}
			_, _, _ = procTranslate.Call(uintptr(unsafe.Pointer(&m)))
			_, _, _ = procDispatch.Call(uintptr(unsafe.Pointer(&m)))
		}
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _, _ = procPostThreadMessage.Call(uintptr(thread), messageQuit, 0, 0)
		<-done
	})
	l.eventually(t, "it has the focus", func() bool {
		front, _, _ := procGetForegroundWindow.Call()
		return front == l.window
	})
	return l
}

func (l *listener) eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		ok := so()
		l.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("never: %s; keys %v, text %q", what, l.keys, string(l.text))
		}
	}
}

// Scenario 8's other side: what is typed reaches an ordinary window as a hand
// would type it, by places; what the layout lacks as characters.
func TestTyping(t *testing.T) {
	l := listen(t)
	in := OpenInput()
	in.SetMasks(&desktop.MaskSet{})
	defer in.Close()
	press := func(code, text string) {
		t.Helper()
		if err := errors.Join(in.Key(keys.Key{Code: code, Text: text}, true), in.Key(keys.Key{Code: code, Text: text}, false)); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
	}
	press("KeyB", "b")
	press("ArrowUp", "ArrowUp")
	press("F5", "F5")
	press("KeyC", "€")
	if err := in.Key(keys.Key{Code: "ShiftLeft", Text: "Shift"}, true); err != nil {
		t.Fatal(err)
	}
	press("KeyB", "B")
	press("Digit7", "/") // Shift on the engineer's keyboard, none on this one
	if err := in.Key(keys.Key{Code: "ShiftLeft", Text: "Shift"}, false); err != nil {
		t.Fatal(err)
	}
	for _, r := range "ü7\n" {
		if err := in.Text(r); err != nil {
			t.Fatalf("%q: %v", r, err)
		}
	}
	l.eventually(t, "all of it is typed", func() bool { return string(l.text) == "b€B/ü7\r" })
	places := []keys.Scan{{Code: 0x30}, {Code: 0x48, Extended: true}, {Code: 0x3f}, {Code: 0x2a}, {Code: 0x35}, {Code: 0x08}, {Code: 0x1c}}
	for _, place := range places {
		if !slices.Contains(l.keys, place) {
			t.Errorf("no key was pressed at %+v: %+v", place, l.keys)
		}
	}
	if len(in.held()) != 0 {
		t.Errorf("still held: %v", in.held())
	}
	const shift, down = 0x10, 0x8000
	if state, _, _ := user32.NewProc("GetAsyncKeyState").Call(shift); state&down != 0 {
		t.Error("the system's Shift is still down")
	}
}

// Scenario 14: what was being checked when control was taken back is not sent.
func TestTakenBackMeanwhile(t *testing.T) {
	l := listen(t)
	in := OpenInput()
	in.SetMasks(&desktop.MaskSet{})
	defer in.Close()
	still := true
	in.Guard(func() bool { return still })
	b := keys.Key{Code: "KeyB", Text: "b"}
	if err := in.Key(b, true); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, "b is typed", func() bool { return string(l.text) == "b" })
	still = false
	for what, err := range map[string]error{
		"key": in.Key(b, true), "text": in.Text('x'), "move": in.Move(60, 400), "button": in.Button(60, 400, keys.Left, true),
	} {
		if !errors.Is(err, desktop.ErrTakenBack) {
			t.Errorf("%s: %v", what, err)
		}
	}
	still = true
	if err := in.Text('e'); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, "only e follows", func() bool { return strings.HasSuffix(string(l.text), "e") })
	if string(l.text) != "be" || len(in.buttons) != 0 {
		t.Errorf("typed %q, buttons %v", string(l.text), in.buttons)
	}
}

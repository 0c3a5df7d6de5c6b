package gdi

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/marker"

	"golang.org/x/sys/windows"
)

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")

	procRegisterClass       = user32.NewProc("RegisterClassExW")
	procCreateWindow        = user32.NewProc("CreateWindowExW")
	procDestroyWindow       = user32.NewProc("DestroyWindow")
	procDefWindow           = user32.NewProc("DefWindowProcW")
	procDispatchMessage     = user32.NewProc("DispatchMessageW")
	procPostMessage         = user32.NewProc("PostMessageW")
	procShowWindow          = user32.NewProc("ShowWindow")
	procSetWindowPos        = user32.NewProc("SetWindowPos")
	procUpdateLayeredWindow = user32.NewProc("UpdateLayeredWindow")
	procGetModuleHandle     = kernel32.NewProc("GetModuleHandleW")
)

// Marker is the engineer's pointer on a Windows desktop: a layered window above
// all others that no input reaches.
type Marker struct {
	window uintptr
	work   chan func()
	done   chan struct{}
	once   sync.Once

	// The rest belongs to the window's thread.
	shown   bool
	drawn   drawing
	picture marker.Picture
}

// drawing is what a picture was drawn for.
type drawing struct {
	name  string
	scale int
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

const (
	styleTopmost     = 0x8
	styleTransparent = 0x20
	styleToolWindow  = 0x80
	styleLayered     = 0x80000
	styleNoActivate  = 0x08000000

	messageApp = 0x8000
)

// OpenMarker makes the window. Nothing shows yet.
func OpenMarker() (*Marker, error) {
	m := &Marker{work: make(chan func(), 1), done: make(chan struct{})}
	ready := make(chan error, 1)
	go m.run(ready)
	if err := <-ready; err != nil {
		<-m.done
		return nil, err
	}
	return m, nil
}

func (m *Marker) run(ready chan<- error) {
	defer close(m.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	instance, _, _ := procGetModuleHandle.Call(0)
	name, _ := windows.UTF16PtrFromString("BeckmanConnectMarker") // has no zero in it
	class := windowClass{instance: instance, name: name, proc: windows.NewCallback(func(w, kind, wParam, lParam uintptr) uintptr {
		r, _, _ := procDefWindow.Call(w, kind, wParam, lParam)
		return r
	})}
	class.size = uint32(unsafe.Sizeof(class))
	_, _, _ = procRegisterClass.Call(uintptr(unsafe.Pointer(&class))) // a second one finds it registered
	const style = styleTopmost | styleTransparent | styleToolWindow | styleLayered | styleNoActivate
	w, _, err := procCreateWindow.Call(style, uintptr(unsafe.Pointer(name)), 0, stylePopup, 0, 0, 1, 1, 0, 0, instance, 0)
	if w == 0 {
		ready <- fmt.Errorf("gdi: marker: %w", err)
		return
	}
	m.window = w
	defer procDestroyWindow.Call(w)
	ready <- nil
	var msg message
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&msg)), 0, 0, 0)
		switch {
		case int32(more) <= 0:
			return
		case msg.kind == messageApp && uintptr(msg.window) == w:
			f := <-m.work
			if f == nil {
				return
			}
			f()
		default:
			_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&msg)))
		}
	}
}

// act has f done by the window's thread.
func (m *Marker) act(f func() error) error {
	result := make(chan error, 1)
	select {
	case m.work <- func() { result <- f() }:
	case <-m.done:
		return errors.New("gdi: marker: closed")
	}
	_, _, _ = procPostMessage.Call(m.window, messageApp, 0, 0)
	select {
	case err := <-result:
		return err
	case <-m.done:
		return errors.New("gdi: marker: closed")
	}
}

// Show implements desktop.Marker.
func (m *Marker) Show(at image.Point, name string, scale int) error {
	return m.act(func() error {
		if d := (drawing{name, scale}); !m.shown || d != m.drawn {
			picture, err := marker.Draw(name, scale, true)
			if err != nil {
				return err
			}
			m.drawn, m.picture = d, picture
		}
		if err := m.paint(at.Sub(m.picture.Hot)); err != nil {
			return fmt.Errorf("gdi: marker: %w", err)
		}
		const noSize, noMove, noActivate, show = 0x1, 0x2, 0x10, 0x40
		top := ^uintptr(0) // HWND_TOPMOST
		_, _, _ = procSetWindowPos.Call(m.window, top, 0, 0, 0, 0, noSize|noMove|noActivate|show)
		m.shown = true
		return nil
	})
}

// paint gives the window its picture and its place.
func (m *Marker) paint(corner image.Point) error {
	img := m.picture.Image
	size := img.Rect.Size()
	memory, _, err := procCreateCompatibleDC.Call(0)
	if memory == 0 {
		return err
	}
	defer procDeleteDC.Call(memory)
	info := bitmapOf(size)
	var bits unsafe.Pointer
	bitmap, _, err := procCreateDIBSection.Call(memory, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if bitmap == 0 {
		return err
	}
	defer procDeleteObject.Call(bitmap)
	pix := unsafe.Slice((*byte)(bits), 4*size.X*size.Y)
	for i := 0; i < len(pix); i += 4 { // premultiplied both
		pix[i], pix[i+1], pix[i+2], pix[i+3] = img.Pix[i+2], img.Pix[i+1], img.Pix[i], img.Pix[i+3]
	}
	old, _, _ := procSelectObject.Call(memory, bitmap)
	defer procSelectObject.Call(memory, old)
	to := [2]int32{int32(corner.X), int32(corner.Y)}
	large := [2]int32{int32(size.X), int32(size.Y)}
	var from [2]int32
	blend := [4]byte{0, 0, 255, 1} // over, as it is, by its alpha
	const alpha = 2
	ok, _, err := procUpdateLayeredWindow.Call(m.window, 0, uintptr(unsafe.Pointer(&to)), uintptr(unsafe.Pointer(&large)), memory,
		uintptr(unsafe.Pointer(&from)), 0, uintptr(unsafe.Pointer(&blend)), alpha)
	if ok == 0 {
		return err
	}
	return nil
}

// Hide implements desktop.Marker.
func (m *Marker) Hide() error {
	return m.act(func() error {
		const hide = 0
		_, _, _ = procShowWindow.Call(m.window, hide)
		m.shown = false
		return nil
	})
}

// Close implements desktop.Marker.
func (m *Marker) Close() error {
	m.once.Do(func() {
		select {
		case m.work <- nil:
			_, _, _ = procPostMessage.Call(m.window, messageApp, 0, 0)
		case <-m.done:
		}
		<-m.done
	})
	return nil
}

var _ desktop.Marker = (*Marker)(nil)

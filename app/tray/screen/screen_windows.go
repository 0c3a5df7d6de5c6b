package screen

import (
	"fmt"
	"image"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/app/hand"
	"beckmanconnect/app/tray/dialog"
	"beckmanconnect/ui/ask"
)

// eventsKept bounds what waits for a dialog that is busy.
const eventsKept = 64

// Windows implements dialog.Screen by user32 and gdi32.
type Windows struct{}

// Open makes a window on a thread of its own; nothing shows before Show.
func (Windows) Open(o dialog.Options) (dialog.Surface, error) {
	s := &surface{options: o, events: make(chan dialog.Event, eventsKept), done: make(chan struct{})}
	ready := make(chan error, 1)
	go s.run(ready)
	if err := <-ready; err != nil {
		<-s.done
		return nil, err
	}
	if !o.Bar {
		// Without hooks nobody knows who presses, and Made says so.
		s.hand, s.handErr = hand.Attend(s.window)
	}
	return s, nil
}

// Scale is the system's.
func (Windows) Scale() float64 {
	if procGetDpiForSystem.Find() == nil {
		if dpi, _, _ := procGetDpiForSystem.Call(); dpi >= 48 {
			return float64(dpi) / 96
		}
	}
	return 1
}

// Room is the desktop without the task bar, less a window's frame.
func (Windows) Room() image.Point {
	title, _, _ := procGetSystemMetrics.Call(smCYCaption)
	return workArea().Size().Sub(image.Pt(16, int(title)+16))
}

func workArea() image.Rectangle {
	var r rect
	if ok, _, _ := procSystemParametersInfo.Call(spiGetWorkArea, 0, uintptr(unsafe.Pointer(&r)), 0); ok == 0 {
		w, _, _ := procGetSystemMetrics.Call(0)
		h, _, _ := procGetSystemMetrics.Call(1)
		return image.Rect(0, 0, int(w), int(h))
	}
	return image.Rect(int(r.left), int(r.top), int(r.right), int(r.bottom))
}

// surface is one window. Its thread owns it; picture and window are shared.
type surface struct {
	options dialog.Options
	window  uintptr
	thread  uint32
	hand    hand.Hand
	handErr error
	events  chan dialog.Event
	done    chan struct{}
	close   sync.Once

	mu      sync.Mutex
	picture *image.RGBA // in the order of bytes that GDI wants
	shown   bool
}

// byWindow finds the surface a message is for: Windows never frees a callback,
// so there is one for all.
var byWindow sync.Map

var class = sync.OnceValues(func() (*uint16, error) {
	name, err := windows.UTF16PtrFromString(Class)
	if err != nil {
		return nil, err
	}
	instance, _, _ := procGetModuleHandle.Call(0)
	arrow, _, _ := procLoadCursor.Call(0, idcArrow)
	c := windowClass{
		proc: windows.NewCallback(func(w, message, wParam, lParam uintptr) uintptr {
			if s, ok := byWindow.Load(w); ok {
				if result, handled := s.(*surface).message(uint32(message), wParam, lParam); handled {
					return result
				}
			}
			r, _, _ := procDefWindowProc.Call(w, message, wParam, lParam)
			return r
		}),
		instance: instance, cursor: arrow, name: name,
	}
	c.size = uint32(unsafe.Sizeof(c))
	if atom, _, err := procRegisterClassEx.Call(uintptr(unsafe.Pointer(&c))); atom == 0 {
		return nil, fmt.Errorf("screen: class of windows: %w", err)
	}
	return name, nil
})

// run is the window's thread.
func (s *surface) run(ready chan<- error) {
	defer close(s.done)
	defer close(s.events)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s.thread = windows.GetCurrentThreadId()
	if err := s.create(); err != nil {
		ready <- err
		return
	}
	defer byWindow.Delete(s.window)
	ready <- nil
	var m message
	for {
		more, _, _ := procGetMessage.Call(uintptr(unsafe.Pointer(&m)), 0, 0, 0)
		if int32(more) <= 0 {
			return
		}
		_, _, _ = procTranslateMessage.Call(uintptr(unsafe.Pointer(&m)))
		_, _, _ = procDispatchMessage.Call(uintptr(unsafe.Pointer(&m)))
	}
}

func (s *surface) create() error {
	name, err := class()
	if err != nil {
		return err
	}
	title, err := windows.UTF16PtrFromString(s.options.Title)
	if err != nil {
		return fmt.Errorf("screen: title: %w", err)
	}
	style, extended := uintptr(wsPopup|wsCaption|wsSysMenu), uintptr(wsExTopmost)
	if s.options.Bar {
		style, extended = wsPopup, wsExTopmost|wsExToolWindow|wsExNoActivate
	}
	instance, _, _ := procGetModuleHandle.Call(0)
	w, _, err := procCreateWindowEx.Call(extended, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(title)), style, 0, 0, 10, 10, 0, 0, instance, 0)
	if w == 0 {
		return fmt.Errorf("screen: make a window: %w", err)
	}
	s.window = w
	byWindow.Store(w, s)
	// Where Windows is too old for the one, the window is black for others.
	if ok, _, _ := procSetDisplayAffinity.Call(w, affinityExclude); ok == 0 {
		_, _, _ = procSetDisplayAffinity.Call(w, affinityMonitor)
	}
	_, _, _ = procSetTimer.Call(w, 1, onTopEvery, 0)
	return nil
}

// onTopEvery is how often, in milliseconds, a window is put above others anew: a
// program in full screen may have come.
const onTopEvery = 500

// message is the window's procedure, on its thread.
func (s *surface) message(kind uint32, wParam, lParam uintptr) (result uintptr, handled bool) {
	point := func() image.Point { return image.Pt(int(int16(lParam)), int(int16(lParam>>16))) }
	switch kind {
	case wmPaint:
		s.paint()
		return 0, true
	case wmEraseBackground:
		return 1, true
	case wmShowPicture:
		s.fit()
		return 0, true
	case wmTimer:
		if s.isShown() {
			_, _, _ = procSetWindowPos.Call(s.window, topmost, 0, 0, 0, 0, swpNoMove|swpNoSize|swpNoActivate)
		}
		return 0, true
	case wmClose:
		s.tell(dialog.Event{Kind: dialog.CloseAsked})
		return 0, true
	case wmEnd:
		_, _, _ = procDestroyWindow.Call(s.window)
		return 0, true
	case wmDestroy:
		_, _, _ = procPostQuitMessage.Call(0)
		return 0, true
	case wmDpiChanged, wmDisplayChange:
		s.tell(dialog.Event{Kind: dialog.Rescaled})
		return 0, false
	case wmLeftDown, wmLeftDouble:
		_, _, _ = procSetCapture.Call(s.window)
		s.tell(dialog.Event{Kind: dialog.PointerDown, At: point()})
		return 0, true
	case wmLeftUp:
		_, _, _ = procReleaseCapture.Call()
		s.tell(dialog.Event{Kind: dialog.PointerUp, At: point()})
		return 0, true
	case wmMouseActivate:
		if s.options.Bar {
			return maNoActivate, true
		}
	case wmKeyDown:
		return 0, s.key(wParam, lParam)
	case wmChar:
		s.tell(dialog.Event{Kind: dialog.KeyTyped, Key: dialog.Letter, Rune: rune(wParam)})
		return 0, true
	}
	return 0, false
}

// key takes a key that means something. One that is held down counts once.
func (s *surface) key(vk, lParam uintptr) bool {
	shift, _, _ := procGetKeyState.Call(vkShift)
	k, ok := keyOf(uint32(vk), int16(shift) < 0)
	if ok && (lParam>>30&1 == 0 || k == dialog.Back) {
		s.tell(dialog.Event{Kind: dialog.KeyTyped, Key: k})
	}
	return ok
}

// tell never waits: what a dialog does not look at in time is lost, which is
// never a yes.
func (s *surface) tell(e dialog.Event) {
	select {
	case s.events <- e:
	default:
	}
}

// Events implements dialog.Surface.
func (s *surface) Events() <-chan dialog.Event { return s.events }

// Show implements dialog.Surface.
func (s *surface) Show(m *image.RGBA) {
	turned := image.NewRGBA(m.Rect)
	for i := 0; i+3 < len(m.Pix); i += 4 {
		turned.Pix[i], turned.Pix[i+1], turned.Pix[i+2], turned.Pix[i+3] = m.Pix[i+2], m.Pix[i+1], m.Pix[i], m.Pix[i+3]
	}
	s.mu.Lock()
	s.picture = turned
	s.mu.Unlock()
	_, _, _ = procPostMessage.Call(s.window, wmShowPicture, 0, 0)
}

func (s *surface) current() *image.RGBA {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.picture
}

func (s *surface) isShown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// fit gives the window its picture's size, and shows it the first time.
func (s *surface) fit() {
	m := s.current()
	inside, outside := s.area(), s.outer()
	size := outside.Size().Sub(inside.Size()).Add(m.Rect.Size())
	if !s.isShown() {
		at := place(workArea(), size, s.options.Bar)
		flags := uintptr(swpShowWindow)
		if s.options.Bar {
			flags |= swpNoActivate
		}
		_, _, _ = procSetWindowPos.Call(s.window, topmost, uintptr(at.X), uintptr(at.Y), uintptr(size.X), uintptr(size.Y), flags)
		s.mu.Lock()
		s.shown = true
		s.mu.Unlock()
		if !s.options.Bar {
			_, _, _ = procSetForeground.Call(s.window)
		}
	} else if size != outside.Size() {
		_, _, _ = procSetWindowPos.Call(s.window, 0, 0, 0, uintptr(size.X), uintptr(size.Y), swpNoMove|swpNoZOrder|swpNoActivate)
	}
	_, _, _ = procInvalidateRect.Call(s.window, 0, 0)
}

func (s *surface) paint() {
	var p paintStruct
	dc, _, _ := procBeginPaint.Call(s.window, uintptr(unsafe.Pointer(&p)))
	if dc == 0 {
		return
	}
	defer procEndPaint.Call(s.window, uintptr(unsafe.Pointer(&p)))
	m := s.current()
	if m == nil || len(m.Pix) == 0 {
		return
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	head := bitmapInfo{width: int32(w), height: int32(-h), planes: 1, bits: 32}
	head.size = uint32(unsafe.Sizeof(head))
	_, _, _ = procSetDIBitsToDevice.Call(dc, 0, 0, uintptr(w), uintptr(h), 0, 0, 0, uintptr(h),
		uintptr(unsafe.Pointer(&m.Pix[0])), uintptr(unsafe.Pointer(&head)), 0)
}

// area is the window's inside on the screen.
func (s *surface) area() image.Rectangle {
	var r rect
	var at struct{ x, y int32 }
	ok, _, _ := procGetClientRect.Call(s.window, uintptr(unsafe.Pointer(&r)))
	if ok != 0 {
		ok, _, _ = procClientToScreen.Call(s.window, uintptr(unsafe.Pointer(&at)))
	}
	if ok == 0 {
		return image.Rectangle{}
	}
	return image.Rect(int(at.x), int(at.y), int(at.x+r.right), int(at.y+r.bottom))
}

func (s *surface) outer() image.Rectangle {
	var r rect
	_, _, _ = procGetWindowRect.Call(s.window, uintptr(unsafe.Pointer(&r)))
	return image.Rect(int(r.left), int(r.top), int(r.right), int(r.bottom))
}

// Sight implements dialog.Surface.
func (s *surface) Sight() ask.Sight {
	shown, _, _ := procIsWindowVisible.Call(s.window)
	small, _, _ := procIsIconic.Call(s.window)
	area := s.area()
	if shown == 0 || small != 0 || area.Empty() || !area.In(virtualScreen()) {
		return ask.OutOfSight
	}
	if hand.Covered(s.window, hand.Rect{X: area.Min.X, Y: area.Min.Y, W: area.Dx(), H: area.Dy()}) {
		return ask.Covered
	}
	return ask.InSight
}

func virtualScreen() image.Rectangle {
	metric := func(which uintptr) int { v, _, _ := procGetSystemMetrics.Call(which); return int(int32(v)) }
	x, y := metric(76), metric(77) // SM_XVIRTUALSCREEN and the three after it
	return image.Rect(x, y, x+metric(78), y+metric(79))
}

// Made implements dialog.Surface.
func (s *surface) Made(in image.Rectangle, byKey bool) (made, able bool) {
	area := s.area()
	if s.hand == nil || area.Empty() {
		return false, false
	}
	at := in.Add(area.Min)
	return s.hand.Made(hand.Rect{X: at.Min.X, Y: at.Min.Y, W: at.Dx(), H: at.Dy()}, byKey), true
}

// Close implements dialog.Surface.
func (s *surface) Close() {
	s.close.Do(func() {
		if s.hand != nil {
			s.hand.Close()
		}
		if ok, _, _ := procPostMessage.Call(s.window, wmEnd, 0, 0); ok != 0 {
			<-s.done
		}
	})
}

package gdi

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"time"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/session/screen"
)

// period is how often the screen is looked at: GDI cannot tell what changed.
const period = 100 * time.Millisecond

// Screen captures the desktop of this log-on.
type Screen struct {
	ticker  *time.Ticker
	changed chan struct{}
	done    chan struct{}
	once    sync.Once

	masks  *desktop.MaskSet
	size   image.Rectangle
	memory uintptr // device context
	bitmap uintptr
	old    uintptr
	bits   []byte
	pix    []byte
}

// OpenScreen prepares for capturing.
func OpenScreen() (*Screen, error) {
	realPixels()
	s := &Screen{ticker: time.NewTicker(period), changed: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		for {
			select {
			case <-s.ticker.C:
				signal(s.changed)
			case <-s.done:
				return
			}
		}
	}()
	return s, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// Changed implements desktop.Screen.
func (s *Screen) Changed() <-chan struct{} { return s.changed }

// SetMasks implements desktop.Screen.
func (s *Screen) SetMasks(m *desktop.MaskSet) { s.masks = m }

// tries is how often a picture is taken again because windows that are to be
// hidden moved while it was taken.
const tries = 3

// Capture implements desktop.Screen. Windows has no way to hold the desktop
// still, so the windows are read before and after the picture: only one where
// everything was in the same place both times is shown.
func (s *Screen) Capture(bool) (desktop.Picture, error) {
	size := virtualScreen()
	if size != s.size {
		if err := s.resize(size); err != nil {
			return desktop.Picture{}, fmt.Errorf("%w: %w", desktop.ErrLost, err)
		}
	}
	for range tries {
		before, err := windowsOn(size, s.masks)
		if err != nil {
			return s.black(err)
		}
		if err := s.blit(); err != nil {
			return s.black(err)
		}
		after, err := windowsOn(size, s.masks)
		if err != nil {
			return s.black(err)
		}
		if !slices.EqualFunc(before, after, same) {
			continue
		}
		copy(s.pix, s.bits)
		whole := image.Rect(0, 0, size.Dx(), size.Dy())
		cover := s.masks.Cover(whole, size.Min, before)
		desktop.Blacken(s.pix, 4*size.Dx(), cover.Area)
		return desktop.Picture{Frame: s.frame(), Hidden: cover.Windows, Masks: cover.Masks, Black: cover.Whole}, nil
	}
	return s.black(errors.New("gdi: the windows did not keep still"))
}

func (s *Screen) black(err error) (desktop.Picture, error) {
	clear(s.pix)
	return desktop.Picture{Frame: s.frame(), Black: true}, err
}

func (s *Screen) frame() screen.Frame {
	return screen.Frame{Pix: s.pix, Stride: 4 * s.size.Dx(), Width: s.size.Dx(), Height: s.size.Dy()}
}

type bitmapInfo struct {
	size                   uint32
	width, height          int32
	planes, bits           uint16
	compression, sizeImage uint32
	xPerMeter, yPerMeter   int32
	used, important        uint32
	colours                [1]uint32
}

func (s *Screen) resize(size image.Rectangle) error {
	s.free()
	if size.Empty() {
		return errors.New("gdi: the desktop has no size")
	}
	info := bitmapInfo{size: 40, width: int32(size.Dx()), height: -int32(size.Dy()), planes: 1, bits: 32} // negative: from the top
	memory, _, err := procCreateCompatibleDC.Call(0)
	if memory == 0 {
		return fmt.Errorf("gdi: device context: %w", err)
	}
	var bits unsafe.Pointer
	bitmap, _, err := procCreateDIBSection.Call(memory, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if bitmap == 0 {
		_, _, _ = procDeleteDC.Call(memory)
		return fmt.Errorf("gdi: picture: %w", err)
	}
	s.memory, s.bitmap = memory, bitmap
	s.old, _, _ = procSelectObject.Call(memory, bitmap)
	s.bits = unsafe.Slice((*byte)(bits), 4*size.Dx()*size.Dy())
	s.pix = make([]byte, len(s.bits))
	s.size = size
	return nil
}

func (s *Screen) free() {
	if s.memory == 0 {
		return
	}
	_, _, _ = procSelectObject.Call(s.memory, s.old)
	_, _, _ = procDeleteObject.Call(s.bitmap)
	_, _, _ = procDeleteDC.Call(s.memory)
	s.memory, s.bits = 0, nil
}

func (s *Screen) blit() error {
	from, _, err := procGetDC.Call(0)
	if from == 0 {
		return fmt.Errorf("gdi: the desktop cannot be read: %w", err)
	}
	defer procReleaseDC.Call(0, from)
	const copyWithLayered = 0x00CC0020 | 0x40000000
	ok, _, err := procBitBlt.Call(s.memory, 0, 0, uintptr(s.size.Dx()), uintptr(s.size.Dy()), from, uintptr(s.size.Min.X), uintptr(s.size.Min.Y), copyWithLayered)
	if ok == 0 { // the locked desktop, or a UAC prompt
		return fmt.Errorf("gdi: the desktop cannot be read: %w", err)
	}
	_, _, _ = procGdiFlush.Call()
	return nil
}

// Close implements desktop.Screen.
func (s *Screen) Close() error {
	s.once.Do(func() {
		s.ticker.Stop()
		close(s.done)
		s.free()
	})
	return nil
}

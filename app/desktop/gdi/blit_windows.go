package gdi

import (
	"fmt"
	"image"
	"unsafe"
)

// blit reads the screen by GDI.
type blit struct {
	view   image.Rectangle
	memory uintptr // device context
	bitmap uintptr
	old    uintptr
	bits   []byte
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

// bitmapOf describes a picture of 4-byte pixels, row by row from the top.
func bitmapOf(size image.Point) bitmapInfo {
	return bitmapInfo{size: 40, width: int32(size.X), height: -int32(size.Y), planes: 1, bits: 32}
}

func openBlit(view image.Rectangle) (source, error) {
	b := &blit{view: view}
	info := bitmapOf(view.Size())
	memory, _, err := procCreateCompatibleDC.Call(0)
	if memory == 0 {
		return nil, fmt.Errorf("gdi: device context: %w", err)
	}
	var bits unsafe.Pointer
	bitmap, _, err := procCreateDIBSection.Call(memory, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if bitmap == 0 {
		_, _, _ = procDeleteDC.Call(memory)
		return nil, fmt.Errorf("gdi: picture: %w", err)
	}
	b.memory, b.bitmap = memory, bitmap
	b.old, _, _ = procSelectObject.Call(memory, bitmap)
	b.bits = unsafe.Slice((*byte)(bits), 4*view.Dx()*view.Dy())
	return b, nil
}

func (b *blit) take(pix []byte) ([]image.Rectangle, error) {
	from, _, err := procGetDC.Call(0)
	if from == 0 {
		return nil, fmt.Errorf("gdi: the desktop cannot be read: %w", err)
	}
	defer procReleaseDC.Call(0, from)
	const copyWithLayered = 0x00CC0020 | 0x40000000
	ok, _, err := procBitBlt.Call(b.memory, 0, 0, uintptr(b.view.Dx()), uintptr(b.view.Dy()), from, uintptr(b.view.Min.X), uintptr(b.view.Min.Y), copyWithLayered)
	if ok == 0 { // the locked desktop, or a UAC prompt
		return nil, fmt.Errorf("gdi: the desktop cannot be read: %w", err)
	}
	_, _, _ = procGdiFlush.Call()
	copy(pix, b.bits)
	return nil, nil
}

func (b *blit) waits() bool { return true }

func (b *blit) close() {
	_, _, _ = procSelectObject.Call(b.memory, b.old)
	_, _, _ = procDeleteObject.Call(b.bitmap)
	_, _, _ = procDeleteDC.Call(b.memory)
}

package clipboard

import (
	"fmt"
	"time"
	"unicode/utf16"
	"unsafe"

	"beckmanconnect/session/wire"

	"golang.org/x/sys/windows"
)

// open waits a little while another program has the clipboard open.
func (c *Win32) open() error {
	var err error
	for range tries {
		var ok uintptr
		if ok, _, err = procOpenClipboard.Call(c.window); ok != 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("clipboard: another program keeps it open: %w", err)
}

// read reads the text that is there, unless it is marked as secret.
func (c *Win32) read() (string, error) {
	if err := c.open(); err != nil {
		return "", err
	}
	defer procCloseClipboard.Call()
	if secret(onClipboard{}) {
		return "", errSecret
	}
	value, err := data(formatUnicodeText, 2*wire.MaxClipboard+2)
	if err != nil {
		return "", err
	}
	units := make([]uint16, len(value)/2)
	for i := range units {
		units[i] = uint16(value[2*i]) | uint16(value[2*i+1])<<8
	}
	for i, u := range units {
		if u == 0 {
			units = units[:i]
			break
		}
	}
	return Clean(fromWindows(string(utf16.Decode(units))))
}

// data copies what is there of a kind.
func data(format uintptr, most int) ([]byte, error) {
	if there, _, _ := procFormatAvailable.Call(format); there == 0 {
		return nil, errNoText
	}
	handle, _, err := procGetData.Call(format)
	if handle == 0 {
		return nil, fmt.Errorf("clipboard: read: %w", err)
	}
	size, _, _ := procGlobalSize.Call(handle)
	if size > uintptr(most) {
		return nil, fmt.Errorf("clipboard: %d bytes are there, at most %d are read", size, most)
	}
	if size == 0 {
		return nil, nil
	}
	from, _, err := procGlobalLock.Call(handle)
	if from == 0 {
		return nil, fmt.Errorf("clipboard: read: %w", err)
	}
	defer procGlobalUnlock.Call(handle)
	out := make([]byte, size)
	_, _, _ = procRtlMoveMemory.Call(uintptr(unsafe.Pointer(&out[0])), from, size)
	return out, nil
}

// onClipboard is the offer of the clipboard that is open.
type onClipboard struct{}

func format(kind string) uintptr {
	name, err := windows.UTF16PtrFromString(kind)
	if err != nil {
		return 0
	}
	f, _, _ := procRegisterFormat.Call(uintptr(unsafe.Pointer(name)))
	return f
}

func (onClipboard) Has(kind string) bool {
	there, _, _ := procFormatAvailable.Call(format(kind))
	return there != 0
}

func (onClipboard) Number(kind string) (uint32, bool) {
	b, err := data(format(kind), 64)
	if err != nil || len(b) < 4 {
		return 0, false
	}
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24, true
}

// write puts a text there; an empty one leaves nothing.
func (c *Win32) write(text string) error {
	if err := c.open(); err != nil {
		return err
	}
	defer procCloseClipboard.Call()
	if ok, _, err := procEmptyClipboard.Call(); ok == 0 {
		return fmt.Errorf("clipboard: empty it: %w", err)
	}
	if text == "" {
		return nil
	}
	units := append(utf16.Encode([]rune(toWindows(text))), 0)
	const moveable = 0x2
	handle, _, err := procGlobalAlloc.Call(moveable, uintptr(2*len(units)))
	if handle == 0 {
		return fmt.Errorf("clipboard: memory: %w", err)
	}
	to, _, err := procGlobalLock.Call(handle)
	if to == 0 {
		_, _, _ = procGlobalFree.Call(handle)
		return fmt.Errorf("clipboard: memory: %w", err)
	}
	_, _, _ = procRtlMoveMemory.Call(to, uintptr(unsafe.Pointer(&units[0])), uintptr(2*len(units)))
	_, _, _ = procGlobalUnlock.Call(handle)
	if ok, _, err := procSetData.Call(formatUnicodeText, handle); ok == 0 {
		_, _, _ = procGlobalFree.Call(handle)
		return fmt.Errorf("clipboard: write: %w", err)
	}
	return nil // the system owns the memory now
}

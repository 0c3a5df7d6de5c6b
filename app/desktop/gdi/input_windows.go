package gdi

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"unicode/utf16"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
)

// Input applies events by SendInput.
type Input struct {
	masks   *desktop.MaskSet
	keys    map[uint16]bool // modifiers that are down
	buttons map[keys.Button]bool
	marker  uintptr
	altGr   bool // the engineer holds it; it is not passed on: characters are typed as such
}

// OpenInput makes an injector for the desktop of this log-on.
func OpenInput() *Input {
	realPixels()
	return &Input{keys: map[uint16]bool{}, buttons: map[keys.Button]bool{}}
}

const (
	mouseMove        = 0x1
	mouseWheel       = 0x800
	mouseHWheel      = 0x1000
	mouseVirtualDesk = 0x4000
	mouseAbsolute    = 0x8000

	keyExtended = 0x1
	keyUp       = 0x2
	keyUnicode  = 0x4

	wheelDelta = 120
	wheelLimit = 20
)

// press and lift of the left, middle and right button.
var buttonFlags = map[keys.Button][2]uint32{keys.Left: {0x2, 0x4}, keys.Middle: {0x20, 0x40}, keys.Right: {0x8, 0x10}}

// input is Windows' INPUT on 64 bits.
type input struct {
	kind uint32
	_    uint32
	body [32]byte
}

type mouseInput struct {
	x, y  int32
	data  int32
	flags uint32
	time  uint32
	extra uintptr
}

type keyInput struct {
	vk, scan uint16
	flags    uint32
	time     uint32
	extra    uintptr
}

func mouse(m mouseInput) input {
	in := input{kind: 0}
	*(*mouseInput)(unsafe.Pointer(&in.body)) = m
	return in
}

func keyboard(k keyInput) input {
	in := input{kind: 1}
	*(*keyInput)(unsafe.Pointer(&in.body)) = k
	return in
}

// send puts events into the input stream together: nothing else comes in
// between.
func send(events ...input) error {
	if len(events) == 0 {
		return nil
	}
	n, _, err := procSendInput.Call(uintptr(len(events)), uintptr(unsafe.Pointer(&events[0])), unsafe.Sizeof(events[0]))
	if int(n) != len(events) {
		return fmt.Errorf("gdi: input is blocked: %w", err)
	}
	return nil
}

func moveTo(p image.Point) input {
	x, y := absolute(p, virtualScreen())
	return mouse(mouseInput{x: x, y: y, flags: mouseMove | mouseAbsolute | mouseVirtualDesk})
}

// at sends what belongs to a place, unless the place is hidden.
func (in *Input) at(x, y int, events ...input) error {
	p := image.Pt(x, y).Sub(virtualScreen().Min)
	if hidden, err := in.hiddenAt(p); err != nil || hidden {
		return errors.Join(err, desktop.ErrHidden)
	}
	return send(append([]input{moveTo(p)}, events...)...)
}

// Move implements desktop.Injector.
func (in *Input) Move(x, y int) error { return in.at(x, y) }

// Button implements desktop.Injector.
func (in *Input) Button(x, y int, button keys.Button, down bool) error {
	flags, known := buttonFlags[button]
	if !known {
		return fmt.Errorf("gdi: button %d is not sent", button)
	}
	if down {
		err := in.at(x, y, mouse(mouseInput{flags: flags[0]}))
		if err == nil {
			in.buttons[button] = true
		}
		return err
	}
	if !in.buttons[button] {
		return nil
	}
	delete(in.buttons, button)
	err := in.at(x, y)
	return errors.Join(err, send(mouse(mouseInput{flags: flags[1]})))
}

// Wheel implements desktop.Injector.
func (in *Input) Wheel(x, y, dx, dy int) error {
	var events []input
	if dy != 0 {
		events = append(events, mouse(mouseInput{data: int32(-min(max(dy, -wheelLimit), wheelLimit) * wheelDelta), flags: mouseWheel}))
	}
	if dx != 0 {
		events = append(events, mouse(mouseInput{data: int32(min(max(dx, -wheelLimit), wheelLimit) * wheelDelta), flags: mouseHWheel}))
	}
	return in.at(x, y, events...)
}

// Key implements desktop.Injector.
func (in *Input) Key(k keys.Key, down bool) error {
	if k.Forbidden() {
		return fmt.Errorf("gdi: key %q is not sent", k.Code)
	}
	if k.AltGr() {
		in.altGr = down
		return nil
	}
	vk := keys.VirtualKey(k)
	if k.Modifier() && !down {
		if !in.keys[vk] {
			return nil
		}
		delete(in.keys, vk)
		return send(stroke(vk, keyUp))
	}
	if !down {
		return nil // was lifted when it was pressed
	}
	if hidden, err := in.HiddenFocus(); err != nil || hidden {
		return errors.Join(err, desktop.ErrHidden)
	}
	switch {
	case k.Modifier():
		in.keys[vk] = true
		return send(stroke(vk, 0))
	case vk != 0:
		return send(stroke(vk, 0), stroke(vk, keyUp))
	case k.Rune() != 0 && in.shortcut():
		if err := in.chord(k.Rune()); err == nil || k.Latin() == 0 {
			return err
		}
		return in.chord(k.Latin())
	case k.Rune() != 0:
		return in.alone(typed(k.Rune()))
	}
	return fmt.Errorf("gdi: key %q is not sent", k.Code)
}

// Text implements desktop.Injector.
func (in *Input) Text(r rune) error {
	if hidden, err := in.HiddenFocus(); err != nil || hidden {
		return errors.Join(err, desktop.ErrHidden)
	}
	switch r {
	case '\n':
		return in.alone([]input{stroke(vkReturn, 0), stroke(vkReturn, keyUp)})
	case '\t':
		return in.alone([]input{stroke(vkTab, 0), stroke(vkTab, keyUp)})
	}
	return in.alone(typed(r))
}

const (
	vkTab    = 0x09
	vkReturn = 0x0d
)

// alone sends events with what makes a character a command out of the way. All
// of it goes into the input stream together.
func (in *Input) alone(events []input) error {
	var before, after []input
	for vk := range in.keys {
		if keys.CommandModifier(vk) {
			before, after = append(before, stroke(vk, keyUp)), append(after, stroke(vk, 0))
		}
	}
	return send(slices.Concat(before, events, after)...)
}

// shortcut says whether the engineer holds what makes a letter a command. With
// AltGr held a character is one of the third ones.
func (in *Input) shortcut() bool {
	if in.altGr {
		return false
	}
	for vk := range in.keys {
		if keys.CommandModifier(vk) {
			return true
		}
	}
	return false
}

// chord presses the key that carries a character on this layout.
func (in *Input) chord(r rune) error {
	v, _, _ := procVkKeyScan.Call(uintptr(uint16(r)))
	if r > 0xffff || int16(v) == -1 {
		return fmt.Errorf("gdi: this layout has no key for a shortcut with %q", r)
	}
	vk := uint16(v & 0xff)
	if keys.ForbiddenVirtualKey(vk) {
		return errors.New("gdi: this key is not sent")
	}
	return send(stroke(vk, 0), stroke(vk, keyUp))
}

func stroke(vk uint16, flags uint32) input {
	scan, _, _ := procMapVirtualKey.Call(uintptr(vk), 0)
	if keys.ExtendedKey(vk) {
		flags |= keyExtended
	}
	return keyboard(keyInput{vk: vk, scan: uint16(scan), flags: flags})
}

// typed sends a character itself, whatever the layout has.
func typed(r rune) []input {
	var out []input
	for _, unit := range utf16.Encode([]rune{r}) {
		out = append(out, keyboard(keyInput{scan: unit, flags: keyUnicode}), keyboard(keyInput{scan: unit, flags: keyUnicode | keyUp}))
	}
	return out
}

// Release implements desktop.Injector.
func (in *Input) Release() error {
	in.altGr = false
	var events []input
	for vk := range in.keys {
		events = append(events, stroke(vk, keyUp))
		delete(in.keys, vk)
	}
	for button := range in.buttons {
		events = append(events, mouse(mouseInput{flags: buttonFlags[button][1]}))
		delete(in.buttons, button)
	}
	return send(events...)
}

// Close implements desktop.Injector.
func (in *Input) Close() error { return in.Release() }

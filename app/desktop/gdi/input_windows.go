package gdi

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"maps"
	"slices"
	"unicode/utf16"
	"unsafe"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
)

// Input applies events by SendInput.
type Input struct {
	masks   *desktop.MaskSet
	keys    map[keys.Scan]bool // modifiers that are down
	buttons map[keys.Button]bool
	marker  uintptr
	altGr   bool        // the engineer holds it; it is not passed on: characters are typed as such
	still   func() bool // nil: nobody asked for it
	debt    debt[input]
}

// OpenInput makes an injector for the desktop of this log-on.
func OpenInput() *Input {
	realPixels()
	return &Input{keys: map[keys.Scan]bool{}, buttons: map[keys.Button]bool{}}
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
	keyScanCode = 0x8

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

// Guard implements desktop.Guarded.
func (in *Input) Guard(still func() bool) { in.still = still }

// apply sends what was checked, unless control was taken back meanwhile.
func (in *Input) apply(events ...input) error {
	if err := in.debt.pay(send); err != nil {
		return err // what is still held would mix with it
	}
	if in.still != nil && !in.still() {
		return desktop.ErrTakenBack
	}
	return send(events...)
}

// lift sends what only lifts: it needs no leave, and is made up for later where
// another desktop has the input now.
func (in *Input) lift(events ...input) error { return in.debt.pay(send, events...) }

// at sends what belongs to a place, unless the place is hidden.
func (in *Input) at(x, y int, events ...input) error {
	if faced() != facingShared {
		return desktop.ErrHidden
	}
	p := image.Pt(x, y).Sub(virtualScreen().Min)
	if hidden, err := in.hiddenAt(p); err != nil || hidden {
		return errors.Join(err, desktop.ErrHidden)
	}
	return in.apply(append([]input{moveTo(p)}, events...)...)
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
	return errors.Join(err, in.lift(mouse(mouseInput{flags: flags[1]})))
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
	scan, named := keys.ScanOf(k)
	if k.Modifier() && !down {
		if !in.keys[scan] {
			return nil
		}
		delete(in.keys, scan)
		return in.lift(stroke(keys.Press{Scan: scan, Up: true}))
	}
	if !down {
		return nil // was lifted when it was pressed
	}
	if hidden, err := in.HiddenFocus(); err != nil || hidden {
		return errors.Join(err, desktop.ErrHidden)
	}
	switch {
	case k.Modifier() && named:
		err := in.apply(stroke(keys.Press{Scan: scan}))
		if err == nil {
			in.keys[scan] = true
		}
		return err
	case named:
		return in.apply(tap(scan)...)
	case k.Rune() != 0 && in.shortcut():
		if err := in.chord(k.Rune()); !errors.Is(err, errNoKey) || k.Latin() == 0 {
			return err
		}
		return in.chord(k.Latin())
	case k.Rune() != 0:
		return in.apply(in.character(k.Rune())...)
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
		return in.apply(in.alone(tap(keys.ScanEnter))...)
	case '\t':
		return in.apply(in.alone(tap(keys.ScanTab))...)
	}
	return in.apply(in.character(r)...)
}

// held are the modifiers that are down.
func (in *Input) held() []keys.Scan {
	return slices.SortedFunc(maps.Keys(in.keys), func(a, b keys.Scan) int { return cmp.Compare(a.Code, b.Code) })
}

// character types a character as a hand would, where the layout has a key for
// it, and by its number where not. All of it goes into the input stream together.
func (in *Input) character(r rune) []input {
	b := frontBoard()
	if chord, ok := keys.Plan(b, r, b.capsLock()); ok && !b.composes() {
		var out []input
		for _, p := range keys.Presses(chord, in.held()) {
			out = append(out, stroke(p))
		}
		return out
	}
	return in.alone(typed(r))
}

// alone puts what makes a character a command out of the way of events.
func (in *Input) alone(events []input) []input {
	var before, after []input
	for _, s := range in.held() {
		if s.Command() {
			before, after = append(before, stroke(keys.Press{Scan: s, Up: true})), append(after, stroke(keys.Press{Scan: s}))
		}
	}
	return slices.Concat(before, events, after)
}

// shortcut says whether the engineer holds what makes a letter a command. With
// AltGr held a character is one of the third ones.
func (in *Input) shortcut() bool {
	return !in.altGr && slices.ContainsFunc(in.held(), keys.Scan.Command)
}

var errNoKey = errors.New("gdi: this layout has no key for a shortcut with that character")

// chord presses the key that carries a character on this layout, with what is
// held.
func (in *Input) chord(r rune) error {
	c, ok := frontBoard().Find(r)
	if !ok {
		return errNoKey
	}
	if c.Scan.Forbidden() || c.Scan.Modifier() {
		return errors.New("gdi: this key is not sent")
	}
	return in.apply(tap(c.Scan)...)
}

func tap(s keys.Scan) []input {
	return []input{stroke(keys.Press{Scan: s}), stroke(keys.Press{Scan: s, Up: true})}
}

// stroke is one key by its place. Its name on the present layout, which Windows
// finds by itself, goes with it for systems that do not.
func stroke(p keys.Press) input {
	flags := uint32(keyScanCode)
	if p.Scan.Extended {
		flags |= keyExtended
	}
	if p.Up {
		flags |= keyUp
	}
	return keyboard(keyInput{vk: frontBoard().name(p.Scan), scan: p.Scan.Code, flags: flags})
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
	for _, s := range in.held() {
		events = append(events, stroke(keys.Press{Scan: s, Up: true}))
		delete(in.keys, s)
	}
	for button := range in.buttons {
		events = append(events, mouse(mouseInput{flags: buttonFlags[button][1]}))
		delete(in.buttons, button)
	}
	return in.lift(events...)
}

// Close implements desktop.Injector.
func (in *Input) Close() error { return in.Release() }

var _ desktop.Guarded = (*Input)(nil)

package gdi

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf16"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/keys"
)

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

//go:build linux

package x11

import (
	"fmt"

	"beckmanconnect/app/desktop/keys"

	"github.com/jezek/xgb/xproto"
)

// Key implements desktop.Injector.
func (in *Input) Key(k keys.Key, down bool) error {
	symbol := keys.KeysymOf(k)
	if symbol == keys.NoSymbol {
		return fmt.Errorf("x11: key %q is not sent", k.Code)
	}
	if err := in.refresh(); err != nil {
		return err
	}
	if k.Modifier() {
		return in.modifier(symbol, down)
	}
	if !down {
		return nil // was lifted when it was pressed
	}
	command := in.command()
	if k.Function() && in.holding(keys.SymControlL, keys.SymControlR) && in.holding(keys.SymAltL, keys.SymAltR) {
		return fmt.Errorf("x11: Ctrl+Alt+%s is not sent", k.Code)
	}
	if latin := k.Latin(); command && latin != 0 && !in.keyboard.has(symbol) {
		symbol = keys.SymOfRune(latin)
	}
	// With AltGr held a character is one of the third ones, never a shortcut.
	return in.tap(symbol, k.Rune() != 0 && !command)
}

// Text implements desktop.Injector.
func (in *Input) Text(r rune) error {
	symbol := keys.SymOfRune(r)
	switch r {
	case '\n':
		symbol = keys.SymReturn
	case '\t':
		symbol = keys.SymTab
	}
	if symbol == keys.NoSymbol {
		return fmt.Errorf("x11: character %q is not typed", r)
	}
	if err := in.refresh(); err != nil {
		return err
	}
	return in.tap(symbol, true)
}

var commandModifiers = []keys.Keysym{keys.SymControlL, keys.SymControlR, keys.SymAltL, keys.SymAltR, keys.SymSuperL, keys.SymSuperR}

// command says whether what is held makes a character a command.
func (in *Input) command() bool {
	return in.holding(commandModifiers...) && !in.holding(keys.SymLevel3)
}

// refresh reads the keyboard map again after it changed.
func (in *Input) refresh() error {
	select {
	case <-in.stale:
		return in.keyboard.load()
	default:
		return nil
	}
}

func (in *Input) modifier(symbol keys.Keysym, down bool) error {
	stroke, err := in.keyboard.find(symbol, 0)
	if err != nil {
		return err
	}
	if !down {
		if _, is := in.held[stroke.Code]; is {
			in.fake(xproto.KeyRelease, stroke.Code)
			delete(in.held, stroke.Code)
		}
		return nil
	}
	return in.focused(func(uint16) error {
		in.fake(xproto.KeyPress, stroke.Code)
		in.held[stroke.Code] = symbol
		return nil
	})
}

// tap presses and lifts the key of a symbol, with the modifiers its level needs
// and without those that would turn it into another one. Alone means a character
// for itself, with what makes it a command out of the way.
func (in *Input) tap(symbol keys.Keysym, alone bool) error {
	in.keyboard.ready(symbol)
	return in.focused(func(state uint16) error {
		stroke, err := in.keyboard.find(symbol, int(state>>13&3))
		if err != nil {
			return err
		}
		undo := func() {}
		if alone {
			undo = in.want(false, commandModifiers...)
		}
		undoLock := func() {}
		shift := stroke.Shift
		switch {
		case state&xproto.ModMaskLock == 0 || !keys.Cased(symbol):
		case stroke.Level3 || in.keyboard.lent(stroke.Code) || !keys.Letter(symbol):
			undoLock = in.unlock()
		default:
			shift = !shift
		}
		// A shortcut means the key, and holds its modifiers itself.
		if !alone && in.command() && !stroke.Level3 {
			shift = in.holding(keys.SymShiftL, keys.SymShiftR)
		}
		undoShift := in.want(shift, keys.SymShiftL, keys.SymShiftR)
		undoLevel3 := in.want(stroke.Level3, keys.SymLevel3)
		in.fake(xproto.KeyPress, stroke.Code)
		in.fake(xproto.KeyRelease, stroke.Code)
		in.keyboard.typed(stroke.Code)
		undoLevel3()
		undoShift()
		undoLock()
		undo()
		return nil
	})
}

// unlock takes Caps Lock away for one stroke: what it does to a character that
// is not on the first two levels differs between layouts.
func (in *Input) unlock() func() {
	stroke, ok := in.keyboard.layout.Find(keys.SymCapsLock, 0)
	if !ok {
		return func() {}
	}
	tap := func() {
		in.fake(xproto.KeyPress, stroke.Code)
		in.fake(xproto.KeyRelease, stroke.Code)
	}
	tap()
	return tap
}

// want brings a modifier that we hold or not into the state a stroke needs, and
// returns what puts it back.
func (in *Input) want(on bool, symbols ...keys.Keysym) func() {
	if on == in.holding(symbols...) {
		return func() {}
	}
	if on {
		stroke, ok := in.keyboard.layout.Find(symbols[0], 0)
		if !ok {
			return func() {}
		}
		in.fake(xproto.KeyPress, stroke.Code)
		return func() { in.fake(xproto.KeyRelease, stroke.Code) }
	}
	var lifted []byte
	for code, has := range in.held {
		for _, s := range symbols {
			if has == s {
				in.fake(xproto.KeyRelease, code)
				lifted = append(lifted, code)
			}
		}
	}
	return func() {
		for _, code := range lifted {
			in.fake(xproto.KeyPress, code)
		}
	}
}

func (in *Input) holding(symbols ...keys.Keysym) bool {
	for _, has := range in.held {
		for _, s := range symbols {
			if has == s {
				return true
			}
		}
	}
	return false
}

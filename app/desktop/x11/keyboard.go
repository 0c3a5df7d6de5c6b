//go:build linux

package x11

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"beckmanconnect/app/desktop/keys"

	"github.com/jezek/xgb/xproto"
)

// keyboard is the host's map, with spare key codes lent to characters that the
// layout lacks.
type keyboard struct {
	c      *conn
	layout keys.Layout
	spare  []byte // in turn; each is bound to at most one symbol
	next   int    // of spare to bind
	bound  map[byte]keys.Keysym
	used   map[byte]time.Time // when a lent one was typed last
}

// lendAgain is how long a lent key code rests before it becomes another symbol:
// programs look the map up when they get to the event, which a busy PC delays.
const lendAgain = 300 * time.Millisecond

func newKeyboard(c *conn) (*keyboard, error) {
	k := &keyboard{c: c, bound: map[byte]keys.Keysym{}, used: map[byte]time.Time{}}
	if err := k.load(); err != nil {
		return nil, err
	}
	k.spare = k.layout.Spare()
	return k, nil
}

// load reads the map anew.
func (k *keyboard) load() error {
	low, high := k.c.setup.MinKeycode, k.c.setup.MaxKeycode
	reply, err := xproto.GetKeyboardMapping(k.c.Conn, low, byte(high-low+1)).Reply()
	if err != nil {
		return fmt.Errorf("x11: keyboard map: %w", err)
	}
	k.layout = keys.Layout{First: byte(low), PerCode: int(reply.KeysymsPerKeycode), Syms: make([]keys.Keysym, len(reply.Keysyms))}
	for i, s := range reply.Keysyms {
		k.layout.Syms[i] = keys.Keysym(s)
	}
	return nil
}

// has says whether the layout itself has a symbol.
func (k *keyboard) has(s keys.Keysym) bool {
	for group := range 2 {
		if _, ok := k.layout.Find(s, group); ok {
			return true
		}
	}
	return false
}

// lent says whether a key code is a loan, typed that one was.
func (k *keyboard) lent(code byte) bool { return k.bound[code] != keys.NoSymbol }

func (k *keyboard) typed(code byte) {
	if k.lent(code) {
		k.used[code] = time.Now()
	}
}

// ready waits, while nobody's requests are held up, until the key code that find
// will lend for a symbol has rested.
func (k *keyboard) ready(s keys.Keysym) {
	if len(k.spare) == 0 || k.has(s) || slices.Contains(slices.Collect(maps.Values(k.bound)), s) {
		return
	}
	time.Sleep(time.Until(k.used[k.spare[k.next%len(k.spare)]].Add(lendAgain)))
}

// find returns how to type a symbol, lending a spare key code if it has to.
// The loan stays until close: programs look the map up when they get to the
// event, which may be later.
func (k *keyboard) find(s keys.Keysym, group int) (keys.Stroke, error) {
	if stroke, ok := k.layout.Find(s, group); ok {
		return stroke, nil
	}
	if s == keys.NoSymbol || keys.ForbiddenSym(s) {
		return keys.Stroke{}, fmt.Errorf("x11: symbol %#x is not sent", s)
	}
	for code, has := range k.bound {
		if has == s {
			return keys.Stroke{Code: code}, nil
		}
	}
	if len(k.spare) == 0 {
		return keys.Stroke{}, fmt.Errorf("x11: the layout has neither symbol %#x nor a spare key", s)
	}
	code := k.spare[k.next%len(k.spare)]
	k.next++
	if err := k.bind(code, s); err != nil {
		return keys.Stroke{}, err
	}
	k.bound[code] = s
	return keys.Stroke{Code: code}, nil
}

// bind gives a key code the same symbol on every level, so that no modifier
// the technician holds changes it.
func (k *keyboard) bind(code byte, s keys.Keysym) error {
	syms := make([]xproto.Keysym, k.layout.PerCode)
	for i := range syms {
		syms[i] = xproto.Keysym(s)
	}
	if err := xproto.ChangeKeyboardMappingChecked(k.c.Conn, 1, xproto.Keycode(code), byte(len(syms)), syms).Check(); err != nil {
		return fmt.Errorf("x11: lend key code %d: %w", code, err)
	}
	k.layout.Bind(code, s) // what the server will tell us later, known now
	return nil
}

// restore takes the loans back.
func (k *keyboard) restore() {
	for code := range k.bound {
		_ = k.bind(code, keys.NoSymbol) // the display may be gone, and with it the loan
		delete(k.bound, code)
	}
}

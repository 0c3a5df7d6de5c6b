package hand

import (
	"context"
	"fmt"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/xinput"
)

// hand follows the display's devices for one window.
type hand struct {
	presses
	conn   *xgb.Conn
	root   xproto.Window
	window xproto.Window
	input  *xinput.Conn
	signs  map[uint32]sign // by key code
	done   chan struct{}
}

// Attend watches the devices of a display for one of its windows until the Hand
// is closed. conn is a connection to the same display.
func Attend(conn *xgb.Conn, id xproto.Window, display string) (Hand, error) {
	return attend(conn, id, display)
}

func attend(conn *xgb.Conn, id xproto.Window, display string) (*hand, error) {
	signs, err := signsOf(conn)
	if err != nil {
		return nil, err
	}
	input, err := xinput.Open(display, xinput.KeyPress, xinput.KeyRelease, xinput.ButtonPress, xinput.ButtonRelease, xinput.TouchBegin)
	if err != nil {
		return nil, fmt.Errorf("hand: tell who presses: %w", err)
	}
	h := &hand{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, window: id, input: input, signs: signs, done: make(chan struct{})}
	go h.follow()
	return h, nil
}

// signsOf finds the keys that matter on this keyboard.
func signsOf(conn *xgb.Conn) (map[uint32]sign, error) {
	setup := xproto.Setup(conn)
	m, err := xproto.GetKeyboardMapping(conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return nil, fmt.Errorf("hand: read the keyboard: %w", err)
	}
	const space, tab, leftTab, pageUp, pageDown = 0x20, 0xff09, 0xfe20, 0xff55, 0xff56
	out := map[uint32]sign{}
	for i := 0; i+int(m.KeysymsPerKeycode) <= len(m.Keysyms) && m.KeysymsPerKeycode > 0; i += int(m.KeysymsPerKeycode) {
		code := uint32(setup.MinKeycode) + uint32(i/int(m.KeysymsPerKeycode))
		switch m.Keysyms[i] {
		case space:
			out[code] = spaceKey
		case tab, leftTab:
			out[code] = tabKey
		case pageUp, pageDown:
			out[code] = pageKey
		}
	}
	return out, nil
}

// follow ends when the connection does.
func (h *hand) follow() {
	defer close(h.done)
	for {
		e, err := h.input.Next()
		if err != nil {
			return
		}
		h.take(e)
	}
}

// take notes one event. Where it happened is asked for at once: the pointer is
// not moved on by more than a hand moves in that time.
func (h *hand) take(e xinput.Event) {
	now := time.Now()
	key := e.Kind == xinput.KeyPress || e.Kind == xinput.KeyRelease
	down := e.Kind != xinput.KeyRelease && e.Kind != xinput.ButtonRelease
	switch {
	case e.Origin != xinput.Device: // also what nobody knows yet
		h.byProgram(now, act{key, e.Detail}, down)
	case !down:
	case key:
		focus, err := xproto.GetInputFocus(h.conn).Reply()
		h.byKey(now, h.signs[e.Detail], err == nil && focus.Focus == h.window)
	default:
		if p, err := xproto.QueryPointer(h.conn, h.root).Reply(); err == nil {
			h.byPointer(now, int(p.RootX), int(p.RootY))
		}
	}
}

// askTime is how long the display may take to answer.
const askTime = time.Second

// Made is Hand's. The press was told to the toolkit on its own connection;
// what the display said of it to ours is waited for.
func (h *hand) Made(in Rect, byKey bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	if h.input.Sync(ctx) != nil {
		return false
	}
	return h.made(time.Now(), in, byKey)
}

// Close is Hand's.
func (h *hand) Close() {
	_ = h.input.Close()
	<-h.done
}

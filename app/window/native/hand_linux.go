package native

import (
	"context"
	"fmt"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/app/xinput"
)

// hand follows the display's devices for one window.
type hand struct {
	presses
	x      *x11
	window xproto.Window
	input  *xinput.Conn
	signs  map[uint32]sign // by key code
	done   chan struct{}
}

func (x *x11) Attend(w fyne.Window) (Hand, error) {
	id, err := handle(w)
	if err != nil {
		return nil, err
	}
	return x.attend(id, os.Getenv("DISPLAY"))
}

func (x *x11) attend(id xproto.Window, display string) (*hand, error) {
	signs, err := x.signs()
	if err != nil {
		return nil, err
	}
	input, err := xinput.Open(display, xinput.KeyPress, xinput.KeyRelease, xinput.ButtonPress, xinput.ButtonRelease, xinput.TouchBegin)
	if err != nil {
		return nil, fmt.Errorf("native: tell who presses: %w", err)
	}
	h := &hand{x: x, window: id, input: input, signs: signs, done: make(chan struct{})}
	go h.follow()
	return h, nil
}

// signs finds the keys that matter on this keyboard.
func (x *x11) signs() (map[uint32]sign, error) {
	setup := xproto.Setup(x.conn)
	m, err := xproto.GetKeyboardMapping(x.conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return nil, fmt.Errorf("native: read the keyboard: %w", err)
	}
	const space, tab, leftTab = 0x20, 0xff09, 0xfe20
	out := map[uint32]sign{}
	for i := 0; i+int(m.KeysymsPerKeycode) <= len(m.Keysyms) && m.KeysymsPerKeycode > 0; i += int(m.KeysymsPerKeycode) {
		code := uint32(setup.MinKeycode) + uint32(i/int(m.KeysymsPerKeycode))
		switch m.Keysyms[i] {
		case space:
			out[code] = spaceKey
		case tab, leftTab:
			out[code] = tabKey
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
		focus, err := xproto.GetInputFocus(h.x.conn).Reply()
		h.byKey(now, h.signs[e.Detail], err == nil && focus.Focus == h.window)
	default:
		if p, err := xproto.QueryPointer(h.x.conn, h.x.root).Reply(); err == nil {
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

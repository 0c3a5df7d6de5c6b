package killkey

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// keysymPause is X11's symbol of the key.
const keysymPause = 0xff13

// Grab grabs the key on the display that $DISPLAY names.
func Grab(ctx context.Context, pressed func()) (release func(), err error) {
	x, err := xgb.NewConn()
	if err != nil {
		return nil, fmt.Errorf("killkey: connect to the display: %w", err)
	}
	codes, err := pauseCodes(x)
	if err != nil {
		x.Close()
		return nil, err
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	for _, code := range codes {
		if err := grab(x, root, code); err != nil {
			x.Close()
			return nil, err
		}
	}
	done := make(chan struct{})
	end := sync.OnceFunc(func() {
		// Answered, so that the key is free when this returns. The server gives
		// it back with the connection in any case.
		_ = xproto.UngrabKeyChecked(x, xproto.GrabAny, root, xproto.ModMaskAny).Check()
		x.Close()
		<-done
	})
	stop := context.AfterFunc(ctx, end)
	go func() {
		defer close(done)
		watch(x, pressed)
	}()
	return func() { stop(); end() }, nil
}

// pauseCodes are the key codes that mean Pause.
func pauseCodes(x *xgb.Conn) ([]xproto.Keycode, error) {
	setup := xproto.Setup(x)
	first, count := setup.MinKeycode, setup.MaxKeycode-setup.MinKeycode+1
	layout, err := xproto.GetKeyboardMapping(x, first, byte(count)).Reply()
	if err != nil {
		return nil, fmt.Errorf("killkey: read the keyboard map: %w", err)
	}
	var codes []xproto.Keycode
	for i, sym := range layout.Keysyms {
		code := first + xproto.Keycode(i/int(layout.KeysymsPerKeycode))
		if sym == keysymPause && (len(codes) == 0 || codes[len(codes)-1] != code) {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return nil, errors.New("killkey: this keyboard has no Pause key")
	}
	return codes, nil
}

// grab takes the key whatever locks are on. Num Lock is Mod2 almost
// everywhere and Scroll Lock Mod3 or Mod5; all combinations are taken, with
// Shift, Control and Alt as well: in a hurry nobody looks what else is pressed.
func grab(x *xgb.Conn, root xproto.Window, code xproto.Keycode) error {
	// With any modifier, in one request.
	err := xproto.GrabKeyChecked(x, true, root, xproto.ModMaskAny, code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check()
	if err == nil {
		return nil
	}
	// Another program holds one of the combinations: take what is left, and at
	// least the bare key under every lock.
	const locks = xproto.ModMaskLock | xproto.ModMask2 | xproto.ModMask3 | xproto.ModMask5
	for mask := uint16(0); mask <= locks; mask++ {
		if mask&^locks != 0 {
			continue
		}
		if err := xproto.GrabKeyChecked(x, true, root, mask, code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check(); err != nil {
			return fmt.Errorf("killkey: another program holds the Pause key: %w", err)
		}
	}
	return nil
}

// watch ends when the connection is closed.
func watch(x *xgb.Conn, pressed func()) {
	for {
		event, err := x.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if _, ok := event.(xproto.KeyPressEvent); ok {
			go pressed()
		}
	}
}

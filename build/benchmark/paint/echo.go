package paint

import (
	"github.com/jezek/xgb/xproto"
)

// echoColours follow one another with every key; neighbours differ in every
// channel, so that no lossy picture hides the change.
var echoColours = [2]uint32{0x2040d0, 0xe0c020}

// echo shows a window with a block in it that answers each key by another
// colour. It ends when the connection does.
func echo(x *screen) error {
	page, err := x.surface(echoWin.Dx(), echoWin.Dy())
	if err != nil {
		return err
	}
	f, err := sans(11)
	if err != nil {
		return err
	}
	page.fill(page.Bounds(), paper)
	write(page, f, ink, 20, 30, "A key changes the block's colour")
	block := EchoAt.Sub(echoWin.Min)
	page.fill(block, echoColours[0])
	window, err := x.window(echoWin, page, xproto.EventMaskKeyPress)
	if err != nil {
		return err
	}
	if err := xproto.SetInputFocusChecked(x.c, xproto.InputFocusParent, window, xproto.TimeCurrentTime).Check(); err != nil {
		return err
	}
	go func() {
		keys := 0
		for {
			event, err := x.c.WaitForEvent()
			if event == nil && err == nil {
				return
			}
			if _, is := event.(xproto.KeyPressEvent); !is {
				continue
			}
			keys++
			page.fill(block, echoColours[keys%len(echoColours)])
			if page.put(xproto.Drawable(window), block, block.Min) != nil {
				return // the connection has ended
			}
		}
	}()
	return nil
}

package stage

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/build/badlink"
	"beckmanconnect/session/wire"
)

// A link of 2 Mbit/s with round trips of 100 ms, and one that loses every
// twentieth packet, carry a session of a screen that is as busy as can be.
// Nothing piles up: the link's buffer would hold no more than 400 ms, which is
// what TCP fills by itself, and it never overflows. Messages go through
// meanwhile (scenarios 53, 56).
func TestBusyScreenOnABadLink(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root: networks of the test's own cannot be made")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("no TUN devices here: ", err)
	}
	l := newLogin(t)
	l.h.cloudUp(t, l.ctx)
	l.serviceUp()
	l.trayUp()
	l.register()
	d := l.h.signIn(t, l.ctx)
	l.trayWatches()
	defer noise(t, l.display)()
	for _, c := range []badlink.Config{
		{Rate: 2_000_000, Delay: 50 * time.Millisecond, Buffer: 400 * time.Millisecond},
		{Rate: 2_000_000, Delay: 5 * time.Millisecond, Loss: 0.05, Buffer: 400 * time.Millisecond, Seed: 1},
	} {
		bad, err := badlink.Open(c)
		if err != nil {
			t.Skip("no networks of the test's own here: ", err)
		}
		t.Cleanup(bad.Close)
		d.over = bad.Dial
		v := l.connected(d)
		l.viewed(v)
		before, _ := bad.Seen()
		for seq := range uint32(30) {
			pictures := v.pictures.Load()
			v.say(wire.Message{Type: "ping", Seq: seq + 1})
			for v.hear("pong").Seq != seq+1 {
			}
			until(t, l.ctx, "more pictures", func() (bool, error) { return v.pictures.Load() > pictures+3, nil })
		}
		after, _ := bad.Seen()
		t.Logf("%+v: %d KiB, longest wait %v, %d lost", c, (after.Bytes-before.Bytes)>>10, after.Waited, after.Lost)
		if after.Overflowed > 0 {
			t.Errorf("%+v: the link's buffer overflowed %d times", c, after.Overflowed)
		}
		if c.Loss > 0 && after.Lost == 0 {
			t.Error("nothing was lost")
		}
		v.say(wire.Message{Type: "bye"})
		v.ended()
		l.over()
	}
}

// noise shows what cannot be compressed, 30 times a second, until it is stopped.
func noise(t *testing.T, d *Display) (stop func()) {
	t.Helper()
	x, err := xgb.NewConnDisplay(d.Name)
	if err != nil {
		t.Fatal(err)
	}
	screen := xproto.Setup(x).DefaultScreen(x)
	window, _ := xproto.NewWindowId(x)
	gc, _ := xproto.NewGcontextId(x)
	const width, height = 256, 200
	if err := xproto.CreateWindowChecked(x, screen.RootDepth, window, screen.Root, 20, 500, width, height, 0, xproto.WindowClassInputOutput,
		screen.RootVisual, xproto.CwOverrideRedirect, []uint32{1}).Check(); err != nil {
		t.Fatal(err)
	}
	xproto.CreateGC(x, gc, xproto.Drawable(window), 0, nil)
	xproto.MapWindow(x, window)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		source := rand.NewChaCha8([32]byte{1})
		data := make([]byte, 4*width*height)
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			_, _ = source.Read(data) // cannot fail
			xproto.PutImage(x, xproto.ImageFormatZPixmap, xproto.Drawable(window), gc, width, height, 0, 0, 0, 24, data)
		}
	}()
	return func() {
		close(quit)
		<-done
		x.Close()
	}
}

package main

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beckmanconnect/build/stage"
)

// lookEvery is how often a part of the screen is looked at.
const lookEvery = 4 * time.Millisecond

// gaze looks at one part of a display again and again and remembers when it
// came to look as it does.
type gaze struct {
	x    *xgb.Conn
	root xproto.Window
	seed maphash.Seed
}

func openGaze(display *stage.Display) (*gaze, error) {
	x, err := xgb.NewConnDisplay(display.Name)
	if err != nil {
		return nil, fmt.Errorf("look at the technician's desktop: %w", err)
	}
	return &gaze{x: x, root: xproto.Setup(x).DefaultScreen(x).Root, seed: maphash.MakeSeed()}, nil
}

func (g *gaze) close() { g.x.Close() }

// look is what a part of the screen shows now, as a number.
func (g *gaze) look(p stage.Part) (uint64, error) {
	reply, err := xproto.GetImage(g.x, xproto.ImageFormatZPixmap, xproto.Drawable(g.root), int16(p.X), int16(p.Y), uint16(p.W), uint16(p.H), ^uint32(0)).Reply()
	if err != nil {
		return 0, fmt.Errorf("look at the technician's desktop: %w", err)
	}
	return maphash.Bytes(g.seed, reply.Data), nil
}

// watching is a look that goes on.
type watching struct {
	stop  context.CancelFunc
	done  chan struct{}
	drawn chan time.Time // gets when it first looked otherwise

	// After done:
	now     uint64
	at      time.Time // when it first looked as it does now
	changed bool
	err     error
}

// watch looks at a part until end is called.
func (g *gaze) watch(ctx context.Context, p stage.Part) (*watching, error) {
	first, err := g.look(p)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	w := &watching{stop: stop, done: make(chan struct{}), drawn: make(chan time.Time, 1), now: first}
	go func() {
		defer close(w.done)
		for w.err == nil && pause(ctx, lookEvery) == nil {
			var now uint64
			if now, w.err = g.look(p); w.err == nil && now != w.now {
				w.now, w.at = now, time.Now()
				if !w.changed {
					w.changed = true
					w.drawn <- w.at
				}
			}
		}
	}()
	return w, nil
}

// end stops looking and gives when the part came to look as it does. A part
// that never changed is an error: what was waited for has not been drawn.
func (w *watching) end() (time.Time, error) {
	w.stop()
	<-w.done
	if w.err == nil && !w.changed {
		w.err = fmt.Errorf("nothing was drawn where it was looked for")
	}
	return w.at, w.err
}

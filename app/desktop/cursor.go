package desktop

import (
	"context"
	"image"
	"log/slog"
	"sync"

	"beckmanconnect/session/screen"
)

// Look is what the pointer looks like, and where it is.
type Look struct {
	Shape *screen.Cursor // CursorShape, or CursorHidden; nil: as it was told last
	At    image.Point    // of the hot spot, in the desktop's own pixels
}

// Cursor tells of the pointer, which is in no picture.
type Cursor interface {
	// SetMasks says what the instrument's profile hides, once and before
	// Follow: over what is hidden only a plain arrow is told, since a shape may
	// show something of what is under it.
	SetMasks(*MaskSet)
	// Follow tells the present look and then each change, until ctx ends or the
	// display is gone. Places come at the pace of pictures, and only when
	// somebody else than this program moved the pointer. It calls tell from one
	// goroutine, and does nothing at all while it is not called.
	Follow(ctx context.Context, tell func(Look)) error
}

// follower sends the pointer while the engineer sees the screen.
type follower struct {
	log    *slog.Logger
	cursor Cursor
	send   func(screen.Cursor) error

	mu     sync.Mutex
	on     bool
	wake   chan struct{}
	cancel context.CancelFunc // of the Follow that runs
	view   image.Rectangle    // what of the desktop the picture shows
	shape  *screen.Cursor     // as it was told to us
	at     image.Point
	hidden bool            // the engineer's side shows none, or was told nothing yet
	told   image.Point     // in the picture
	queued []screen.Cursor // in order, what is to be sent; bounded by replacing places
}

func newFollower(log *slog.Logger, c Cursor, send func(screen.Cursor) error) *follower {
	return &follower{log: log, cursor: c, send: send, wake: make(chan struct{}, 1), hidden: true}
}

// set switches following; anew says that there is a new reader, who knows
// nothing yet.
func (f *follower) set(on, anew bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
	if !on {
		f.queued, f.shape, f.hidden = nil, nil, true
		if f.cancel != nil {
			f.cancel()
		}
	}
	if anew {
		f.hidden = true
		f.queued = nil
		f.plan(false)
	}
	f.poke()
}

// shows notes what of the desktop the picture shows.
func (f *follower) shows(view image.Rectangle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if view != f.view {
		f.view = view
		f.plan(false)
		f.poke()
	}
}

func (f *follower) poke() {
	select {
	case f.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// tell takes a look.
func (f *follower) tell(l Look) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on {
		return
	}
	if l.Shape != nil {
		f.shape = l.Shape
	}
	f.at = l.At
	f.plan(l.Shape != nil)
	f.poke()
}

// plan decides what the engineer's side has to hear. After it was told that
// there is no pointer it is told the shape before the place.
func (f *follower) plan(reshaped bool) {
	if f.shape == nil || f.view.Empty() || !f.on {
		return
	}
	if f.shape.Kind == screen.CursorHidden || !f.at.In(f.view) {
		if !f.hidden {
			f.queued = []screen.Cursor{{Kind: screen.CursorHidden}}
		}
		f.hidden = true
		return
	}
	place := f.at.Sub(f.view.Min)
	if f.hidden || reshaped {
		f.queued = []screen.Cursor{*f.shape} // what waited is not seen any more
	}
	if !f.hidden && !reshaped && place == f.told {
		return
	}
	f.hidden, f.told = false, place
	moved := screen.Cursor{Kind: screen.CursorMoved, X: place.X, Y: place.Y}
	if last := len(f.queued) - 1; last >= 0 && f.queued[last].Kind == screen.CursorMoved {
		f.queued[last] = moved // only the newest place counts
	} else {
		f.queued = append(f.queued, moved)
	}
}

// next takes the next message.
func (f *follower) next() (screen.Cursor, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.on || len(f.queued) == 0 {
		return screen.Cursor{}, false
	}
	c := f.queued[0]
	f.queued = f.queued[1:]
	return c, true
}

// run ends with ctx, or when send fails.
func (f *follower) run(ctx context.Context) error {
	var done chan struct{}
	for {
		f.mu.Lock()
		if f.on && done == nil {
			var inner context.Context
			inner, f.cancel = context.WithCancel(ctx)
			done = make(chan struct{})
			go f.follow(inner, done)
		}
		f.mu.Unlock()
		for c, ok := f.next(); ok; c, ok = f.next() {
			if err := f.send(c); err != nil {
				f.stop(done)
				return err
			}
		}
		select {
		case <-ctx.Done():
			f.stop(done)
			return nil
		case <-done:
			f.stop(done)
			done = nil
		case <-f.wake:
		}
	}
}

// stop waits for the Follow that runs, if any.
func (f *follower) stop(done chan struct{}) {
	f.mu.Lock()
	cancel := f.cancel
	f.cancel = nil
	f.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if done != nil {
		<-done
	}
}

// follow ends when it is told to. A pointer that cannot be followed any more is
// no reason to end a session: it waits for the end.
func (f *follower) follow(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	if err := f.cursor.Follow(ctx, f.tell); err != nil && ctx.Err() == nil {
		f.log.Warn("the pointer is not told any more", "error", err)
		<-ctx.Done()
	}
}

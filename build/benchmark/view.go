package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"sync"
	"time"

	"beckmanconnect/session/screen"
	"beckmanconnect/session/wire"
)

// view is what the engineer sees: it decodes and answers as the
// console's worker does.
type view struct {
	answer func(wire.Ack)

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew with every picture
	decoder  screen.Decoder
	received uint64
	arrived  time.Time
	seq      uint32
	held     *time.Timer
	whole    time.Time // when the first whole picture was there
	updates  int
	bytes    int
}

func newView(answer func(wire.Ack)) *view {
	return &view{answer: answer, changed: make(chan struct{})}
}

// chunk takes a piece of a file.
func (v *view) chunk(payload []byte) {
	v.mu.Lock()
	v.received += uint64(len(payload))
	v.arrived = time.Now()
	v.mu.Unlock()
	v.flush()
}

// picture takes an update.
func (v *view) picture(update []byte) {
	v.mu.Lock()
	v.received += uint64(len(update))
	v.arrived = time.Now()
	v.updates++
	v.bytes += len(update)
	h, _, err := v.decoder.Apply(update)
	if err == nil {
		v.seq = h.Seq
		if !h.More && v.whole.IsZero() {
			v.whole = time.Now()
		}
	}
	close(v.changed)
	v.changed = make(chan struct{})
	if !h.WantAck {
		if v.held == nil {
			v.held = time.AfterFunc(wire.HoldAckMS*time.Millisecond, v.flush)
		}
		v.mu.Unlock()
		return
	}
	v.mu.Unlock()
	v.flush()
}

func (v *view) flush() {
	v.mu.Lock()
	if v.held != nil {
		v.held.Stop()
		v.held = nil
	}
	a := wire.Ack{Seq: v.seq, Received: v.received, Held: uint64(time.Since(v.arrived) / time.Microsecond)}
	v.mu.Unlock()
	v.answer(a)
}

// wait waits until ok, which is asked under the lock after each picture.
func (v *view) wait(ctx context.Context, what string, ok func() bool) error {
	for {
		v.mu.Lock()
		yes, changed := ok(), v.changed
		v.mu.Unlock()
		if yes {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the engineer never saw %s: %w", what, context.Cause(ctx))
		}
	}
}

// sees waits until a pixel has a colour.
func (v *view) sees(ctx context.Context, at image.Point, want color.RGBA) error {
	return v.wait(ctx, fmt.Sprintf("%v at %v", want, at), func() bool {
		img := v.decoder.Image()
		return img != nil && at.In(img.Rect) && img.RGBAAt(at.X, at.Y) == want
	})
}

// wholeAt waits for the first whole picture.
func (v *view) wholeAt(ctx context.Context) (at time.Time, err error) {
	err = v.wait(ctx, "a whole picture", func() bool { at = v.whole; return !at.IsZero() })
	return at, err
}

// traffic is how many updates came so far, and their bytes.
func (v *view) traffic() (updates, bytes int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.updates, v.bytes
}

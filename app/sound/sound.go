// Package sound plays the product's few sounds. Nothing is ever said by a sound
// alone: each has a toast or a window beside it, so a PC that cannot play any,
// or is to be silent, loses nothing but the noise (B12).
package sound

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"beckmanconnect/assets/sounds"
)

// Sound is one of the product's.
type Sound string

// The sounds.
const (
	Alarm    Sound = "alarm"    // a notification of the highest class
	Question Sound = "question" // an engineer asks for something
)

// longest bounds the playing of one: they last less than a second, and a PC's
// sound system may hang.
const longest = 5 * time.Second

// Player plays one sound at a time.
type Player struct {
	log   *slog.Logger
	can   func() bool
	play  func(ctx context.Context, wav []byte) error
	busy  atomic.Bool
	tried atomic.Bool // that it cannot was said
}

// New makes a player for this log-on.
func New(log *slog.Logger) *Player { return &Player{log: log, can: can, play: play} }

// Play plays a sound and does not wait for it. While another one plays it is
// left out: a flood is not to rattle. It ends with ctx. It says whether this PC
// has anything to play sounds with.
func (p *Player) Play(ctx context.Context, s Sound) bool {
	wav := map[Sound][]byte{Alarm: sounds.Alarm, Question: sounds.Question}[s]
	if wav == nil || !p.can() {
		return false
	}
	if !p.busy.CompareAndSwap(false, true) {
		return true
	}
	go func() {
		defer p.busy.Store(false)
		ctx, cancel := context.WithTimeout(ctx, longest)
		defer cancel()
		if err := p.play(ctx, wav); err != nil && ctx.Err() == nil && !p.tried.Swap(true) {
			p.log.Info("this PC plays no sounds", "error", err)
		}
	}()
	return true
}

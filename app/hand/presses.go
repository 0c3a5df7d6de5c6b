// Package hand tells whether a press on a window of ours was made by the
// technician's hand and not by a program (B3), and whether a window can be
// seen. It knows windows by the system's own numbers, so that the window
// program and the tray's dialogs share it.
package hand

import (
	"sync"
	"time"
)

// Hand knows whether a press was made by the technician's hand and not by a
// program (B3). Its methods are safe for use by many goroutines.
type Hand interface {
	// Made says whether the press that has just acted on something in a place
	// of the screen, with a pointer or by key, came from a device.
	Made(in Rect, byKey bool) bool
	Close()
}

// Rect is an area in screen pixels.
type Rect struct{ X, Y, W, H int }

// Overlaps says whether two areas have a pixel in common.
func (r Rect) Overlaps(o Rect) bool {
	return r.X < o.X+o.W && o.X < r.X+r.W && r.Y < o.Y+o.H && o.Y < r.Y+r.H
}

// presses are the last acts of mouse and keyboard as the system tells them,
// each with what made it. From them follows whether a yes was a hand's. An
// event that only another program sent to our window is in none of them.
type presses struct {
	mu       sync.Mutex
	pointer  press   // the last one by hand
	keys     []press // by hand, newest last
	injected time.Time
	held     map[act]bool // injected and not let go of
}

// act is one key or button.
type act struct {
	key    bool
	number uint32
}

// press is one press by hand.
type press struct {
	at   time.Time
	x, y int  // of a pointer
	ours bool // the window had the keyboard
	sign sign
}

// sign is what a key means to a question.
type sign int

const (
	otherKey sign = iota
	tabKey
	spaceKey
	pageKey // scrolls: Page Up, Page Down
)

const (
	// fresh is how old a press may be when it acts: held for a moment by a
	// gloved finger, on a PC that is busy.
	fresh = 5 * time.Second
	// quiet is how long before it no program may have pressed anything; nor
	// may one since.
	quiet = 2 * time.Second
	// slip is how far the pointer may have moved on between the press and the
	// look at it, in pixels.
	slip = 8
	// keysKept bounds what is remembered.
	keysKept = 32
)

func (p *presses) byPointer(now time.Time, x, y int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pointer = press{at: now, x: x, y: y}
}

func (p *presses) byKey(now time.Time, s sign, ours bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) == keysKept {
		p.keys = p.keys[1:]
	}
	p.keys = append(p.keys, press{at: now, sign: s, ours: ours})
}

// byProgram notes an injected press, or that it was let go of.
func (p *presses) byProgram(now time.Time, a act, down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !down {
		delete(p.held, a)
		return
	}
	if p.held == nil {
		p.held = map[act]bool{}
	}
	p.held[a], p.injected = true, now
}

// made is Hand.Made at a moment.
func (p *presses) made(now time.Time, in Rect, byKey bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.held) > 0 {
		return false
	}
	if !byKey {
		at := p.pointer
		return p.alone(now, at) &&
			at.x >= in.X-slip && at.x < in.X+in.W+slip && at.y >= in.Y-slip && at.y < in.Y+in.H+slip
	}
	// Space, and before it the Tab that led there: a space that is typed in
	// another program does not answer because the focus was taken from it.
	i := len(p.keys) - 1
	if i < 0 || p.keys[i].sign != spaceKey || !p.alone(now, p.keys[i]) {
		return false
	}
	for ; i >= 0 && p.keys[i].ours; i-- {
		switch p.keys[i].sign {
		case spaceKey, pageKey:
		case tabKey:
			return true
		default:
			return false
		}
	}
	return false
}

// alone says whether a press is new, and no program pressed anything around it.
func (p *presses) alone(now time.Time, by press) bool {
	if by.at.IsZero() || now.Sub(by.at) >= fresh {
		return false
	}
	return p.injected.IsZero() || by.at.Sub(p.injected) >= quiet
}

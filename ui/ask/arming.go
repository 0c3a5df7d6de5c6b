// Package ask is a question to the technician: what it says, when it may be
// answered, and what may be typed into it. It draws nothing and links no
// toolkit, so that the window program and the tray ask by the same rules.
package ask

import (
	"time"

	"beckmanconnect/assets/text"
	"beckmanconnect/ipc/hostpb"
)

// Sight is whether a prompt can be read now. Only InSight counts towards a
// yes; whatever is not known is not in sight (P24).
type Sight int

const (
	OutOfSight Sight = iota // not mapped, minimised, or partly off the screen
	InSight
	Covered // another program's window lies over it, or may
	Locked  // the screen is locked
)

// Words says what is in the way; "" for InSight.
func (s Sight) Words(c *text.Catalogue) string {
	switch s {
	case InSight:
		return ""
	case Covered:
		return c.T("prompt.covered")
	case Locked:
		return c.T("prompt.locked")
	}
	return c.T("prompt.out-of-sight")
}

// Arming is the time a prompt has been in sight. Allow works only after
// enough of it, so that a click or key meant for something else never answers
// (scenarios 10, 11). Time out of sight does not count, and starts it anew.
type Arming struct {
	need  time.Duration
	seen  time.Duration
	last  time.Time
	sight Sight
	first time.Time // when it was first looked for
	came  bool      // it has been in sight

	unread bool // there is more of it than was seen
}

// defaultArming holds when a prompt names no time of its own.
const defaultArming = 800 * time.Millisecond

// NewArming starts counting for a prompt.
func NewArming(p *hostpb.Prompt) *Arming {
	need := time.Duration(p.GetArmedAfterMs()) * time.Millisecond
	if need <= 0 {
		need = defaultArming
	}
	return &Arming{need: need}
}

// longestStep is the most one tick may add: a program that was stopped for a
// minute has not been looked at for a minute.
const longestStep = 250 * time.Millisecond

// Tick takes in whether the prompt is in sight now.
func (a *Arming) Tick(now time.Time, sight Sight) {
	if a.last.IsZero() {
		a.first = now
	}
	a.came = a.came || sight == InSight
	switch {
	case sight != InSight, a.unread:
		a.seen = 0
	case a.sight == InSight:
		a.seen += min(max(now.Sub(a.last), 0), longestStep)
	}
	a.last, a.sight = now, sight
}

// Unread says whether there is more of the question than was seen. While there
// is, no time counts.
func (a *Arming) Unread(more bool) {
	a.unread = more
	if more {
		a.seen = 0
	}
}

// mapping is how long a window may take to come up before anybody is told that
// it is not there.
const mapping = 500 * time.Millisecond

// Told is Sight, less what a window goes through while it comes up: that would
// only flicker.
func (a *Arming) Told() Sight {
	if a.sight == OutOfSight && !a.came && a.last.Sub(a.first) < mapping {
		return InSight
	}
	return a.sight
}

// Armed says whether Allow may work.
func (a *Arming) Armed() bool { return a.sight == InSight && !a.unread && a.seen >= a.need }

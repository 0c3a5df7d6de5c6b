package notify

import (
	"time"

	"beckmanconnect/store"
)

// batch is one transaction's changes. Each notification that changed is
// written, told and sent once, however often it was seen.
type batch struct {
	tx    *store.Tx
	now   time.Time
	waits store.Waits
	quiet bool
	who   Person // whose act it is; no role: the service's own

	changed []*change
	byID    map[uint64]*change
	open    map[alarm]*change // by what they are; nil: there is none
	recent  *store.Recent
	flood   *change // the group that takes what is new, once it is one
	backlog []*change
	entries []store.Entry // of acts that are put on record as one
}

// alarm is what at most one open notification is about.
type alarm struct{ code, subject string }

type change struct {
	n       *store.Notification
	steps   []lifeStep
	more    uint32 // repeats
	joined  uint32 // of a group: members that came with this batch
	touched uint32 // of a group: members that a person's act on it changed
	tell    bool   // to somebody who is not looking
	by      bool   // it came while nobody listened
	covered bool   // an entry of another change says it
	dirty   bool   // not written as it is
	kept    bool   // stands in changed
}

type lifeStep struct {
	kind   string
	person bool
	detail string
}

func newBatch(tx *store.Tx, now time.Time, waits store.Waits, quiet bool) *batch {
	return &batch{tx: tx, now: now, waits: waits, quiet: quiet, byID: map[uint64]*change{}, open: map[alarm]*change{}}
}

// load gives a notification by its number, as this batch has it.
func (b *batch) load(id uint64) (*change, error) {
	if c := b.byID[id]; c != nil {
		return c, nil
	}
	n, err := b.tx.Notification(id)
	if err != nil || n == nil {
		return nil, err
	}
	return b.know(n), nil
}

func (b *batch) know(n *store.Notification) *change {
	c := &change{n: n}
	b.byID[n.ID] = c
	if n.Open() {
		b.open[alarm{n.Code, n.Subject}] = c
	}
	return c
}

// find gives the open one, nil when there is none.
func (b *batch) find(code, subject string) (*change, error) {
	if c, known := b.open[alarm{code, subject}]; known {
		return c, nil
	}
	n, err := b.tx.OpenNotification(code, subject)
	switch {
	case err != nil:
		return nil, err
	case n == nil:
		b.open[alarm{code, subject}] = nil
		return nil, nil
	case b.byID[n.ID] != nil:
		return b.byID[n.ID], nil
	}
	return b.know(n), nil
}

// take takes one observation.
func (b *batch) take(o Observation) error {
	c, err := b.find(o.Code, o.Subject)
	switch {
	case err != nil:
		return err
	case o.Clear && c == nil:
		return nil // it was never seen to begin
	case o.Clear:
		return b.end(c)
	case c == nil:
		return b.raise(o)
	case !o.Ends && c.n.State == store.Acknowledged && !c.n.Chatters:
		// A person has dealt with it, and it came again: a new one, so that it
		// is seen again.
		if err := b.clear(c); err != nil {
			return err
		}
		return b.raise(o)
	}
	held := c.n.State
	news, worse := again(c.n, o, b.now)
	if !news {
		return nil
	}
	if worse {
		c.tell = true
		if held == store.Shelved {
			c.step(stepUnshelved)
		}
	}
	if c.n.Last.Equal(b.now) {
		c.more++
	}
	b.keep(c)
	return nil
}

func (b *batch) end(c *change) error {
	news, cleared := ended(c.n, b.now)
	if cleared {
		return b.cleared(c)
	}
	if news {
		c.step(stepOver)
	}
	b.keep(c)
	return nil
}

func (b *batch) clear(c *change) error {
	clearIt(c.n, b.now)
	return b.cleared(c)
}

// cleared writes at once: the next one of the same kind may come in this batch.
func (b *batch) cleared(c *change) error {
	c.step(stepCleared)
	b.keep(c)
	b.open[alarm{c.n.Code, c.n.Subject}] = nil
	return b.put(c)
}

// raise writes at once: the number is what everything else goes by.
func (b *batch) raise(o Observation) error {
	c := &change{n: begin(o, b.now), tell: true, by: o.Backlog}
	if b.recent == nil {
		recent, err := b.tx.Recent(b.now, chatterWithin)
		if err != nil {
			return err
		}
		b.recent = &recent
	}
	turns, err := b.recent.Same(o.Code, o.Subject)
	if err != nil {
		return err
	}
	c.step(stepRaised)
	if turns >= chatterTurns {
		chatter(c.n, b.now)
		c.step(stepChatter)
	}
	if err := b.put(c); err != nil {
		return err
	}
	b.byID[c.n.ID], b.open[alarm{o.Code, o.Subject}] = c, c
	b.keep(c)
	c.dirty = false
	if err := b.recent.Add(c.n); err != nil {
		return err
	}
	switch {
	case o.Ungrouped:
		return nil
	case o.Backlog:
		b.backlog = append(b.backlog, c)
		return nil
	}
	return b.watchFlood(c)
}

func (b *batch) put(c *change) error {
	if c.n.State != store.Raised || (c.n.Group != 0 && c.n.Severity < store.High) {
		c.n.Asked = noTime // nobody is waited for; or the group is, and the highest class also for itself
	}
	schedule(c.n)
	c.dirty = false
	return b.tx.PutNotification(c.n)
}

// keep notes that a notification changed.
func (b *batch) keep(c *change) {
	c.dirty = true
	if !c.kept {
		c.kept = true
		b.changed = append(b.changed, c)
	}
}

func (c *change) step(kind string) {
	if kind == stepOver && c.has(stepOver) {
		return // once a batch
	}
	c.steps = append(c.steps, lifeStep{kind: kind})
}

// act is a step that a person took.
func (c *change) act(kind, detail string) {
	c.steps = append(c.steps, lifeStep{kind: kind, person: true, detail: detail})
}

func (c *change) has(kind string) bool {
	for _, s := range c.steps {
		if s.kind == kind {
			return true
		}
	}
	return false
}

// pass has time do its part with one notification.
func (b *batch) pass(c *change) {
	steps := overdue(c.n, b.waits, b.now)
	for _, kind := range steps {
		c.step(kind)
		switch {
		case kind == stepEscalated:
			c.tell = true
		case kind == stepUnshelved && c.n.Open():
			c.tell = true
		case kind == stepCleared:
			b.open[alarm{c.n.Code, c.n.Subject}] = nil
		}
	}
	// Also without a step: what was due is due no more.
	b.keep(c)
}

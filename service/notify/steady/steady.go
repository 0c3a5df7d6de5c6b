// Package steady keeps conditions that sources look at again and again from
// chattering: a condition must be bad for some looks in a row before it is an
// alarm, and good for some before it is over, and what lies between changes
// nothing.
package steady

import (
	"context"
	"slices"
	"sync"

	"beckmanconnect/service/notify"
	"beckmanconnect/store"
)

// Level is what one look at a condition found.
type Level int

const (
	Unknown Level = iota // it could not be looked at: nothing changes
	Good
	Between // neither bad enough to be an alarm nor good enough to end one
	Bad
)

// Key names a condition, and the notification it is told by.
type Key struct{ Code, Subject string }

// Condition is one look at one condition.
type Condition struct {
	Key
	Level    Level
	Severity store.Severity
	Texts    []store.Text
	Sample   bool // of a profile made without a real log
	// After and Calm are how many looks in a row must be bad, or good, before
	// it turns; 0 counts as 1.
	After, Calm int
}

// Board holds the conditions of one source and tells those that turned. After
// a restart nothing is known: the first turn tells either way, which changes
// nothing where the store knows it already.
type Board struct {
	Source string // notify.SourceMachine, …
	Alarms notify.Taker
	// Open lists what of this source stands open in the store, so that what is
	// no longer looked at does not stay for ever; nil: not asked.
	Open func(ctx context.Context, source string) ([]Key, error)
	// Codes are those that the board may end without having seen them; nil: all
	// of its source.
	Codes []string

	mu      sync.Mutex
	watches map[Key]*watch
	asked   bool // Open was asked
}

type watch struct {
	known, bad bool
	bads, good int
}

// take says whether l turned the condition.
func (w *watch) take(l Level, after, calm int) bool {
	switch l {
	case Bad:
		w.bads, w.good = w.bads+1, 0
	case Good:
		w.good, w.bads = w.good+1, 0
	case Between:
		w.bads, w.good = 0, 0
	}
	switch {
	case w.bads >= max(after, 1) && (!w.known || !w.bad):
		w.known, w.bad = true, true
	case w.good >= max(calm, 1) && (!w.known || w.bad):
		w.known, w.bad = true, false
	default:
		return false
	}
	return true
}

// Tell takes a look at some conditions and has those that turned committed,
// with also in the same transaction; also may be nil. After an error they turn
// again with the next look.
func (b *Board) Tell(ctx context.Context, looks []Condition, also func(*store.Tx) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watches == nil {
		b.watches = map[Key]*watch{}
	}
	var seen []notify.Observation
	before := map[*watch]watch{}
	for _, c := range looks {
		w := b.watches[c.Key]
		if w == nil {
			w = &watch{}
			b.watches[c.Key] = w
		}
		was := *w
		if !w.take(c.Level, c.After, c.Calm) {
			continue
		}
		before[w] = was
		seen = append(seen, notify.Observation{
			Code: c.Code, Severity: c.Severity, Source: b.Source, Subject: c.Subject, Texts: c.Texts,
			Clear: !w.bad, Condition: true, Ends: true, Verified: true, Sample: c.Sample,
		})
	}
	if len(seen) == 0 && also == nil {
		return nil
	}
	if err := b.Alarms.Apply(ctx, seen, also); err != nil {
		for w, was := range before {
			w.known, w.bad = was.known, was.bad
		}
		return err
	}
	return nil
}

// Keep ends what is not among keys: a probe that the policy no longer names, a
// volume that is no longer watched. That is also what was open before the
// service was started.
func (b *Board) Keep(ctx context.Context, keys map[Key]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	over := map[Key]bool{}
	for k, w := range b.watches {
		if !keys[k] {
			over[k] = w.bad || !w.known
		}
	}
	if !b.asked && b.Open != nil {
		open, err := b.Open(ctx, b.Source)
		if err != nil {
			return err
		}
		for _, k := range open {
			if !keys[k] && (b.Codes == nil || slices.Contains(b.Codes, k.Code)) {
				over[k] = true
			}
		}
	}
	var seen []notify.Observation
	for k, tell := range over {
		if tell {
			seen = append(seen, notify.Observation{Code: k.Code, Source: b.Source, Subject: k.Subject, Clear: true, Condition: true, Ends: true, Verified: true})
		}
	}
	if len(seen) > 0 {
		if err := b.Alarms.Apply(ctx, seen, nil); err != nil {
			return err
		}
	}
	b.asked = true
	for k := range over {
		delete(b.watches, k)
	}
	return nil
}

// IsBad says whether a condition stands as an alarm.
func (b *Board) IsBad(k Key) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.watches[k]
	return w != nil && w.known && w.bad
}

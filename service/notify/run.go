package notify

import (
	"context"
	"math"
	"strconv"
	"time"

	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

const (
	dueAtOnce = 200
	// lookAgain bounds how long Run sleeps while something is due: a PC that
	// slept meanwhile may have stopped the timer, too.
	lookAgain = 10 * time.Minute
	// keepCleared is how long what was cleared stays in the list. The audit log
	// keeps it for good.
	keepCleared = 400 * 24 * time.Hour
	dropAtOnce  = 500
	never       = math.MaxInt64
)

// Run does what time alone brings: escalation, the end of a shelf, calm after
// chatter, what ends by itself, and the list's oldest rows. It sleeps until the
// next is due, and without end while nothing is. All of it is in the database:
// a restart forgets nothing.
func (a *Alarms) Run(ctx context.Context, report supervise.Report) error {
	kick := a.kicked()
	defer a.sleeps.Store(0)
	for {
		a.sleeps.Store(0) // whoever commits from here on wakes it
		more, err := a.Tick(ctx)
		select {
		case <-kick: // its own commit, or one that next sees
		default:
		}
		var until time.Time
		if err == nil && !more {
			until, err = a.next(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			report(supervise.Degraded, err.Error())
			if !sleep(ctx, retry) {
				return ctx.Err()
			}
			continue
		}
		report(supervise.OK, "")
		if more {
			continue
		}
		if err := a.sleep(ctx, until, kick); err != nil {
			return err
		}
	}
}

func (a *Alarms) sleep(ctx context.Context, until time.Time, kick <-chan struct{}) error {
	var ring <-chan time.Time
	if until.IsZero() {
		a.sleeps.Store(never)
	} else {
		a.sleeps.Store(until.UnixMilli())
		timer := time.NewTimer(min(max(until.Sub(a.Now()), time.Millisecond), lookAgain))
		defer timer.Stop()
		ring = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-kick:
	case <-ring:
	}
	return nil
}

// Tick does what is due now, a part of it when that is much; more says that
// there is more. Run calls it; a test may.
func (a *Alarms) Tick(ctx context.Context) (more bool, err error) {
	err = a.update(ctx, Person{}, func(b *batch) error {
		ids, err := b.tx.Due(b.now, b.waits, dueAtOnce)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c, err := b.load(id)
			if err != nil {
				return err
			}
			if c != nil && !c.kept {
				b.pass(c)
			}
		}
		more = len(ids) >= dueAtOnce
		return nil
	}, func(tx *store.Tx) error {
		before := a.horizon()
		if before.IsZero() {
			return nil
		}
		dropped, err := tx.DeleteCleared(before, dropAtOnce)
		if err != nil || dropped == 0 {
			return err
		}
		more = more || dropped == dropAtOnce
		_, err = tx.Append(store.Entry{Kind: "notification.dropped", Actor: "system", Fields: map[string]string{
			"count": strconv.Itoa(dropped), "before": before.UTC().Format(time.RFC3339),
		}})
		return err
	})
	if err == nil {
		err = a.quietTurned(ctx)
	}
	return more, err
}

// horizon is the time before which what was cleared is deleted. It goes by
// time that the vendor signed, and never by a local clock alone, which may be
// years ahead.
func (a *Alarms) horizon() time.Time {
	now := a.Now()
	if a.Trusted != nil {
		trusted := a.Trusted()
		if trusted.IsZero() {
			return noTime
		}
		if trusted.Before(now) {
			now = trusted
		}
	}
	return now.Add(-keepCleared)
}

// next is when something is due; zero: nothing is.
func (a *Alarms) next(ctx context.Context) (time.Time, error) {
	due, cleared, err := a.Store.NextDue(ctx, a.rules().waits())
	if err != nil {
		return noTime, err
	}
	at := func(t time.Time) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	if !cleared.IsZero() {
		drop := cleared.Add(keepCleared)
		if soon := a.Now().Add(24 * time.Hour); drop.Before(soon) { // no trusted time says so yet
			drop = soon
		}
		at(drop)
	}
	quiet, _, err := a.QuietHours(ctx)
	at(quietTurns(quiet.hours(), a.Now().Local()))
	return due, err
}

// quietTurned tells when quiet hours began or ended since the last look.
func (a *Alarms) quietTurned(ctx context.Context) error {
	_, now, err := a.QuietHours(ctx)
	if err == nil && a.wasQuiet.Swap(now) != now && a.Changed != nil {
		a.Changed()
	}
	return err
}

func (a *Alarms) kicked() chan struct{} {
	a.ready.Do(func() { a.kick = make(chan struct{}, 1) })
	return a.kick
}

// RulesChanged says that the site's policy says something else now.
func (a *Alarms) RulesChanged() { a.wake() }

func (a *Alarms) wake() {
	select {
	case a.kicked() <- struct{}{}:
	default:
	}
}

// wakeFor wakes Run when this batch brought something that is due before it
// wakes by itself, or when it should have woken already.
func (a *Alarms) wakeFor(b *batch) {
	sleeps := a.sleeps.Load()
	if sleeps == 0 || b.now.UnixMilli() >= sleeps {
		a.wake()
		return
	}
	for _, c := range b.changed {
		due := c.n.Due
		if wait, ok := b.waits[c.n.Severity]; ok && !c.n.Asked.IsZero() {
			if at := c.n.Asked.Add(wait); due.IsZero() || at.Before(due) {
				due = at
			}
		}
		if !due.IsZero() && due.UnixMilli() < sleeps {
			a.wake()
			return
		}
	}
}

package notify

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"beckmanconnect/service/policy"
	"beckmanconnect/store"
)

// noTime is a time that was not.
var noTime time.Time

// Alarms is the life of notifications. Every change is one transaction:
// notification, audit entry, event for the windows, message for the cloud. Run
// does what time alone brings. Store and Now must be set.
type Alarms struct {
	Store *store.Store
	Now   func() time.Time
	// Rules is what the site's policy says; nil: nothing.
	Rules func() Rules
	// Moment tells a wall clock that was set from time that went by; nil: a
	// clock is never set. It belongs with Now: Store.Moment with time.Now.
	Moment func() store.Moment
	// Trusted is the last time that the vendor signed; what was cleared long
	// before it is deleted. nil: Now is trusted. Zero: nothing is deleted.
	Trusted func() time.Time
	// Changed is told when quiet hours begin or end; it must not block.
	Changed func()

	mu    sync.Mutex
	point store.Moment // of the last transaction
	own   ownQuiet
	ready sync.Once
	kick  chan struct{}
	// sleeps is until when Run does, Unix milliseconds: 0 while it does not,
	// and never when there is nothing to wait for.
	sleeps atomic.Int64
	// wasQuiet is what Changed was told last.
	wasQuiet atomic.Bool
}

// Apply takes observations in their order, and also in the same transaction
// whatever the source has to remember; also may be nil.
func (a *Alarms) Apply(ctx context.Context, seen []Observation, also func(*store.Tx) error) error {
	err := a.update(ctx, Person{}, func(b *batch) error {
		for _, o := range seen {
			if err := b.take(o); err != nil {
				return err
			}
		}
		return nil
	}, also)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// update is one transaction; after may be nil and runs when all is written.
func (a *Alarms) update(ctx context.Context, who Person, do func(*batch) error, after func(*store.Tx) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	point, moved, err := a.look(ctx)
	if err != nil {
		return err
	}
	var b *batch
	err = a.Store.Update(ctx, func(tx *store.Tx) error {
		quiet, err := a.quiet(tx)
		if err != nil {
			return err
		}
		b = newBatch(tx, now, a.rules().waits(), quietAt(quiet.hours(), now.Local()))
		b.who = who
		if moved != 0 {
			if err := move(tx, moved); err != nil {
				return err
			}
		}
		if err := do(b); err != nil {
			return err
		}
		if err := b.publish(); err != nil {
			return err
		}
		if after != nil {
			return after(tx)
		}
		return nil
	})
	if err == nil {
		a.point = point
		a.wakeFor(b)
	}
	return err
}

func (a *Alarms) rules() Rules {
	if a.Rules == nil {
		return Rules{}
	}
	return a.Rules()
}

// clockStep is how far the wall clock has to move against the other for it to
// count as set: less is drift that a time service corrects.
const clockStep = 2 * time.Minute

// look says by how much the wall clock was set since the last transaction, or,
// with the first one, since the last entry of the log if that is of this boot.
func (a *Alarms) look(ctx context.Context) (point store.Moment, moved time.Duration, err error) {
	if a.Moment == nil {
		return point, 0, nil
	}
	if a.point.Boot == "" {
		if a.point, err = a.Store.LastMoment(ctx); err != nil {
			return point, 0, fmt.Errorf("the last entry's time: %w", err)
		}
	}
	point = a.Moment()
	elapsed := point.Wall.Sub(a.point.Wall)
	switch {
	case a.point.Boot == "":
		return point, 0, nil
	case a.point.Boot == point.Boot:
		moved = elapsed - (point.SinceBoot - a.point.SinceBoot)
	case elapsed < 0: // it was off, and is before what it was
		moved = elapsed
	}
	if moved.Abs() < clockStep {
		moved = 0
	}
	return point, moved, nil
}

// move has what is waited for follow a clock that was set (scenario 51).
func move(tx *store.Tx, by time.Duration) error {
	if err := tx.MoveTimes(by); err != nil {
		return err
	}
	_, err := tx.Append(store.Entry{Kind: "clock.moved", Actor: "system", Fields: map[string]string{"by": by.Round(time.Second).String()}})
	return err
}

// quiet gives the quiet hours that hold.
func (a *Alarms) quiet(tx *store.Tx) (Quiet, error) {
	if site := a.rules().Quiet; site != nil {
		return Quiet{On: site.From != site.To, From: site.From, To: site.To, Site: true}, nil
	}
	return a.own.get(tx.Setting)
}

// Quiet is quiet hours: minutes of the local day.
type Quiet struct {
	On   bool `json:"on"`
	From int  `json:"from"`
	To   int  `json:"to"`
	Site bool `json:"-"` // the site's policy sets them
}

func (q Quiet) hours() *policy.Quiet {
	if !q.On {
		return nil
	}
	return &policy.Quiet{From: q.From, To: q.To}
}

// Package offers is the service's side of upgrades. The upgrade service says
// what may be installed and keeps safe while it does; this package says when:
// what the technician or IT decided, what a session, a run or the hours that IT
// set hold, and what the vendor and the site want without a click. It passes on
// digests and installs nothing itself.
package offers

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Upgrader is the upgrade service, as it is called.
type Upgrader interface {
	upgradepb.UpgraderClient
	io.Closer
}

// Config is what an Offers needs.
type Config struct {
	Dial    func(context.Context) (Upgrader, error)
	Store   *store.Store                           // plans, and what is on record of them
	Facts   func() Facts                           // asked whenever something is decided; must not block
	Changed func(context.Context, *hostpb.Upgrade) // told of every new state, in order
	Restart func()                                 // the version that is now current wants to be started
	Version string                                 // of this service
	Log     *slog.Logger
	Now     func() time.Time // in the zone whose nights count; nil: time.Now
	Pause   time.Duration    // between attempts to reach the upgrade service; 0: 3 s
	Every   time.Duration    // between looks at the clock, at most a minute; 0: 20 s
	Away    time.Duration    // without an answer for so long, it is away; 0: 30 s, longer than it takes to restart
}

// Dial reaches the upgrade service over its pipe.
func Dial(c client.Config) func(context.Context) (Upgrader, error) {
	return func(ctx context.Context) (Upgrader, error) {
		u, err := client.DialUpgrader(ctx, c)
		if err != nil {
			return nil, err
		}
		return u, nil
	}
}

// Offers follows the upgrade service. It is safe for concurrent use.
type Offers struct {
	config Config
	news   chan struct{} // something has changed: decide again

	acting sync.Mutex // one decision at a time, with what follows of it

	mu       sync.Mutex
	plan     plan
	state    *upgradepb.State // as it was told last; nil while it is not known
	upgrader Upgrader         // nil while it is away
	current  *hostpb.Upgrade
}

// New makes an Offers with the plan that was kept; nothing happens before Run.
func New(ctx context.Context, config Config) (*Offers, error) {
	or := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	or(&config.Pause, 3*time.Second)
	or(&config.Every, 20*time.Second)
	or(&config.Away, 30*time.Second)
	if config.Store == nil || config.Facts == nil {
		return nil, errors.New("offers: Store and Facts are needed")
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	o := &Offers{config: config, news: make(chan struct{}, 1)}
	var err error
	if o.plan, err = recall(ctx, config.Store); err != nil {
		config.Log.Error("what was planned is not known any more; nothing is installed by it", "error", err)
	}
	return o, nil
}

// Current is what is offered, planned or being installed; nil before the
// upgrade service was asked.
func (o *Offers) Current() *hostpb.Upgrade {
	o.mu.Lock()
	defer o.mu.Unlock()
	return proto.CloneOf(o.current)
}

// Poke says that facts may have changed. It never blocks.
func (o *Offers) Poke() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// Run follows the upgrade service until ctx ends. One that is away is no
// failure: there are no upgrades then.
func (o *Offers) Run(ctx context.Context, report supervise.Report) error {
	seen := time.Now()
	for {
		connected, err := o.follow(ctx, report)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if connected {
			seen = time.Now()
		}
		o.config.Log.Debug("the upgrade service is away", "error", err)
		report(supervise.Degraded, "the upgrade service does not answer")
		if time.Since(seen) >= o.config.Away { // not while it is only being restarted
			o.show(ctx, &hostpb.Upgrade{State: stateNone, CheckError: CheckAway})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.config.Pause):
		}
	}
}

func (o *Offers) show(ctx context.Context, next *hostpb.Upgrade) {
	o.mu.Lock()
	changed := !proto.Equal(o.current, next)
	o.current = next
	o.mu.Unlock()
	if changed {
		o.config.Changed(ctx, proto.CloneOf(next))
	}
}

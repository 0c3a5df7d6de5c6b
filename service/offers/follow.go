package offers

import (
	"context"
	"sync"
	"time"

	"beckmanconnect/ipc/upgradepb"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

const (
	// callWithin bounds one call to the upgrade service.
	callWithin = 10 * time.Second
	// holdEvery is how often what it has to keep still for is said again, and
	// holdFor how long it keeps still without: a service that is gone for good
	// holds nothing, and one that is only restarted holds on.
	holdEvery = time.Minute
	holdFor   = 150 * time.Second
)

// follow works with the upgrade service until it is gone.
func (o *Offers) follow(ctx context.Context, report supervise.Report) (connected bool, err error) {
	u, err := o.config.Dial(ctx)
	if err != nil {
		return false, err
	}
	defer u.Close()
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	stream, err := u.Watch(ctx, &upgradepb.WatchRequest{})
	if err != nil {
		return false, err
	}
	o.connect(u)
	defer o.connect(nil)
	states := make(chan *upgradepb.State)
	work.Go(func() { o.work(ctx, u, states, report) })
	for {
		state, err := stream.Recv()
		if err != nil {
			return connected, err
		}
		connected = true
		select {
		case states <- state:
		case <-ctx.Done():
			return connected, ctx.Err()
		}
	}
}

func (o *Offers) connect(u Upgrader) {
	o.mu.Lock()
	o.upgrader, o.state = u, nil
	o.mu.Unlock()
}

// work decides whenever something changes, and now and then, since hours begin
// and end without a word.
func (o *Offers) work(ctx context.Context, u Upgrader, states <-chan *upgradepb.State, report supervise.Report) {
	c := &connection{offers: o, upgrader: u}
	tick := time.NewTicker(o.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case state := <-states:
			o.mu.Lock()
			o.state = state
			o.mu.Unlock()
			c.fresh = true
		case <-o.news:
		case <-tick.C:
		}
		said := ""
		if err := c.step(ctx); err == nil {
			report(supervise.OK, "")
		} else if ctx.Err() == nil {
			said = err.Error()
			report(supervise.Degraded, said)
		}
		if said != "" && said != c.said { // it is tried again and again
			o.config.Log.Error("upgrades", "error", said)
		}
		c.said = said
	}
}

// connection is what one connection to the upgrade service remembers.
type connection struct {
	offers   *Offers
	upgrader Upgrader
	fresh    bool   // a state came that nothing was asked for yet
	asked    string // what was asked for since
	askedAt  time.Time
	held     string
	heldAt   time.Time // zero: nothing was said yet
	journal  time.Time // when it was read last
	phase    string
	said     string // what went wrong last
}

// step decides and does what follows, in this order: what is on record, what
// the upgrade service has to keep still for, what it is asked for. Where one
// fails the next is not done.
func (c *connection) step(ctx context.Context) error {
	o := c.offers
	o.acting.Lock()
	defer o.acting.Unlock()
	o.mu.Lock()
	state, before := o.state, o.plan
	o.mu.Unlock()
	if state == nil {
		return nil
	}
	if c.fresh {
		c.fresh, c.asked = false, ""
	}
	d := decide(state, before, o.config.Facts(), o.config.Now())
	if d.plan != before || len(d.entries) > 0 {
		if err := o.put(ctx, d.plan, d.entries...); err != nil {
			return err
		}
	}
	o.show(ctx, d.shown)
	// Not when this is it already: one restart for each change.
	if state.GetRestart() && state.GetRunningVersion() != o.config.Version {
		o.config.Log.Info("another version is current now; the service ends to be started as it", "version", state.GetRunningVersion())
		o.config.Restart()
		return nil
	}
	if err := c.hold(ctx, d.hold); err != nil {
		return err
	}
	if err := c.ask(ctx, d.act, state.GetDigest()); err != nil {
		return err
	}
	if state.GetPhase() != c.phase || time.Since(c.journal) >= holdEvery {
		c.phase, c.journal = state.GetPhase(), time.Now()
		return c.takeJournal(ctx)
	}
	return nil
}

// hold says what the upgrade service has to keep still for, when that changed
// and again before it is forgotten.
func (c *connection) hold(ctx context.Context, reason string) error {
	if reason == c.held && !c.heldAt.IsZero() && time.Since(c.heldAt) < holdEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if _, err := c.upgrader.Hold(ctx, &upgradepb.HoldRequest{Reason: reason, Seconds: uint32(holdFor / time.Second)}); err != nil {
		c.heldAt = time.Time{}
		return err
	}
	c.held, c.heldAt = reason, time.Now()
	return nil
}

// ask asks for one thing once, until there is a new state to judge by or a
// while has passed without.
func (c *connection) ask(ctx context.Context, act, digest string) error {
	if act == "" || act == c.asked && time.Since(c.askedAt) < holdEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	c.asked, c.askedAt = act, time.Now()
	var err error
	switch act {
	case actDownload:
		_, err = c.upgrader.Download(ctx, &upgradepb.DownloadRequest{Digest: digest})
	case actInstall:
		_, err = c.upgrader.Install(ctx, &upgradepb.InstallRequest{Digest: digest})
	}
	return err
}

// put keeps a plan; only then it is the plan.
func (o *Offers) put(ctx context.Context, p plan, entries ...store.Entry) error {
	if err := keep(ctx, o.config.Store, p, entries...); err != nil {
		return err
	}
	o.mu.Lock()
	o.plan = p
	o.mu.Unlock()
	return nil
}

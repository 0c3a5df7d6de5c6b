package witness

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"beckmanconnect/service/policy"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Config is what Own works with.
type Config struct {
	Store *store.Store
	// Witnesses are those that the site's signed policy names, at any time.
	Witnesses func() []policy.Witness
	Changed   <-chan struct{} // they may be others now
	// Client makes the way out with these roots (netdial.Dialer.Client). It
	// follows no redirect.
	Client func(*tls.Config) *http.Client
	Told   func() // a state changed; must not block; may be nil
	Log    *slog.Logger

	Every time.Duration // between two looks at the log; 0: 1 min
	Most  time.Duration // pause after failures, at most; 0: 30 min
}

// Own shows the log to the hospital's own witnesses.
type Own struct {
	config Config

	mu     sync.Mutex
	states map[string]string
}

// New makes it; nothing is dialled before Run.
func New(c Config) *Own {
	if c.Every <= 0 {
		c.Every = time.Minute
	}
	if c.Most <= 0 {
		c.Most = 30 * time.Minute
	}
	if c.Told == nil {
		c.Told = func() {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Own{config: c, states: map[string]string{}}
}

// States gives the state of each witness by its name.
func (o *Own) States() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(map[string]string, len(o.states))
	for name, state := range o.states {
		out[name] = state
	}
	return out
}

func (o *Own) set(name, state string) {
	o.mu.Lock()
	changed := o.states[name] != state
	if state == "" {
		delete(o.states, name)
	} else {
		o.states[name] = state
	}
	o.mu.Unlock()
	if changed {
		o.config.Told()
	}
}

// Run shows the log to whatever witnesses there are until ctx ends.
func (o *Own) Run(ctx context.Context, report supervise.Report) error {
	for ctx.Err() == nil {
		list := o.config.Witnesses()
		if len(list) == 0 {
			report(supervise.Off, "the site policy names no witness")
		} else {
			report(supervise.OK, "")
		}
		round, stop := context.WithCancel(ctx)
		var work sync.WaitGroup
		for _, w := range list {
			work.Go(func() { o.watch(round, w) })
		}
		for o.same(list) {
			select {
			case <-ctx.Done():
			case <-o.config.Changed:
				continue
			}
			break
		}
		stop()
		work.Wait()
	}
	return ctx.Err()
}

// same: the policy changed, and its witnesses did not.
func (o *Own) same(list []policy.Witness) bool {
	return slices.EqualFunc(list, o.config.Witnesses(), func(a, b policy.Witness) bool {
		return a.Name == b.Name && a.URL == b.URL && a.Verifier == b.Verifier && (a.CA == nil) == (b.CA == nil) && (a.CA == nil || a.CA.Equal(b.CA))
	})
}

// watch shows the log to one witness whenever it has grown.
func (o *Own) watch(ctx context.Context, w policy.Witness) {
	p, err := newPusher(o, w)
	if err != nil { // the policy was read strictly: it has checked this
		o.config.Log.Error("a witness cannot be used", "witness", w.Name, "error", err)
		return
	}
	defer o.set(w.Name, "")
	o.set(w.Name, Waiting)
	pause := o.config.Every
	for {
		switch state, err := p.show(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			o.config.Log.Warn("a witness was not shown the log", "witness", w.Name, "state", state, "error", err)
			o.set(w.Name, state)
			pause = min(2*pause, o.config.Most)
		default:
			o.set(w.Name, state)
			pause = o.config.Every
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause - pause/10 + rand.N(pause/5+1)): // not all PCs of a hospital at once
		}
	}
}

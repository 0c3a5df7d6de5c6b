// Package supervise keeps the service's parts running: a part that fails or
// panics is started again after a while, and takes nothing else down with it.
// What each part is up to is there to be read, for status and doctor.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// States of a part, by the words of the local API.
const (
	OK       = "ok"
	Degraded = "degraded"
	Failed   = "failed"
	Off      = "off"
)

// Part is one supervised part and how it does.
type Part struct {
	Name   string
	State  string
	Detail string
}

// Report is how a part says how it does.
type Report func(state, detail string)

// ErrDone is returned by a part that has nothing more to do; it is not started
// again.
var ErrDone = errors.New("supervise: done")

// Config of a Group.
type Config struct {
	Log *slog.Logger
	// Changed is called after a part's state changed; it must not block.
	Changed func()
	// First and Most bound the pause before a part is started again; it
	// doubles from one to the other. 0: one second, one minute.
	First, Most time.Duration
}

// Group is a set of supervised parts. They end with the context they were
// started with; Wait returns when they have.
type Group struct {
	config Config
	wait   sync.WaitGroup

	mu    sync.Mutex
	parts []Part
}

// New makes a group.
func New(config Config) *Group {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Changed == nil {
		config.Changed = func() {}
	}
	if config.First <= 0 {
		config.First = time.Second
	}
	if config.Most <= 0 {
		config.Most = time.Minute
	}
	return &Group{config: config}
}

// Go starts a part under a name of its own. What it gives is closed when the part
// has ended for good, so that another may take its name.
func (g *Group) Go(ctx context.Context, name string, run func(context.Context, Report) error) (ended <-chan struct{}) {
	report := func(state, detail string) { g.Set(name, state, detail) }
	report(OK, "")
	done := make(chan struct{})
	g.wait.Go(func() {
		defer close(done)
		pause := g.config.First
		for {
			begun := time.Now()
			err := g.call(ctx, name, run, report)
			switch {
			case errors.Is(err, ErrDone):
				return // also when the group ended meanwhile
			case ctx.Err() != nil:
				report(Off, "stopped")
				return
			case err == nil:
				err = errors.New("ended by itself")
			}
			report(Failed, err.Error())
			g.config.Log.Error("a part failed and is started again", "part", name, "error", err, "pause", pause)
			if time.Since(begun) > g.config.Most {
				pause = g.config.First // it ran for a while: begin anew
			}
			select {
			case <-ctx.Done():
				report(Off, "stopped")
				return
			case <-time.After(pause/2 + rand.N(pause/2+1)):
			}
			pause = min(2*pause, g.config.Most)
			report(Degraded, "starting again after: "+err.Error())
		}
	})
	return done
}

func (g *Group) call(ctx context.Context, name string, run func(context.Context, Report) error, report Report) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.config.Log.Error("a part panicked", "part", name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(ctx, report)
}

// Set puts a part's state; a new name adds a part.
func (g *Group) Set(name, state, detail string) {
	g.mu.Lock()
	i := slices.IndexFunc(g.parts, func(p Part) bool { return p.Name == name })
	if i < 0 {
		i = len(g.parts)
		g.parts = append(g.parts, Part{Name: name})
	}
	next := Part{name, state, detail}
	changed := g.parts[i] != next
	g.parts[i] = next
	g.mu.Unlock()
	if changed {
		g.config.Changed()
	}
}

// Parts are all parts, in the order they were added.
func (g *Group) Parts() []Part {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.parts)
}

// Wait returns when all parts have ended.
func (g *Group) Wait() { g.wait.Wait() }

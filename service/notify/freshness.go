package notify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// CodeStale is the alarm of a source that says nothing any more; its subject is
// the source.
const CodeStale = "source-stale"

// Freshness watches the sources: one that gave no sign of life for longer than
// it says of itself is an alarm. A source beats whenever it has looked, whether
// or not there was anything to see.
type Freshness struct {
	Alarms *Alarms
	Now    func() time.Time // a clock that is not set: time.Now; nil: that

	mu      sync.Mutex
	sources map[string]*pulse
	wake    chan struct{}
}

type pulse struct {
	limit time.Duration
	last  time.Time
	beats bool // it gave a sign of life since it is watched
	stale bool
	known bool // the store knows what we know
}

// slept is how much later than it should a timer rings when the PC was asleep:
// then no source could beat, and all get their time anew.
const slept = 30 * time.Second

// Expect watches a source: it beats at least once in limit. A beat is expected
// from now on.
func (f *Freshness) Expect(source string, limit time.Duration) {
	f.mu.Lock()
	f.init()
	if p := f.sources[source]; p != nil {
		p.limit = limit
	} else {
		f.sources[source] = &pulse{limit: limit, last: f.now()}
	}
	f.mu.Unlock()
	f.kick()
}

// Beat is a source's sign of life. It is cheap, and nobody waits.
func (f *Freshness) Beat(source string) {
	f.mu.Lock()
	f.init()
	p := f.sources[source]
	changed := false
	if p != nil {
		p.last, p.beats = f.now(), true
		changed = p.stale || !p.known
	}
	f.mu.Unlock()
	if changed {
		f.kick()
	}
}

// Forget ends the watching of a source that was switched off.
func (f *Freshness) Forget(source string) {
	f.mu.Lock()
	f.init()
	delete(f.sources, source)
	f.mu.Unlock()
	f.kick()
}

// init makes what is made once. The caller holds mu.
func (f *Freshness) init() {
	if f.sources == nil {
		f.sources, f.wake = map[string]*pulse{}, make(chan struct{}, 1)
	}
}

func (f *Freshness) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

func (f *Freshness) kick() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Run raises and clears until ctx ends. It sleeps until the first source could
// be silent for too long.
func (f *Freshness) Run(ctx context.Context, report supervise.Report) error {
	f.mu.Lock()
	f.init()
	f.mu.Unlock()
	for {
		next, err := f.Look(ctx)
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
		var ring <-chan time.Time
		var timer *time.Timer
		if !next.IsZero() {
			timer = time.NewTimer(max(next.Sub(f.now()), time.Millisecond))
			ring = timer.C
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-f.wake:
		case <-ring:
			if f.now().Sub(next) > slept {
				f.renew()
			}
		}
		if timer != nil {
			timer.Stop()
		}
		if err != nil {
			return err
		}
	}
}

// Look tells what changed, and when the next source could be stale; zero: none
// is watched. Run calls it; a test may.
func (f *Freshness) Look(ctx context.Context) (next time.Time, err error) {
	observations, gone, next, err := f.news(ctx)
	if err != nil {
		return next, err
	}
	if len(observations) > 0 || len(gone) > 0 {
		if err := f.Alarms.Apply(ctx, append(observations, gone...), nil); err != nil {
			return next, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range observations {
		if p := f.sources[o.Subject]; p != nil {
			p.stale, p.known = !o.Clear, true
		}
	}
	return next, nil
}

func (f *Freshness) news(ctx context.Context) (changed, gone []Observation, next time.Time, err error) {
	open, err := f.Alarms.Store.OpenSubjects(ctx, CodeStale)
	if err != nil {
		return nil, nil, next, fmt.Errorf("notify: stale sources: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for _, subject := range open { // of a source that is not watched any more
		if f.sources[subject] == nil {
			gone = append(gone, stale(subject, true))
		}
	}
	for source, p := range f.sources {
		until := p.last.Add(p.limit)
		silent := !now.Before(until)
		switch {
		case silent && !p.stale:
			changed = append(changed, stale(source, false))
		case !silent && (p.stale || (!p.known && p.beats)):
			changed = append(changed, stale(source, true))
		}
		if !silent && (next.IsZero() || until.Before(next)) {
			next = until
		}
	}
	return changed, gone, next, nil
}

func (f *Freshness) renew() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.sources {
		p.last = f.now()
	}
}

func stale(source string, over bool) Observation {
	return Observation{
		Code: CodeStale, Severity: store.Medium, Source: SourceSelf, Subject: source, Clear: over, Condition: true, Ends: true, Verified: true,
		Texts: ownTexts("alarm.stale", func(string) []any { return []any{"source", source} }),
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jezek/xgb"

	"beckmanconnect/build/benchmark/paint"
)

// idleFor is how long idling is measured: the keep-alives come seldom.
const idleFor = 60 * time.Second

// screenBench is ours and the peers, each with its own display, server and
// line.
type screenBench struct {
	o        options
	parts    parts
	programs *programs
	all      []*contender
	ours     *rig // nil where it is not asked for
	results  results
}

// results are what was measured, by contender.
type results struct {
	works   map[string]map[paint.Work][]measured
	keys    map[string][]float64 // ms
	still   map[string]measured
	keeping float64 // bytes a minute of a session in which nothing is granted; below 0: not known
	files   *fileTimes
	memory  []memorySample
}

// compareScreens compares the picture, its steering and the files with peers.
func compareScreens(ctx context.Context, o options) ([]row, error) {
	xgb.Logger.SetOutput(io.Discard) // it would tell that these displays need no authority
	parts, err := partsOf(o.only, o.servers)
	if err != nil {
		return nil, err
	}
	if o.soak > 0 {
		parts.servers = []string{ours}
	}
	o.rounds, o.seconds = cmp.Or(o.rounds, 3), cmp.Or(o.seconds, 10)
	limit := 25*time.Minute + o.soak + time.Duration(float64(o.rounds)*o.seconds*20)*time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %v", limit))
	defer cancel()
	b := &screenBench{o: o, parts: parts, programs: &programs{dir: filepath.Join(o.dir, "peers")}, results: results{
		works: map[string]map[paint.Work][]measured{}, keys: map[string][]float64{}, keeping: -1}}
	if err := os.MkdirAll(b.programs.dir, 0o700); err != nil {
		return nil, err
	}
	defer b.close()
	err = b.open(ctx)
	if err == nil && o.soak > 0 {
		err = b.soak(ctx)
	} else if err == nil {
		err = b.run(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
		return nil, err
	}
	b.results.details(os.Stdout)
	return b.results.rows(), nil
}

// close ends everything, also after Ctrl-C: the displays last.
func (b *screenBench) close() {
	for i := len(b.all) - 1; i >= 0; i-- {
		b.all[i].close()
	}
	b.programs.stop()
}

// open starts ours first, then the peers.
func (b *screenBench) open(ctx context.Context) error {
	if b.parts.has(ours) {
		r, err := openOurs(ctx, b.o, b.programs)
		if err != nil {
			return err
		}
		b.ours, b.all = r, append(b.all, r.contender)
	}
	for i, name := range peers {
		if !b.parts.has(name) {
			continue
		}
		b.say("%s", name)
		c, err := openPeer(ctx, b.programs, name, i+1)
		if err != nil {
			return err
		}
		b.all = append(b.all, c)
	}
	if b.ours == nil {
		return nil
	}
	b.say("the engineer joins")
	return b.ours.join(ctx)
}

// run measures in turn: keys with noVNC, then, with real viewers, idling and
// the works, a round after the other, so that whatever else the machine does
// meets everybody alike.
func (b *screenBench) run(ctx context.Context) error {
	if err := b.keys(ctx); err != nil {
		return err
	}
	if b.ours != nil {
		if err := b.ours.granted(ctx); err != nil {
			return err
		}
		bar, err := b.ours.truth.places()
		if err != nil {
			return err
		}
		b.say("the session bar, left out of the picture: %v", bar)
		if b.parts.does("keys") {
			b.say("%d keys, ours", b.count())
			took, err := b.ours.ourKeys(ctx, b.count())
			if err != nil {
				return err
			}
			b.results.keys[ours] = took
		}
		b.sampleMemory("before the works")
	}
	how := lossless
	if b.o.asInstalled {
		how = asInstalled
	}
	for _, c := range b.all {
		if c.name != ours {
			if err := watchPeer(ctx, b.programs, c, how); err != nil {
				return err
			}
		}
	}
	if b.parts.does(string(paint.Idle)) {
		long := min(idleFor, time.Duration(6*b.o.seconds*float64(time.Second)))
		b.say("idle, %v", long)
		s, err := still(ctx, b.all, b.ours, long)
		if err != nil {
			return err
		}
		b.results.still = perMinute(s, long)
	}
	if err := b.works(ctx); err != nil {
		return err
	}
	if b.ours != nil {
		b.sampleMemory("after the works")
	}
	if b.ours != nil && b.parts.does("files") {
		return b.files(ctx)
	}
	return nil
}

// perMinute puts figures of another time on a minute.
func perMinute(all map[string]measured, long time.Duration) map[string]measured {
	scale := time.Minute.Seconds() / long.Seconds()
	scaled := map[string]measured{}
	for name, m := range all {
		m.down, m.up = int64(float64(m.down)*scale), int64(float64(m.up)*scale)
		m.cpu, m.beside = time.Duration(float64(m.cpu)*scale), time.Duration(float64(m.beside)*scale)
		scaled[name] = m
	}
	return scaled
}

// count is how many keys are pressed at each.
func (b *screenBench) count() int {
	if b.o.seconds < 10 {
		return max(int(b.o.seconds*keySamples/10), 20)
	}
	return keySamples
}

// keys measures the peers in noVNC. Meanwhile our session stands without a
// grant, and shows what it costs by itself.
func (b *screenBench) keys(ctx context.Context) error {
	var alive *keepAlive
	if b.ours != nil && b.parts.does(string(paint.Idle)) {
		alive = b.ours.keepAlive()
	}
	if b.ours != nil && b.parts.does("keys") {
		address, stop, err := serveNoVNC(ctx, b.all)
		if err != nil {
			return err
		}
		defer stop()
		for _, c := range b.all {
			if c.name == ours {
				continue
			}
			b.say("%d keys, noVNC with %s", b.count(), c.name)
			took, err := peerKeys(ctx, c, b.ours.browser, address, b.count())
			if err != nil {
				return err
			}
			b.results.keys[c.name] = took
		}
	}
	if alive == nil {
		return nil
	}
	long := min(idleFor, time.Duration(6*b.o.seconds*float64(time.Second)))
	if err := pause(ctx, long-time.Since(alive.at)); err != nil {
		return err
	}
	b.results.keeping = alive.of(time.Minute)
	return nil
}

// works measures all works of all contenders, round after round. Motion of the
// peers is for information, one round of it is enough.
func (b *screenBench) works(ctx context.Context) error {
	for round := range b.o.rounds {
		for _, work := range paint.All {
			if !b.parts.does(string(work)) {
				continue
			}
			for _, c := range b.all {
				if work == paint.Motion && round > 0 && c.name != ours {
					continue
				}
				if err := b.once(ctx, round, work, c); err != nil {
					return fmt.Errorf("%s, %s: %w", work, c.name, err)
				}
			}
		}
	}
	return nil
}

func (b *screenBench) once(ctx context.Context, round int, work paint.Work, c *contender) error {
	var beside func() (time.Duration, error)
	if c.name == ours {
		beside = b.ours.beside
		stop, err := b.profile(ctx, round, work)
		if err != nil {
			return err
		}
		defer stop()
	}
	m, err := c.measure(ctx, work, time.Duration(b.o.seconds*float64(time.Second)), beside)
	if err != nil {
		return err
	}
	if b.results.works[c.name] == nil {
		b.results.works[c.name] = map[paint.Work][]measured{}
	}
	b.results.works[c.name][work] = append(b.results.works[c.name][work], m)
	b.say("%d  %-7s %-12s %s", round+1, work, c.name, m)
	return nil
}

func (b *screenBench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "  %s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

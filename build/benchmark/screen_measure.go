package main

import (
	"context"
	"fmt"
	"time"

	"beckmanconnect/build/benchmark/paint"
)

// seed of all that is painted: the same in every round and for everybody.
const seed = 20261126

// motionLink is what the paper promises a session can live on, in bits a
// second.
const motionLink = 6_000_000

// measured is one work by one contender, once.
type measured struct {
	down, up int64 // bytes on the wire: to the engineer, to the PC
	cpu      time.Duration
	updates  float64 // shown a second
	differ   int     // pixels, once all is settled
	beside   time.Duration
}

func (m measured) bytes() int64 { return m.down + m.up }

// When a picture counts as settled: nothing to speak of went over the line for
// so long, or this has been waited for.
const (
	settledFor    = 700 * time.Millisecond
	settledWithin = 8 * time.Second
	quietBytes    = 400 // both ways, in settledFor: keep-alives and the like
)

// settle waits until nothing moves any more.
func (c *contender) settle(ctx context.Context) error {
	total := func() int64 { return c.line.down.bytes.Load() + c.line.up.bytes.Load() }
	const each = 100 * time.Millisecond
	var seen []int64
	for end := time.Now().Add(settledWithin); time.Now().Before(end); {
		seen = append(seen, total())
		if n := len(seen) - 1 - int(settledFor/each); n >= 0 && seen[len(seen)-1]-seen[n] < quietBytes {
			return nil
		}
		if err := pause(ctx, each); err != nil {
			return err
		}
	}
	return nil // what goes on is counted; that the picture is right is looked at apart
}

// measure does a work for so long and takes down what it cost. Bytes and
// processor count until the picture has settled.
func (c *contender) measure(ctx context.Context, work paint.Work, long time.Duration, beside func() (time.Duration, error)) (m measured, err error) {
	if err := c.front(); err != nil {
		return m, err
	}
	p, err := paint.Open(paint.Config{Display: c.display, Work: work, Seed: seed})
	if err != nil {
		return m, err
	}
	defer p.Close()
	if err := pause(ctx, 300*time.Millisecond); err != nil {
		return m, err
	}
	if err := c.settle(ctx); err != nil {
		return m, err
	}
	if work == paint.Motion {
		c.line.limit(motionLink)
		defer c.line.limit(0)
	}
	stop, err := c.eyes.watch(ctx, p.Watch())
	if err != nil {
		return m, err
	}
	down, up := c.line.down.bytes.Load(), c.line.up.bytes.Load()
	cpu, err := c.cpu()
	if err != nil {
		return m, err
	}
	var other time.Duration
	if beside != nil {
		if other, err = beside(); err != nil {
			return m, err
		}
	}
	if err := p.Run(ctx, long); err != nil {
		return m, err
	}
	changes, err := stop()
	if err != nil {
		return m, err
	}
	m.updates = float64(changes) / long.Seconds()
	c.line.limit(0)
	if err := c.settle(ctx); err != nil {
		return m, err
	}
	after, err := c.cpu()
	if err != nil {
		return m, err
	}
	m.cpu = after - cpu
	m.down, m.up = c.line.down.bytes.Load()-down, c.line.up.bytes.Load()-up
	if beside != nil {
		if m.beside, err = beside(); err != nil {
			return m, err
		}
		m.beside -= other
	}
	m.differ, err = c.compare()
	return m, err
}

// still measures all contenders at once while nothing happens.
func still(ctx context.Context, all []*contender, r *rig, long time.Duration) (map[string]measured, error) {
	if r != nil {
		if err := r.front(); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, 3*time.Second); err != nil {
		return nil, err
	}
	began := map[string]measured{}
	look := func(c *contender) (m measured, err error) {
		if m.cpu, err = c.cpu(); err != nil {
			return m, err
		}
		if r != nil && c.name == ours {
			if m.beside, err = r.beside(); err != nil {
				return m, err
			}
		}
		m.down, m.up = c.line.down.bytes.Load(), c.line.up.bytes.Load()
		return m, nil
	}
	for _, c := range all {
		m, err := look(c)
		if err != nil {
			return nil, err
		}
		began[c.name] = m
	}
	if err := pause(ctx, long); err != nil {
		return nil, err
	}
	ended := map[string]measured{}
	for _, c := range all {
		m, err := look(c)
		if err != nil {
			return nil, err
		}
		b := began[c.name]
		m = measured{down: m.down - b.down, up: m.up - b.up, cpu: m.cpu - b.cpu, beside: m.beside - b.beside}
		if m.differ, err = c.compare(); err != nil {
			return nil, err
		}
		ended[c.name] = m
	}
	return ended, nil
}

// keepAlive measures what a session costs in which nothing is granted: bytes a
// minute, which idling with a picture is held against.
type keepAlive struct {
	r     *rig
	bytes int64
	at    time.Time
}

func (r *rig) keepAlive() *keepAlive {
	return &keepAlive{r: r, bytes: r.line.down.bytes.Load() + r.line.up.bytes.Load(), at: time.Now()}
}

// of gives the bytes for so long.
func (k *keepAlive) of(long time.Duration) float64 {
	gone := k.r.line.down.bytes.Load() + k.r.line.up.bytes.Load() - k.bytes
	return float64(gone) * long.Seconds() / time.Since(k.at).Seconds()
}

// middle is the median of several rounds, each figure on its own; of the pixels
// that differ it is the worst.
func middle(rounds []measured) measured {
	pick := func(of func(measured) float64) float64 {
		values := make([]float64, len(rounds))
		for i, m := range rounds {
			values[i] = of(m)
		}
		return median(values)
	}
	m := measured{
		down:    int64(pick(func(m measured) float64 { return float64(m.down) })),
		up:      int64(pick(func(m measured) float64 { return float64(m.up) })),
		cpu:     time.Duration(pick(func(m measured) float64 { return float64(m.cpu) })),
		updates: pick(func(m measured) float64 { return m.updates }),
		beside:  time.Duration(pick(func(m measured) float64 { return float64(m.beside) })),
	}
	for _, one := range rounds {
		m.differ = max(m.differ, one.differ)
	}
	return m
}

func (m measured) String() string {
	return fmt.Sprintf("%s down, %s up, %.2f s of processor, %.1f updates/s, %d pixels differ", amount(m.down), amount(m.up), m.cpu.Seconds(), m.updates, m.differ)
}

// amount is a number of bytes for people.
func amount(bytes int64) string {
	switch {
	case bytes >= 10_000_000:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 10_000:
		return fmt.Sprintf("%.1f KB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}

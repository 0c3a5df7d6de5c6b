package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// notifyWithin is the limit of the way from log line to event (ms).
const notifyWithin = 100.0

// notify measures the way from a line in the instrument's log to the committed
// event at a program on the local pipe. The floor is what `tail -F` needs for
// the same lines, with nothing understood, nothing kept and nobody asked.
func notify(ctx context.Context, o options) ([]row, error) {
	house, pc, err := instrumentPC(ctx, o, "")
	if err != nil {
		return nil, err
	}
	defer house.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	seen := newSightings()
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel(nil)
	watching := make(chan struct{})
	readers.Go(func() {
		cancel(followEvents(ctx, pc, seen, sync.OnceFunc(func() { close(watching) })))
	})
	readers.Go(func() { cancel(followTail(ctx, pc.Log, seen)) })
	select {
	case <-watching:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := warm(ctx, pc, seen); err != nil {
		return nil, err
	}
	var rows []row
	for _, perSecond := range []int{1, 100} {
		count := int(cmp.Or(o.window, 10*time.Second).Seconds() * float64(perSecond))
		seen.forget()
		if err := writeLines(ctx, pc, seen, count, time.Second/time.Duration(perSecond)); err != nil {
			return nil, err
		}
		if err := seen.wait(ctx); err != nil {
			return nil, err
		}
		rows = append(rows, notifyRows(perSecond, seen)...)
	}
	return rows, nil
}

// notifyRows hold ours against the floor. The target is the limit in
// milliseconds, said as a multiple of the floor.
func notifyRows(perSecond int, seen *sightings) []row {
	var rows []row
	for _, q := range []struct {
		name string
		at   float64
	}{{"median", 0.5}, {"99th percentile", 0.99}} {
		ours, floor := quantile(seen.ours.took, q.at), quantile(seen.tail.took, q.at)
		work := fmt.Sprintf("log line to event, %d/s, %s (limit %g ms)", perSecond, q.name, notifyWithin)
		rows = append(rows, costs(work, "ms", ours, "tail -F, floor", floor, ratio(notifyWithin, floor)))
	}
	return rows
}

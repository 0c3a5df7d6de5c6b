package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"beckmanconnect/build/stage"
)

// What is asked of the way from log line to a person's eyes.
const (
	notifyWithin = 100.0 // ms, the 99th percentile at 100 lines a second
	frameWithin  = 50.0  // ms, the 99th percentile of the window's turns in a burst
	listWithin   = 100.0 // ms, a page of the list over a million notifications
)

// notify measures the way of a line in the instrument's log: to the committed
// event at a program on the local pipe, and on to the window. The floor is the
// same way with nothing of ours: tail -F, a broker and its subscriber.
func notify(ctx context.Context, o options) ([]row, error) {
	parts, err := choice("--only", o.only, []string{"ways", "list"})
	if err != nil {
		return nil, err
	}
	house, pc, err := instrumentPC(ctx, o, stage.PCConfig{})
	if err != nil {
		return nil, err
	}
	defer house.Close()
	var rows []row
	if slices.Contains(parts, "ways") {
		if rows, err = notifyDesktop(ctx, o, house, pc); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(parts, "list") {
		return rows, nil
	}
	long, err := notifyList(ctx, pc)
	return append(rows, long...), err
}

// notifyDesktop measures the ways with a window open on a desktop.
func notifyDesktop(ctx context.Context, o options, house *stage.House, pc *stage.PC) ([]row, error) {
	_, desktop, _, err := house.TechnicianDesktop(ctx, 1280, 800)
	if err != nil {
		return nil, err
	}
	pulse := filepath.Join(o.dir, "pulse")
	if err := pc.OpenWindow(desktop, "notifications", "LANG=en_US.UTF-8", "LANGUAGE=en", "BECKMANCONNECT_PULSE="+pulse); err != nil {
		return nil, err
	}
	return notifyWays(ctx, o, pc, pulse)
}

// ways are the readers of the lines that are written.
type ways struct {
	seen                         *sightings
	event, window, tail, brokers *reader
}

func notifyWays(ctx context.Context, o options, pc *stage.PC, pulse string) ([]row, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := ways{seen: newSightings()}
	w.event, w.window, w.tail, w.brokers = w.seen.reader(), w.seen.reader(), w.seen.reader(), w.seen.reader()
	beside, stopFloor := context.WithCancel(ctx)
	floor, err := startBroker(beside, o.dir)
	if err != nil {
		stopFloor()
		cancel(nil)
		return nil, err
	}
	var readers, floors sync.WaitGroup
	defer readers.Wait()
	defer floors.Wait()
	defer cancel(nil)
	defer stopFloor()
	watching := make(chan struct{})
	turns := &turns{}
	readers.Go(func() { cancel(followEvents(ctx, pc, w.seen, w.event, sync.OnceFunc(func() { close(watching) }))) })
	aside := func(follow func() error) {
		floors.Go(func() {
			if err := follow(); beside.Err() == nil { // not because it was stopped
				cancel(err)
			}
		})
	}
	aside(func() error { return followTail(beside, pc.Log, w.seen, w.tail) })
	aside(func() error { return floor.follow(beside, pc.Log, w.seen, w.brokers) })
	if err := windowIsThere(ctx, pc, pulse); err != nil {
		return nil, err
	}
	readers.Go(func() { cancel(followWindow(ctx, pulse, w.seen, w.window, turns)) })
	select {
	case <-watching:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := warm(ctx, pc, w.seen); err != nil {
		return nil, err
	}
	var rows []row
	for _, perSecond := range []int{1, 100, 1000} {
		if err := w.burst(ctx, o, pc, turns, perSecond, ""); err != nil {
			return nil, err
		}
		rows = append(rows, w.rows(perSecond)...)
	}
	// The last of these is 10,000 notifications in 10 s.
	rows = append(rows, limited("turn of the window at 1000/s, 99th percentile", "ms", quantile(turns.figures(), 0.99), "limit", frameWithin))
	// And once more without the programs of the floor, which no laboratory has:
	// they take as much of two cores as the product does.
	stopFloor()
	floors.Wait()
	w.seen.gone(w.tail)
	w.seen.gone(w.brokers)
	used, err := cpuTime(pc.Window.PID())
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := w.burst(ctx, o, pc, turns, 1000, ", nothing beside"); err != nil {
		return nil, err
	}
	took := time.Since(began)
	after, err := cpuTime(pc.Window.PID())
	if err != nil {
		return nil, err
	}
	return append(rows,
		limited("log line to event, 1000/s, nothing beside, 99th percentile", "ms", quantile(w.seen.figures(w.event), 0.99), "limit", notifyWithin),
		limited("log line to window, 1000/s, nothing beside, 99th percentile", "ms", quantile(w.seen.figures(w.window), 0.99), "limit", notifyWithin),
		limited("turn of the window at 1000/s, nothing beside, 99th percentile", "ms", quantile(turns.figures(), 0.99), "limit", frameWithin),
		costs("processor of the window program meanwhile", "% of a core", 100*float64(after-used)/float64(took), "none", 0, 0)), nil
}

// burst writes lines for a while and waits until all have seen them.
func (w ways) burst(ctx context.Context, o options, pc *stage.PC, turns *turns, perSecond int, how string) error {
	fmt.Fprintf(os.Stderr, "  %s  %d lines a second%s\n", time.Now().Format(time.TimeOnly), perSecond, how)
	w.seen.forget()
	turns.forget()
	count := int(cmp.Or(o.window, 10*time.Second).Seconds() * float64(perSecond))
	if err := writeLines(ctx, pc, w.seen, count, perSecond); err != nil {
		return err
	}
	late, stop := context.WithTimeoutCause(ctx, time.Minute, errors.New("not every line was seen by every reader"))
	defer stop()
	return w.seen.wait(late)
}

// rows hold ours against the floor. The limit is in milliseconds.
func (w ways) rows(perSecond int) []row {
	var rows []row
	floor := w.seen.figures(w.brokers)
	for _, q := range []struct {
		name string
		at   float64
	}{{"median", 0.5}, {"99th percentile", 0.99}} {
		for _, way := range []struct {
			to string
			r  *reader
		}{{"event", w.event}, {"window", w.window}} {
			ours, work := quantile(w.seen.figures(way.r), q.at), fmt.Sprintf("log line to %s, %d/s, %s", way.to, perSecond, q.name)
			rows = append(rows, limited(work, "ms", ours, "limit", notifyWithin))
		}
		least, work := quantile(floor, q.at), fmt.Sprintf("log line to event, %d/s, %s, hop for hop", perSecond, q.name)
		rows = append(rows,
			costs(work, "ms", quantile(w.seen.figures(w.event), q.at), "tail -F | mosquitto_pub, mosquitto_sub", least, ratio(notifyWithin, least)),
			costs(work+", first hop alone", "ms", quantile(w.seen.figures(w.event), q.at), "tail -F", quantile(w.seen.figures(w.tail), q.at), ratio(notifyWithin, least)))
	}
	return rows
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
)

// The line of the sample instrument's log is one that is counted in place while
// its notification is open: the count says how many were committed.
const (
	faultLine = "FATAL SYS-99 fault"
	faultCode = "sample-instrument-fault"
)

// followEvents is a program on the local pipe, as the window is one. It says
// once that it watches: what was told before is in the state it begins with.
func followEvents(ctx context.Context, pc *stage.PC, seen *sightings, watching func()) error {
	return client.Follow(ctx, clientConfig(pc), func(e *hostpb.Event) {
		if e.GetReset_() != nil {
			watching()
		}
		if n := e.GetNotification(); n.GetCode() == faultCode {
			seen.saw(&seen.ours, int(n.GetCount()))
		}
	}, nil)
}

// followTail is the floor. The log is empty before the first line.
func followTail(ctx context.Context, log string, seen *sightings) error {
	cmd := exec.CommandContext(ctx, "tail", "-n", "+1", "-F", log)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		seen.saw(&seen.tail, n)
	}
	return errors.Join(lines.Err(), cmd.Wait())
}

// warm writes a line, which raises the notification, until both have seen it.
func warm(ctx context.Context, pc *stage.PC, seen *sightings) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Second, errors.New("the first line was not seen by both readers"))
	defer cancel()
	if err := writeLines(ctx, pc, seen, 1, time.Millisecond); err != nil {
		return err
	}
	return seen.wait(ctx)
}

// writeLines writes as the instrument's software would, one at each tick.
func writeLines(ctx context.Context, pc *stage.PC, seen *sightings, count int, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range count {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		seen.writing()
		if err := pc.WriteLog(time.Now().Format(time.DateTime) + " " + faultLine); err != nil {
			return err
		}
	}
	return nil
}

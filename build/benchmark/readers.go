package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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
func followEvents(ctx context.Context, pc *stage.PC, seen *sightings, r *reader, watching func()) error {
	return client.Follow(ctx, clientConfig(pc), func(e *hostpb.Event) {
		if e.GetReset_() != nil {
			watching()
		}
		if n := e.GetNotification(); n.GetCode() == faultCode {
			seen.saw(r, int(n.GetCount()), time.Now())
		}
	}, nil)
}

// followTail is what the lines cost when nothing is understood, nothing kept
// and nobody asked. The log is empty before the first line.
func followTail(ctx context.Context, log string, seen *sightings, r *reader) error {
	cmd := tail(ctx, log)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	return errors.Join(count(out, seen, r), cmd.Wait())
}

func tail(ctx context.Context, log string) *exec.Cmd {
	return exec.CommandContext(ctx, "tail", "-n", "+1", "-F", log)
}

// count tells of each line that a program prints.
func count(out io.Reader, seen *sightings, r *reader) error {
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		seen.saw(r, n, time.Now())
	}
	return lines.Err()
}

// warm writes a line, which raises the notification, until all have seen it.
func warm(ctx context.Context, pc *stage.PC, seen *sightings) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 20*time.Second, errors.New("the first line was not seen by every reader"))
	defer cancel()
	if err := writeLines(ctx, pc, seen, 1, 1000); err != nil {
		return err
	}
	return seen.wait(ctx)
}

// writeLines writes as the instrument's software would, one line at a time. A
// ticker would drop what it comes too late for, so lines that are due are made
// up for.
func writeLines(ctx context.Context, pc *stage.PC, seen *sightings, count, perSecond int) error {
	began := time.Now()
	for n := range count {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
		if err := pause(ctx, time.Until(due)); err != nil {
			return context.Cause(ctx)
		}
		seen.writing()
		if err := pc.WriteLog(time.Now().Format(time.DateTime) + " " + faultLine); err != nil {
			return err
		}
	}
	return nil
}

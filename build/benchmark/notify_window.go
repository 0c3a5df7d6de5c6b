package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"beckmanconnect/build/stage"
	"beckmanconnect/ipc/hostpb"
)

// turns are how long work of the window's own goroutine waited for its turn:
// what a person feels as a window that hangs.
type turns struct {
	mu   sync.Mutex
	took []float64 // ms
}

func (t *turns) add(ms float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = append(t.took, ms)
}

func (t *turns) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.took = nil
}

func (t *turns) figures() []float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]float64(nil), t.took...)
}

// windowIsThere waits until the window shows the notifications and tells its
// pulse.
func windowIsThere(ctx context.Context, pc *stage.PC, pulse string) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	return stage.Until(ctx, "the window", func() (bool, error) {
		c, err := dial(ctx, pc)
		if err != nil {
			return false, err
		}
		defer c.Close()
		shown, err := c.Host.Show(ctx, &hostpb.ShowRequest{View: "notifications"})
		if err != nil || shown.GetWindows() == 0 {
			return false, err
		}
		_, err = os.Stat(pulse)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	})
}

// followWindow reads the pulse of a development build's window program: what
// it has drawn, and how long its turns take.
func followWindow(ctx context.Context, pulse string, seen *sightings, r *reader, turns *turns) error {
	f, err := os.Open(pulse)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for part := ""; ; {
		line, err := lines.ReadString('\n')
		part += line
		switch {
		case errors.Is(err, io.EOF):
			if err := pause(ctx, time.Millisecond); err != nil {
				return context.Cause(ctx)
			}
			continue
		case err != nil:
			return err
		}
		var kind, code string
		var ns, count int64
		switch _, _ = fmt.Sscan(part, &kind); kind {
		case "turn": // turn NANOSECONDS
			if _, err := fmt.Sscan(part, &kind, &ns); err != nil {
				return fmt.Errorf("pulse: %q: %w", part, err)
			}
			turns.add(float64(ns) / 1e6)
		case "drawn": // drawn UNIXNANO CODE COUNT
			if _, err := fmt.Sscan(part, &kind, &ns, &code, &count); err != nil {
				return fmt.Errorf("pulse: %q: %w", part, err)
			}
			if code == faultCode {
				seen.saw(r, int(count), time.Unix(0, ns))
			}
		}
		part = ""
	}
}

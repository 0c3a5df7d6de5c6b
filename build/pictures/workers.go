package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// batch is how many pictures a worker is given at a time: those of one look.
const batch = 24

// drawAll draws the pictures with several processes, and says how far it is.
func drawAll(ctx context.Context, o options, pictures []picture) error {
	if len(pictures) == 0 && len(o.names) == 0 {
		return errors.New("there is no screen")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan []picture)
	g.Go(func() error {
		defer close(batches)
		for rest := pictures; len(rest) > 0; {
			n := min(batch, len(rest))
			select {
			case batches <- rest[:n]:
				rest = rest[n:]
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	said := &progress{of: len(pictures), began: time.Now()}
	for range min(max(o.jobs, 1), len(pictures)/batch+1) {
		g.Go(func() error { return worker(ctx, self, o.dir, batches, said) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Printf("\r%d pictures in %.0f s%20s\n", len(pictures), time.Since(said.began).Seconds(), "")
	return nil
}

// worker runs one drawing process until there is nothing more.
func worker(ctx context.Context, self, dir string, batches <-chan []picture, said *progress) (err error) {
	cmd := exec.CommandContext(ctx, self, "--worker")
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "LANG=en_US.UTF-8") // the toolkit complains about a locale without a language
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	defer func() {
		in.Close()
		err = errors.Join(err, cmd.Wait())
	}()
	orders, answers := json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	for pictures := range batches {
		for _, p := range pictures {
			if err := orders.Encode(order{Dir: dir, Picture: p}); err != nil {
				return err
			}
			var failed string
			if err := answers.Decode(&failed); err != nil {
				return fmt.Errorf("%s: the drawing process ended: %w", p.name(), err)
			}
			if failed != "" {
				return errors.New(failed)
			}
			said.one(p.name())
		}
	}
	return nil
}

// progress is the line that says how far it is.
type progress struct {
	mu       sync.Mutex
	done, of int
	began    time.Time
}

func (p *progress) one(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if p.done%10 == 0 || p.done == p.of {
		left := time.Since(p.began) / time.Duration(p.done) * time.Duration(p.of-p.done)
		fmt.Printf("\r%4d of %d, %3.0f s to go  %-50.50s", p.done, p.of, left.Seconds(), name)
	}
}

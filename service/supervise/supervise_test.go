package supervise

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAFailingPartTakesNothingDown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := New(Config{First: time.Microsecond, Most: time.Millisecond})
	again := make(chan int)
	n := 0
	g.Go(ctx, "shaky", func(ctx context.Context, _ Report) error {
		n++
		select {
		case again <- n:
		case <-ctx.Done():
		}
		if n%2 == 0 {
			panic("on purpose")
		}
		return errors.New("on purpose")
	})
	g.Go(ctx, "steady", func(ctx context.Context, report Report) error {
		report(Degraded, "waiting")
		<-ctx.Done()
		return ctx.Err()
	})
	g.Go(ctx, "short", func(context.Context, Report) error { return ErrDone })
	for want := 1; want <= 5; want++ {
		if got := <-again; got != want {
			t.Fatalf("start %d, want %d", got, want)
		}
	}
	cancel()
	g.Wait()
	for _, p := range g.Parts() {
		if want := map[string]string{"shaky": Off, "steady": Off, "short": OK}[p.Name]; p.State != want {
			t.Errorf("%+v, want %s", p, want)
		}
	}
}

func TestStatesAreTold(t *testing.T) {
	told := make(chan struct{}, 100)
	g := New(Config{Changed: func() { told <- struct{}{} }})
	g.Set("a", Off, "not wanted")
	g.Set("a", Off, "not wanted")
	g.Set("b", OK, "")
	if len(told) != 2 {
		t.Errorf("told %d times", len(told))
	}
	var names []string
	for _, p := range g.Parts() {
		names = append(names, p.Name+" "+p.State)
	}
	if got := strings.Join(names, ", "); got != "a off, b ok" {
		t.Error(got)
	}
}

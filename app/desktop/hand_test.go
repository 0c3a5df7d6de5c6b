package desktop

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"beckmanconnect/app/desktop/keys"
	"beckmanconnect/ipc/hostpb"
)

// slowInjector checks each move for as long as the test likes before it asks
// whether it may still be applied, as the one for X11 does.
type slowInjector struct {
	Injector
	still    func() bool
	checking func()
	moved    []int
	released int
}

func (i *slowInjector) Guard(still func() bool) { i.still = still }

func (i *slowInjector) Move(x, _ int) error {
	i.checking()
	if !i.still() {
		return ErrTakenBack
	}
	i.moved = append(i.moved, x)
	return nil
}

func (i *slowInjector) Key(keys.Key, bool) error { return nil }

func (i *slowInjector) Release() error { i.released++; return nil }

type handWatcher struct {
	Watcher
	local chan struct{}
}

func (w handWatcher) LocalInput() <-chan struct{}   { return w.local }
func (w handWatcher) FocusChanged() <-chan struct{} { return nil }

// B5: the technician's hand takes over at once, also from an event that is just
// being checked; the pointer does not jump away from under a click. After two
// seconds without it the engineer goes on, and each take-over is told.
func TestTheHandTakesOverFromAnEventUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := handWatcher{local: make(chan struct{}, 1)}
		in := &slowInjector{checking: func() {}}
		var told []bool
		a := &applier{
			log: slog.New(slog.DiscardHandler), queue: newQueue(1), injector: in, watcher: w, now: time.Now,
			onLocal: func(local bool) { told = append(told, local) },
		}
		in.Guard(a.mayApply)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.run(ctx) }()
		move := func(x int) {
			a.queue.put(1, []*hostpb.InputEvent{{Kind: hostpb.InputEvent_KIND_POINTER_MOVE, X: int32(x)}})
			synctest.Wait()
		}
		hand := func() {
			select {
			case w.local <- struct{}{}:
			default:
			}
		}
		for round := range 3 {
			in.checking = func() {}
			move(10*round + 1)
			in.checking = hand // moved while this one is checked
			move(10*round + 2)
			in.checking = func() {}
			move(10*round + 3) // the hand rules
			time.Sleep(localHold + time.Millisecond)
			synctest.Wait()
		}
		move(99)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 11, 21, 99}; !slices.Equal(in.moved, want) {
			t.Errorf("moved %v, want %v", in.moved, want)
		}
		if want := []bool{true, false, true, false, true, false}; !slices.Equal(told, want) || in.released != 3 {
			t.Errorf("told %v, want %v; released %d times", told, want, in.released)
		}
	})
}

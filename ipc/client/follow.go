package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// Follow watches events until ctx ends, whatever happens to the service, and
// returns ctx's error. It resumes where it stopped, so that no event is lost
// and none comes twice; what the service cannot resume begins with a Reset.
//
// onEvent gets every event but Lagged, onState every change of the connection:
// (true, nil), or (false, why). Both are called from the one goroutine that
// calls Follow, so neither needs a lock; neither should wait long, since a
// follower that falls behind has to resume.
func Follow(ctx context.Context, c Config, onEvent func(*hostpb.Event), onState func(connected bool, err error)) error {
	f := follower{config: c, onEvent: onEvent, onState: onState, wait: firstWait}
	for ctx.Err() == nil {
		lagged, err := f.once(ctx)
		if ctx.Err() != nil {
			break
		}
		if lagged {
			continue // the service is well: resume at once
		}
		f.report(false, err)
		f.pause(ctx)
	}
	return ctx.Err()
}

const (
	firstWait = 50 * time.Millisecond
	lastWait  = 5 * time.Second
)

type follower struct {
	config  Config
	onEvent func(*hostpb.Event)
	onState func(bool, error)

	epoch string
	seq   uint64
	wait  time.Duration

	told      bool // onState was called at least once
	connected bool
	code      string // of the failure that was told
}

// once is one connection's life.
func (f *follower) once(ctx context.Context) (lagged bool, err error) {
	c, err := Dial(ctx, f.config)
	if err != nil {
		return false, err
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.Host.Watch(ctx, &hostpb.WatchRequest{Epoch: f.epoch, AfterSeq: f.seq})
	if err != nil {
		return false, err
	}
	if header, err := stream.Header(); err == nil && len(header.Get(protocol.WatchingHeader)) > 0 {
		f.wait = firstWait
		f.report(true, nil)
	}
	for {
		e, err := stream.Recv()
		if err != nil {
			return false, err
		}
		switch body := e.GetBody().(type) {
		case *hostpb.Event_Lagged:
			return true, nil
		case *hostpb.Event_Reset_:
			f.epoch, f.seq = e.GetEpoch(), body.Reset_.GetSnapshot().GetLastSeq()
		default:
			if e.GetSeq() > 0 {
				if e.GetSeq() <= f.seq && e.GetEpoch() == f.epoch {
					return false, errors.New("the service repeated an event")
				}
				f.seq = e.GetSeq()
			}
		}
		f.onEvent(e)
	}
}

// report tells changes only: a service that stays away is said once for each
// reason, not at every attempt.
func (f *follower) report(connected bool, err error) {
	code := Code(err)
	if f.told && f.connected == connected && f.code == code {
		return
	}
	f.told, f.connected, f.code = true, connected, code
	if f.onState != nil {
		f.onState(connected, err)
	}
}

// pause spreads followers out, so that they do not all come back in the same
// moment after a restart.
func (f *follower) pause(ctx context.Context) {
	timer := time.NewTimer(f.wait/2 + rand.N(f.wait/2+1))
	defer timer.Stop()
	f.wait = min(2*f.wait, lastWait)
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

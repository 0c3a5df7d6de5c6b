package eventlog

import (
	"context"
	"sync"
	"time"

	"beckmanconnect/cloud/data"
)

// How often the log is signed when it grew, and looked through for what is old.
const (
	signEvery   = time.Minute
	expireEvery = time.Hour
)

// Run signs, deletes and sends until ctx ends. The last thing it does is to
// sign.
func (s *Store) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	if s.siem != nil {
		work.Go(func() { s.siem.run(ctx) })
	}
	work.Go(func() { s.keepHouse(ctx) })
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	var seen *data.EventTree
	for {
		var err error
		if seen, err = s.sign(context.WithoutCancel(ctx), seen); err != nil {
			s.Log.Error("the log of events is not signed", "error", err)
		}
		select {
		case <-ctx.Done():
			if _, err := s.sign(context.WithoutCancel(ctx), seen); err != nil {
				s.Log.Error("the log of events is not signed", "error", err)
			}
			return
		case <-tick.C:
		}
		if err := s.counted(ctx, s.damp.due()); err != nil && ctx.Err() == nil {
			s.Log.Error("what was counted is not kept", "error", err)
		}
	}
}

// sign makes a checkpoint of what came since the last one.
func (s *Store) sign(ctx context.Context, seen *data.EventTree) (*data.EventTree, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	grown, err := s.Data.GrowEvents(ctx, seen)
	if err != nil || grown.Size() == 0 || seen != nil && grown.Size() == seen.Size() {
		return seen, err
	}
	text, err := grown.Sign(s.signer)
	if err == nil {
		err = s.Data.KeepEventCheckpoint(ctx, grown.Size(), text)
	}
	if err != nil {
		return seen, err
	}
	return grown, nil
}

func (s *Store) keepHouse(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		if err := s.Expire(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("old events are not deleted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

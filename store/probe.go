package store

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// probeSize is written to find out whether the disk takes more than a few
// bytes again.
const probeSize = 16 << 10

// prober tries again while the store cannot write. Its goroutine sleeps until
// a write fails and ends with the store.
type prober struct {
	kick chan struct{}
	done context.CancelFunc
	wg   sync.WaitGroup
}

func (p *prober) start(s *Store) {
	ctx, cancel := context.WithCancel(context.Background())
	p.kick, p.done = make(chan struct{}, 1), cancel
	p.wg.Go(func() { p.run(ctx, s) })
}

func (p *prober) run(ctx context.Context, s *Store) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.kick:
		}
		for !s.Writable() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(s.opt.ProbeEvery):
			}
			if err := s.Probe(ctx); err == nil {
				s.log.Info("the log can be written again")
			}
		}
	}
}

// wake starts the tries; called under the writer's turn.
func (p *prober) wake() {
	if p.kick == nil { // not open yet
		return
	}
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

func (p *prober) stop() {
	if p.done != nil {
		p.done()
		p.wg.Wait()
	}
}

// Probe writes a few pages of no meaning and says whether they reached the
// disk; Writable follows.
func (s *Store) Probe(ctx context.Context) error {
	data := make([]byte, probeSize)
	rand.Read(data)
	return s.Update(ctx, func(tx *Tx) error {
		return tx.exec("INSERT OR REPLACE INTO probe (id, data) VALUES (1, ?)", data)
	})
}

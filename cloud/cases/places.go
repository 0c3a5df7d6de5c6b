package cases

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/internal/cloudapi"
)

const (
	// placeGap is the least time between two looks at the queue, and perLook
	// how many technicians are told at most of each: one change at the head of
	// a long queue changes every place in it.
	placeGap = time.Second
	perLook  = 20
	// houseGap is how often the desk looks for cases that were left.
	houseGap = time.Minute
)

// places is what each technician who waits was told last.
type places struct {
	wake chan struct{}

	mu   sync.Mutex
	told map[string]told // by device
	turn uint64
}

type told struct {
	cloudapi.QueuePlace
	turn uint64 // when, in looks at the queue
}

func newPlaces() places {
	return places{wake: make(chan struct{}, 1), told: map[string]told{}}
}

// Moved says that the queue has changed. It never blocks.
func (s *Service) Moved() {
	select {
	case s.places.wake <- struct{}{}:
	default:
	}
}

// Connected says that a device can hear its place again, whatever it was told
// before. It never blocks.
func (s *Service) Connected(device string) {
	s.places.mu.Lock()
	delete(s.places.told, device)
	s.places.mu.Unlock()
	s.Moved()
}

// Run tells technicians their places and gives left cases back, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	house := time.NewTicker(houseGap)
	defer house.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.places.wake:
		case <-house.C:
			s.giveLeftBack(ctx)
		}
		if s.tellPlaces(ctx) {
			s.Moved() // the rest, after the pause
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(placeGap):
		}
	}
}

func (s *Service) giveLeftBack(ctx context.Context) {
	n, err := s.Data.LeftCases(ctx, s.Now().Add(-leftAfter))
	if err != nil && ctx.Err() == nil {
		s.Log.Error("desk: left cases are not given back", "error", err)
	}
	if n > 0 {
		s.Log.Info("desk: cases given back whose holders were not there", "cases", n)
		if s.Changed != nil {
			s.Changed()
		}
	}
}

// tellPlaces tells those whose place is another than they were told, and
// whether there are more of them than are told at once.
func (s *Service) tellPlaces(ctx context.Context) (more bool) {
	open, err := s.Data.OpenCases(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("desk: the queue cannot be read", "error", err)
		}
		return false
	}
	news, more := s.places.news(open)
	for _, n := range news {
		if err := s.Send(n.device, cloudapi.KindQueue, n.QueuePlace); err != nil {
			s.Log.Warn("desk: a place in the queue was not sent", "device", n.device, "error", err)
			s.Connected(n.device)
		}
	}
	return more
}

type placeOf struct {
	device string
	cloudapi.QueuePlace
}

// news gives what is to be told now, and keeps it as told.
func (p *places) news(open []*data.Case) (news []placeOf, more bool) {
	lengths := number(open)
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := map[string]bool{}
	for _, c := range open {
		if c.State != "waiting" {
			continue
		}
		waiting[c.Device] = true
		now := cloudapi.QueuePlace{Request: c.Request, Case: c.Number, Place: c.Place}
		if c.Holder != nil {
			now.Taken = c.Holder.Name // the name alone, never the account
		} else {
			now.Waiting = lengths[c.Region]
		}
		if p.told[c.Device].QueuePlace != now {
			news = append(news, placeOf{c.Device, now})
		}
	}
	for device := range p.told {
		if !waiting[device] {
			delete(p.told, device)
		}
	}
	// Who was taken first, then who is next: those are near to being helped.
	// The other half is for who has not been told for longest, so that the end
	// of a queue that never rests hears of it too.
	slices.SortStableFunc(news, func(a, b placeOf) int { return a.Place - b.Place })
	if more = len(news) > perLook; more {
		rest := news[perLook/2:]
		slices.SortStableFunc(rest, func(a, b placeOf) int { return cmp.Compare(p.told[a.device].turn, p.told[b.device].turn) })
		news = news[:perLook]
	}
	p.turn++
	for _, n := range news {
		p.told[n.device] = told{n.QueuePlace, p.turn}
	}
	return news, more
}

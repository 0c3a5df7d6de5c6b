package ipctest

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
)

// History is a store of numbered events in memory.
type History struct {
	mu     sync.Mutex
	first  uint64 // oldest kept; events[0]
	events []*hostpb.Event
	err    error
}

// Commit gives an event its number and keeps it, as the store does before
// anything is published.
func (h *History) Commit(e *hostpb.Event) *hostpb.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first == 0 {
		h.first = 1
	}
	e = proto.CloneOf(e)
	e.Seq = h.first + uint64(len(h.events))
	h.events = append(h.events, e)
	return proto.CloneOf(e)
}

// Forget drops events up to seq, as retention does.
func (h *History) Forget(seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.events) > 0 && h.first <= seq {
		h.events, h.first = h.events[1:], h.first+1
	}
}

// Fail makes every read fail with err until it is nil again.
func (h *History) Fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// EventsAfter is part of server.History.
func (h *History) EventsAfter(_ context.Context, seq uint64, limit int) ([]*hostpb.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return nil, h.err
	}
	var out []*hostpb.Event
	for _, e := range h.events {
		if e.GetSeq() > seq && len(out) < limit {
			out = append(out, proto.CloneOf(e))
		}
	}
	return out, nil
}

// Bounds is part of server.History.
func (h *History) Bounds(context.Context) (first, last uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil || h.first == 0 {
		return 0, 0, h.err
	}
	return h.first, h.first + uint64(len(h.events)) - 1, nil
}

// Raise commits a notification and publishes it.
func (f *Fixture) Raise(n *hostpb.Notification) *hostpb.Event {
	e := f.History.Commit(&hostpb.Event{Body: &hostpb.Event_Notification{Notification: n}})
	f.Hub.Publish(e)
	return e
}

// SetStatus changes what GetStatus says, and publishes it.
func (f *Fixture) SetStatus(s *hostpb.Status) {
	f.Host.setStatus(s)
	f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Status{Status: s}})
}

// SetSupport publishes a state of remote support.
func (f *Fixture) SetSupport(s *hostpb.SupportState) {
	f.Hub.Publish(&hostpb.Event{Body: &hostpb.Event_Support{Support: s}})
}

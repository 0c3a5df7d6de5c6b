package server

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// moments is how many events without a number may wait for one subscriber.
const moments = 64

// page is how many numbered events are read from the history at once.
const page = 128

// item is something a subscriber has to be sent. Items keep their order;
// state of a kind that is already waiting is replaced where it stands, and
// one mark stands for all numbered events up to the newest.
type item struct {
	event    *hostpb.Event
	kind     kind
	numbered bool
}

// subscriber is one Watch stream.
type subscriber struct {
	caller Caller
	wake   chan struct{} // holds at most one

	mu      sync.Mutex
	waiting []item
	moments int
	lagging bool // more moments came than it could take
}

// put never blocks and never grows past its bounds.
func (s *subscriber) put(i item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lagging {
		return
	}
	for n := range s.waiting {
		w := &s.waiting[n]
		if i.numbered && w.numbered || i.kind != "" && w.kind == i.kind {
			if i.kind != "" {
				w.event = i.event
			}
			return
		}
	}
	if !i.numbered && i.kind == "" {
		if s.moments == moments {
			s.lagging, s.waiting = true, nil
		} else {
			s.moments++
		}
	}
	if !s.lagging {
		s.waiting = append(s.waiting, i)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest item.
func (s *subscriber) next() (i item, some, lagging bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lagging || len(s.waiting) == 0 {
		return item{}, false, s.lagging
	}
	i, s.waiting = s.waiting[0], s.waiting[1:]
	if !i.numbered && i.kind == "" {
		s.moments--
	}
	return i, true, false
}

// Watch serves a subscriber until it leaves, lags, or the server stops. The
// service's HostServer.Watch is this.
func (h *Hub) Watch(r *hostpb.WatchRequest, out grpc.ServerStreamingServer[hostpb.Event]) error {
	ctx := out.Context()
	first, last, err := h.config.History.Bounds(ctx)
	if err != nil {
		h.config.Log.Error("the log cannot be read", "error", err)
		return storeFailed()
	}
	s := &subscriber{caller: CallerFrom(ctx), wake: make(chan struct{}, 1)}
	greeting, pos := h.join(s, r, first, last)
	defer h.leave(s)

	w := &watcher{hub: h, sub: s, out: out, conn: connOf(ctx), pos: pos}
	// A follower that resumes may have nothing to be sent for hours; this
	// tells it that it is connected.
	if err := out.SendHeader(metadata.Pairs(protocol.WatchingHeader, h.config.Epoch)); err != nil {
		return err
	}
	for _, e := range greeting {
		if err := w.send(e); err != nil {
			return err
		}
	}
	return w.run(ctx)
}

// join registers the subscriber and takes the snapshot under one lock, so that
// nothing falls between them. It returns what to send first and the position
// from which numbered events follow.
func (h *Hub) join(s *subscriber, r *hostpb.WatchRequest, first, last uint64) ([]*hostpb.Event, uint64) {
	h.present.Lock()
	defer h.present.Unlock()
	h.mu.Lock()
	// The history may be ahead of what was published, never behind.
	h.mergeLast(last)
	pos := r.GetAfterSeq()
	resume := r.GetEpoch() == h.config.Epoch && pos <= h.last && pos+1 >= first
	var greeting []*hostpb.Event
	if !resume {
		pos = h.last
		status := &hostpb.Status{}
		if e := h.state["status"]; e != nil {
			status = proto.CloneOf(e.GetStatus())
		}
		status.LastSeq, status.Epoch = h.last, h.config.Epoch
		greeting = append(greeting, &hostpb.Event{Epoch: h.config.Epoch, Body: &hostpb.Event_Reset_{Reset_: &hostpb.Reset{Snapshot: status}}})
	}
	for _, k := range []kind{"status", "support", "upgrade", kindPrompt} {
		if e := h.state[k]; e != nil && (resume || k != "status") {
			greeting = append(greeting, e)
		}
	}
	h.subs[s] = struct{}{}
	s.put(item{numbered: true}) // whatever is newer than pos
	count := h.countLocked(s.caller)
	h.mu.Unlock()
	h.tell(s.caller, true, count)
	return greeting, pos
}

func (h *Hub) leave(s *subscriber) {
	h.present.Lock()
	defer h.present.Unlock()
	h.mu.Lock()
	delete(h.subs, s)
	count := h.countLocked(s.caller)
	h.mu.Unlock()
	h.tell(s.caller, false, count)
}

func (h *Hub) tell(c Caller, here bool, count int) {
	if h.config.Presence != nil {
		h.config.Presence(Presence{Program: c.Program, Version: c.Version, Actor: c.Actor, Here: here, Count: count})
	}
}

func (h *Hub) countLocked(c Caller) int {
	n := 0
	for s := range h.subs {
		if s.caller.Program == c.Program && s.caller.Actor.ID == c.Actor.ID {
			n++
		}
	}
	return n
}

// mergeLast takes note of events that are committed and not yet published.
func (h *Hub) mergeLast(last uint64) {
	if last <= h.last {
		return
	}
	h.last, h.recent = last, nil
	for s := range h.subs {
		s.put(item{numbered: true})
	}
}

// watcher sends to one subscriber.
type watcher struct {
	hub    *Hub
	sub    *subscriber
	out    grpc.ServerStreamingServer[hostpb.Event]
	conn   *conn
	pos    uint64 // last numbered event sent, or where it began
	caught bool   // it had everything once: from now on it may lag
}

func (w *watcher) run(ctx context.Context) error {
	for {
		i, some, lagging := w.sub.next()
		switch {
		case lagging:
			return w.lag()
		case !some:
			select {
			case <-w.sub.wake:
			case <-ctx.Done():
				return ctx.Err()
			}
		case i.numbered:
			if lagging, err := w.catchUp(ctx); err != nil {
				return err
			} else if lagging {
				return w.lag()
			}
		default:
			if err := w.send(i.event); err != nil {
				return err
			}
		}
	}
}

// catchUp sends all numbered events up to the newest.
func (w *watcher) catchUp(ctx context.Context) (lagging bool, err error) {
	for {
		events, last, ok := w.hub.after(w.pos)
		// Who resumes after a weekend may be far behind once; who was level
		// and falls behind does not read.
		if w.caught && last-min(w.pos, last) > uint64(w.hub.config.Behind) {
			return true, nil
		}
		if ok && len(events) == 0 {
			w.caught = true
			return false, nil
		}
		if !ok {
			if events, err = w.fromHistory(ctx, last); err != nil {
				return false, err
			}
			if events == nil {
				return true, nil // what should come next is forgotten: resume, and be reset
			}
		}
		for _, e := range events {
			if err := w.send(e); err != nil {
				return false, err
			}
			w.pos = e.GetSeq()
		}
	}
}

// fromHistory reads the next page. It returns nil when events between were
// forgotten in the meantime, so that a gap is never passed over in silence.
func (w *watcher) fromHistory(ctx context.Context, last uint64) ([]*hostpb.Event, error) {
	history := w.hub.config.History
	events, err := history.EventsAfter(ctx, w.pos, page)
	if err == nil && (len(events) == 0 || events[0].GetSeq() != w.pos+1) {
		var first uint64
		if first, _, err = history.Bounds(ctx); err == nil && first > w.pos+1 {
			return nil, nil
		}
		if err == nil && len(events) == 0 {
			// Numbers were given and hold nothing; there is nothing to wait for.
			w.pos = last
			return []*hostpb.Event{}, nil
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w.hub.config.Log.Error("the log cannot be read", "error", err)
		return nil, storeFailed()
	}
	for n, e := range events {
		events[n] = proto.CloneOf(e)
		events[n].Epoch = w.hub.config.Epoch
	}
	return events, nil
}

// lag tells the subscriber where it stands, and ends its stream.
func (w *watcher) lag() error {
	return w.send(&hostpb.Event{Epoch: w.hub.config.Epoch, Body: &hostpb.Event_Lagged{Lagged: &hostpb.Lagged{ResumeAfter: w.pos}}})
}

// send closes the connection of a subscriber that leaves an event unread for
// too long: its queue is bounded already, but a stream that waits for ever
// would hold its place for ever.
func (w *watcher) send(e *hostpb.Event) error {
	if w.conn != nil {
		late := time.AfterFunc(w.hub.config.Write, func() { w.conn.Close() })
		defer late.Stop()
	}
	return w.out.Send(e)
}

package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// History reads numbered events back from where they were committed. Whatever
// it returns was committed before it was published.
type History interface {
	// EventsAfter returns up to limit events with numbers above seq, in order.
	EventsAfter(ctx context.Context, seq uint64, limit int) ([]*hostpb.Event, error)
	// Bounds returns the oldest and the newest number that are kept; 0, 0 for
	// none. With everything forgotten, first is newest+1.
	Bounds(ctx context.Context) (first, last uint64, err error)
}

// HubConfig makes a Hub.
type HubConfig struct {
	Epoch   string // the same as Config.Epoch
	History History
	// Behind is how many numbered events a subscriber may be behind before it
	// is told that it lags; 256.
	Behind int
	// Write is how long one event may wait to be read before the subscriber's
	// connection is closed; 10 s.
	Write time.Duration
	// Presence is told about every subscriber that comes and goes, one at a
	// time and in order. It may publish; it must not wait for a Watch.
	Presence func(Presence)
	Log      *slog.Logger
}

// Presence says that a program began or ended to watch.
type Presence struct {
	Program string
	Version string // of the program, as it says itself
	Actor   identity.Actor
	Here    bool
	Count   int // subscribers of this program and account now
}

// Target narrows an event to some subscribers. Empty fields narrow nothing.
type Target struct {
	Program string // "tray", "window"
	ID      string // identity.Actor.ID
	Session string // identity.Actor.Session
}

func (t Target) fits(c Caller) bool {
	return (t.Program == "" || t.Program == c.Program) &&
		(t.ID == "" || t.ID == c.Actor.ID) &&
		(t.Session == "" || t.Session == c.Actor.Session)
}

// Hub is the watch bus: it never blocks who publishes, and no subscriber can
// make it hold more than a bounded amount (scenario 6).
//
// Numbered events are not queued for each subscriber. A subscriber has a
// position; the hub keeps the newest events once for all, and everything older
// is read from History. So nothing is lost or doubled, however publishing and
// reading interleave. Events without a number are either state, of which the
// latest wins, or moments (a prompt, a wish to show a window), which wait in a
// short queue.
type Hub struct {
	config HubConfig

	mu     sync.Mutex
	last   uint64          // newest numbered event
	recent []*hostpb.Event // newest numbered events, consecutive, ends at last
	state  map[kind]*hostpb.Event
	subs   map[*subscriber]struct{}

	present sync.Mutex // orders calls of Presence; taken before mu
}

// NewHub reads where the numbering stands.
func NewHub(ctx context.Context, c HubConfig) (*Hub, error) {
	if c.Epoch == "" || c.History == nil {
		return nil, errors.New("ipc hub: Epoch and History are needed")
	}
	if c.Behind <= 0 {
		c.Behind = 256
	}
	if c.Write <= 0 {
		c.Write = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	_, last, err := c.History.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	return &Hub{config: c, last: last, state: map[kind]*hostpb.Event{}, subs: map[*subscriber]struct{}{}}, nil
}

// kind is what an event is about, for state: the latest of a kind wins.
type kind string

// kindOf returns the kind of a state event, or "" for a moment.
func kindOf(e *hostpb.Event) kind {
	switch e.GetBody().(type) {
	case *hostpb.Event_Status:
		return "status"
	case *hostpb.Event_Support:
		return "support"
	case *hostpb.Event_Upgrade:
		return "upgrade"
	}
	return ""
}

// audience is whom an event is for by its kind: windows come forward, the tray
// alone starts the desktop helper.
func audience(e *hostpb.Event) string {
	switch e.GetBody().(type) {
	case *hostpb.Event_Show:
		return protocol.Window
	case *hostpb.Event_DesktopWanted:
		return protocol.Tray
	}
	return ""
}

// Publish hands an event to all it concerns and returns to how many. A
// numbered event must be committed before. It never waits for a subscriber.
func (h *Hub) Publish(e *hostpb.Event) int { return h.PublishTo(Target{}, e) }

// PublishTo is Publish to some subscribers only. Numbered events and state
// belong to everybody: a target is for moments.
func (h *Hub) PublishTo(t Target, e *hostpb.Event) int {
	e = proto.CloneOf(e) // the publisher keeps its own
	e.Epoch = h.config.Epoch
	if t.Program == "" {
		t.Program = audience(e)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.GetSeq() > 0 {
		return h.number(e)
	}
	k := kindOf(e)
	switch body := e.GetBody().(type) {
	case *hostpb.Event_Prompt:
		h.state[kindPrompt] = e // for subscribers that come while it shows
	case *hostpb.Event_PromptGone:
		if h.state[kindPrompt].GetPrompt().GetId() == body.PromptGone.GetId() {
			delete(h.state, kindPrompt)
		}
	default:
		if k != "" {
			h.state[k] = e
			t = Target{}
		}
	}
	reached := 0
	for s := range h.subs {
		if t.fits(s.caller) {
			s.put(item{event: e, kind: k})
			reached++
		}
	}
	return reached
}

// kindPrompt is kept like state and sent like a moment: a second prompt never
// takes the place of the first one's end.
const kindPrompt kind = "prompt"

// number announces a numbered event. One that comes late, after a newer one,
// needs no announcement: it was committed earlier, so the newer one's made
// everybody read both from the history.
func (h *Hub) number(e *hostpb.Event) int {
	switch seq := e.GetSeq(); {
	case seq <= h.last:
		return len(h.subs)
	case seq == h.last+1:
		h.recent = append(h.recent, e)
		if over := len(h.recent) - h.config.Behind; over > 0 {
			h.recent = slices.Delete(h.recent, 0, over)
		}
	default: // a gap: what is between is in the history, if anywhere
		h.recent = append(h.recent[:0:0], e)
	}
	h.last = e.GetSeq()
	for s := range h.subs {
		s.put(item{numbered: true})
	}
	return len(h.subs)
}

// Count is how many subscribers a program has.
func (h *Hub) Count(program string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for s := range h.subs {
		if s.caller.Program == program {
			n++
		}
	}
	return n
}

// after returns the events after pos that the hub still has, and the newest
// number. ok is false when History must be asked.
func (h *Hub) after(pos uint64) (events []*hostpb.Event, last uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pos >= h.last {
		return nil, h.last, true
	}
	first := h.last + 1 - uint64(len(h.recent))
	if len(h.recent) == 0 || pos+1 < first {
		return nil, h.last, false
	}
	return slices.Clone(h.recent[pos+1-first:]), h.last, true
}

func storeFailed() error {
	return Fail(codes.Unavailable, protocol.CodeUnavailable, "the log cannot be read", "")
}

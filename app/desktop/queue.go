package desktop

import (
	"sync"

	"beckmanconnect/ipc/hostpb"
)

// maxQueued bounds the events that wait to be applied. What comes faster than
// a desktop takes it is not a person typing.
const maxQueued = 4096

// queue holds input between the stream and the display. Putting never waits,
// so that a revocation is never stuck behind the input it revokes (scenario 14).
type queue struct {
	mu         sync.Mutex
	generation uint64
	events     []*hostpb.InputEvent
	release    bool
	dropped    int
	wake       chan struct{}
}

func newQueue(generation uint64) *queue {
	return &queue{generation: generation, wake: make(chan struct{}, 1)}
}

// put adds events of a generation. Older ones are dropped; a newer generation
// drops what is still waiting, and lifts what is still held.
func (q *queue) put(generation uint64, events []*hostpb.InputEvent) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.advance(generation) {
		q.dropped += len(events)
		return
	}
	for _, e := range events {
		last := len(q.events) - 1
		switch {
		case e.GetKind() == hostpb.InputEvent_KIND_POINTER_MOVE && last >= 0 && q.events[last].GetKind() == e.GetKind():
			q.events[last] = e // only the newest place counts
		case len(q.events) >= maxQueued:
			q.dropped++
		default:
			q.events = append(q.events, e)
		}
	}
	q.signal()
}

// clear drops everything that waits and asks for all keys to be lifted.
func (q *queue) clear(generation uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.advance(generation) {
		return
	}
	q.dropped += len(q.events)
	q.events, q.release = nil, true
	q.signal()
}

// saw notes the generation of any other command, and says whether it counts:
// one of an older generation was taken back.
func (q *queue) saw(generation uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.advance(generation)
}

func (q *queue) advance(generation uint64) bool {
	if generation < q.generation {
		return false
	}
	if generation > q.generation {
		q.generation = generation
		q.dropped += len(q.events)
		q.events, q.release = nil, true
		q.signal()
	}
	return true
}

// next takes one event or the wish to lift everything. It is asked again for
// each event, so that clear works in the middle of a batch.
func (q *queue) next() (event *hostpb.InputEvent, release bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.release {
		q.release = false
		return nil, true
	}
	if len(q.events) == 0 {
		q.events = nil
		return nil, false
	}
	event = q.events[0]
	q.events = q.events[1:]
	return event, false
}

// still says whether nothing was taken back since the newest event was taken
// out of the queue.
func (q *queue) still() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.release
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // one is waiting already
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
)

// Event is a numbered change that windows are told of and can resume from.
type Event struct {
	Seq     uint64
	Kind    string
	Payload []byte
}

// pruneEvery is how often old events are deleted, in events.
const pruneEvery = 256

// Emit adds an event. Its number belongs to the epoch, goes up by one and is
// never given twice.
func (tx *Tx) Emit(kind string, payload []byte) (uint64, error) {
	seq, err := tx.nextID("events")
	if err != nil {
		return 0, err
	}
	sealed, err := tx.s.seal.seal("events", strconv.FormatUint(seq, 10), "sealed", payload)
	if err != nil {
		return 0, tx.fail(err)
	}
	if err := tx.exec("INSERT INTO events (seq, kind, sealed) VALUES (?, ?, ?)", int64(seq), kind, sealed); err != nil {
		return 0, err
	}
	if seq%pruneEvery == 0 {
		if err := tx.exec("DELETE FROM events WHERE seq <= ?", int64(seq)-int64(tx.s.opt.KeepEvents)); err != nil {
			return 0, err
		}
	}
	tx.events = append(tx.events, Event{Seq: seq, Kind: kind, Payload: payload})
	return seq, nil
}

// EventsAfter gives up to limit events above seq, oldest first. When seq+1 is
// below FirstSeq, events between were pruned and the caller needs a snapshot.
func (s *Store) EventsAfter(ctx context.Context, seq uint64, limit int) ([]Event, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, kind, sealed FROM events WHERE seq > ? ORDER BY seq LIMIT ?", int64(seq), clampLimit(limit))
	if err != nil {
		return nil, wrap("events", err)
	}
	defer rows.Close()
	var list []Event
	for rows.Next() {
		var e Event
		var sealed []byte
		if err := rows.Scan(&e.Seq, &e.Kind, &sealed); err != nil {
			return nil, wrap("events", err)
		}
		if e.Payload, err = s.seal.open("events", strconv.FormatUint(e.Seq, 10), "sealed", sealed); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, wrap("events", rows.Err())
}

// LastSeq is the number of the newest committed event, 0 when there was none.
func (s *Store) LastSeq(ctx context.Context) (uint64, error) {
	return s.number(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'events'")
}

// FirstSeq is the number of the oldest event still kept, 0 when there is none.
func (s *Store) FirstSeq(ctx context.Context) (uint64, error) {
	return s.number(ctx, "SELECT coalesce(min(seq), 0) FROM events")
}

func (s *Store) number(ctx context.Context, query string) (n uint64, err error) {
	err = s.read.QueryRowContext(ctx, query).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, wrap("read", err)
}

// subscribers are told of committed events in their order.
type subscribers struct {
	mu   sync.Mutex
	next int
	list map[int]func(Event)
}

// Subscribe has f called for each event after its commit, in order, from the
// goroutine that committed. f must not block and must not call Update.
func (s *Store) Subscribe(f func(Event)) (cancel func()) {
	s.subs.mu.Lock()
	defer s.subs.mu.Unlock()
	id := s.subs.next
	s.subs.next++
	s.subs.list[id] = f
	return func() {
		s.subs.mu.Lock()
		defer s.subs.mu.Unlock()
		delete(s.subs.list, id)
	}
}

func (b *subscribers) publish(events []Event) {
	if len(events) == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		for _, f := range b.list {
			f(e)
		}
	}
}

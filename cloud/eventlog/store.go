// Package eventlog keeps events: in one order, in a Merkle log whose
// checkpoints the cloud signs, as long as each region's retention says; and it
// sends them to a SIEM (P14, P18, P24).
package eventlog

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/events"
)

// Config is what a Store works with.
type Config struct {
	Data      *data.DB
	Name      string // of the cloud: its checkpoints are named after it
	Log       *slog.Logger
	Now       func() time.Time
	Changed   func() // called after events were kept; must not block
	Retention Retention
	SIEM      SIEM
}

// maxBatch bounds the events of one transaction.
const maxBatch = 256

// Store keeps events, signs the log's checkpoints, deletes what retention says
// and sends everything to the SIEM.
type Store struct {
	Config
	damp   damp
	signer note.Signer
	siem   *forwarder

	mu      sync.Mutex
	waiting []*entry
	writing bool
}

// entry is an event that waits for its transaction.
type entry struct {
	row  data.Event
	done chan struct{}
	err  error
}

// New opens the log. The key of its checkpoints is made the first time.
func New(ctx context.Context, c Config) (*Store, error) {
	if c.Changed == nil {
		c.Changed = func() {}
	}
	s := &Store{Config: c, damp: damp{now: c.Now}}
	var err error
	if s.signer, _, err = c.Data.EventSigner(ctx, c.Name+"/events"); err != nil {
		return nil, err
	}
	if s.siem, err = newForwarder(c); err != nil {
		return nil, err
	}
	return s, nil
}

// Emit implements Sink. What strangers can cause is kept thirty times a minute
// for one address and six hundred times for all; what is more is counted and
// kept as one line when the minute is over.
func (s *Store) Emit(ctx context.Context, e events.Event) error {
	if !events.Known(e.Kind) {
		return fmt.Errorf("events: %q is no kind of event", e.Kind)
	}
	if slices.Contains(events.Door, e.Kind) {
		kept, over := s.damp.pass(e)
		if err := s.counted(ctx, over); err != nil {
			return err
		}
		if !kept {
			return nil
		}
		s.atTheDoor(e)
	}
	return s.keep(ctx, []data.Event{data.EventFrom(e)})
}

// atTheDoor writes the line that the filter reads. Nothing in it comes from
// whoever stands at the door but the address, which is an address.
func (s *Store) atTheDoor(e events.Event) {
	if e.Address.IsValid() {
		s.Log.LogAttrs(context.Background(), slog.LevelWarn, "refused at the door", slog.String("event", string(e.Kind)), slog.String("address", e.Address.Unmap().WithZone("").String()))
	}
}

// counted keeps what was only counted.
func (s *Store) counted(ctx context.Context, over map[events.Kind]int) error {
	var rows []data.Event
	for _, kind := range slices.Sorted(maps.Keys(over)) {
		rows = append(rows, data.EventFrom(events.Event{Kind: kind, Severity: events.Warning, Fields: map[string]string{"more": strconv.Itoa(over[kind])}}))
	}
	if len(rows) == 0 {
		return nil
	}
	return s.keep(ctx, rows)
}

// keep puts rows on record. Whoever comes while a transaction is being written
// is in the next one together with all others who came: a flood of events costs
// a few syncs of the disk.
func (s *Store) keep(ctx context.Context, rows []data.Event) error {
	own := make([]*entry, len(rows))
	for i := range rows {
		own[i] = &entry{row: rows[i], done: make(chan struct{})}
	}
	s.mu.Lock()
	s.waiting = append(s.waiting, own...)
	lead := !s.writing
	s.writing = true
	s.mu.Unlock()
	if lead {
		s.write(context.WithoutCancel(ctx))
	}
	for _, e := range own {
		select {
		case <-e.done:
			if e.err != nil {
				return e.err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// writeTimeout bounds one transaction.
const writeTimeout = 30 * time.Second

func (s *Store) write(ctx context.Context) {
	for {
		s.mu.Lock()
		n := min(len(s.waiting), maxBatch)
		batch := slices.Clone(s.waiting[:n])
		s.waiting = s.waiting[n:]
		if n == 0 {
			s.waiting, s.writing = nil, false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		rows := make([]data.Event, n)
		for i, e := range batch {
			rows[i] = e.row
		}
		limited, cancel := context.WithTimeout(ctx, writeTimeout)
		err := s.Data.AddEvents(limited, rows)
		cancel()
		if err != nil {
			s.Log.Error("events are not kept", "events", n, "error", err)
		}
		for _, e := range batch {
			e.err = err
			close(e.done)
		}
		s.Changed()
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// Record is an entry as it is read back.
type Record struct {
	Index    int64
	Time     time.Time // wall clock; may jump, the order is Index's
	Mono     time.Duration
	Boot     string
	Kind     string
	Actor    string
	Subject  string
	Fields   map[string]string
	Personal map[string]string
	Erased   []string // names of personal fields that were destroyed
	Damaged  []string // names of personal fields that do not fit the proof
	Proven   bool     // covered by the newest signed checkpoint

	Confidential []string          // names of personal fields that only the hospital's key opens
	Salts        map[string][]byte // of Personal: with its salt a value proves itself
	Envelopes    map[string][]byte // of Confidential, for an export that the hospital opens
	// Of ListActivity and ActivityEntry alone.
	ClockBack bool      // its wall clock lies before that of the entry before it
	Leaf      tlog.Hash // of the entry in the tree, as stored
}

// Entries gives up to limit entries, newest first, below the number before;
// before 0 or less starts at the newest. more says whether older ones remain.
func (s *Store) Entries(ctx context.Context, before int64, limit int) (list []Record, more bool, err error) {
	state := s.LogState()
	if before <= 0 || before > state.Entries {
		before = state.Entries
	}
	limit = clampLimit(limit)
	from := max(0, before-int64(limit))
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, false, wrap("entries", err)
	}
	defer tx.Rollback()
	personal, err := s.personal(ctx, tx, from, before)
	if err != nil {
		return nil, false, wrap("entries", err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+logproof.EntryColumns+" FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx DESC", from, before)
	if err != nil {
		return nil, false, wrap("entries", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := logproof.ScanEntry(rows)
		if err != nil {
			return nil, false, &Error{Kind: KindDamaged, Op: "entries", Err: err}
		}
		r, err := s.record(e, personal)
		if err != nil {
			return nil, false, &Error{Kind: KindDamaged, Op: "entries", Err: fmt.Errorf("entry %d: %w", e.Index, err)}
		}
		r.Proven = r.Index < state.Entries
		list = append(list, r)
	}
	return list, from > 0, wrap("entries", rows.Err())
}

type personalKey struct {
	idx  int64
	name string
}

func (s *Store) personal(ctx context.Context, tx *sql.Tx, from, to int64) (map[personalKey][]byte, error) {
	rows, err := tx.QueryContext(ctx, "SELECT idx, name, sealed FROM entry_personal WHERE idx >= ? AND idx < ?", from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[personalKey][]byte{}
	for rows.Next() {
		var k personalKey
		var sealed []byte
		if err := rows.Scan(&k.idx, &k.name, &sealed); err != nil {
			return nil, err
		}
		out[k] = sealed
	}
	return out, rows.Err()
}

// record decodes an entry and checks each personal field against its
// commitment.
func (s *Store) record(e *logproof.Entry, personal map[personalKey][]byte) (Record, error) {
	r := Record{Index: e.Index, Time: time.Unix(0, e.Wall), Mono: time.Duration(e.Mono), Boot: e.Boot,
		Kind: e.Kind, Actor: e.Actor, Subject: e.Subject}
	var err error
	if r.Fields, err = logproof.DecodeFields(e.Fields); err != nil {
		return r, err
	}
	commitments, err := logproof.DecodeCommitments(e.Personal)
	if err != nil {
		return r, err
	}
	for _, c := range commitments {
		sealed, ok := personal[personalKey{e.Index, c.Name}]
		if !ok {
			r.Erased = append(r.Erased, c.Name)
			continue
		}
		field, err := s.openField(e.Index, c, sealed)
		switch {
		case errors.Is(err, errPersonGone):
			r.Erased = append(r.Erased, c.Name)
		case err != nil:
			r.Damaged = append(r.Damaged, c.Name)
		case field.envelope != nil:
			r.Confidential = append(r.Confidential, c.Name)
			r.Envelopes = put(r.Envelopes, c.Name, field.envelope)
		default:
			r.Personal = put(r.Personal, c.Name, field.value)
			r.Salts = put(r.Salts, c.Name, field.salt)
		}
	}
	return r, nil
}

func put[V any](m map[string]V, name string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[name] = value
	return m
}

// snapshot is a read transaction: what is read in it is of one moment.
func (s *Store) snapshot(ctx context.Context) (*sql.Tx, error) {
	return s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
}

func clampLimit(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 1000)
}

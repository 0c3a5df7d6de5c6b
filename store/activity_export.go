package store

import (
	"context"
	"database/sql"

	"beckmanconnect/internal/logproof"
)

// Exported is an entry as an export takes it: with what the leaf commits to.
type Exported struct {
	Record
	Entry logproof.Entry
}

// EachActivity gives what the filter lets through below the number size, oldest
// first, and how far it has come. It holds nothing open between two blocks of
// the log, so that a slow reader keeps nobody from writing. An entry that is
// erased meanwhile comes erased.
func (s *Store) EachActivity(ctx context.Context, f ActivityFilter, size int64, take func(*Exported) error, passed func(done int64) error) error {
	q, err := newActivityQuery(f)
	if err != nil {
		return err
	}
	next, err := s.FirstIndex(ctx)
	for err == nil && next < size {
		var list []Exported
		if list, err = s.exportBlock(ctx, q, next, size); err != nil {
			break
		}
		for i := range list {
			if err := take(&list[i]); err != nil {
				return err
			}
		}
		next = min((next/activityBlock+1)*activityBlock, size)
		if err := passed(next); err != nil {
			return err
		}
	}
	return wrap("export", err)
}

// exportBlock gives what passes in the block of the entry from.
func (s *Store) exportBlock(ctx context.Context, q activityQuery, from, size int64) ([]Exported, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	a := activitySearch{s: s, tx: tx, q: q, first: from}
	if err := a.begin(ctx); err != nil {
		return nil, err
	}
	found, err := a.block(ctx, from/activityBlock, size)
	if err != nil {
		return nil, err
	}
	for len(found) > 0 && found[0] < from {
		found = found[1:]
	}
	return s.readRaw(ctx, tx, found, "ASC")
}

// ExportEntry gives one entry; nil when there is none, or it was archived.
func (s *Store) ExportEntry(ctx context.Context, idx int64) (*Exported, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, wrap("activity", err)
	}
	defer tx.Rollback()
	return one(s.readRaw(ctx, tx, []int64{idx}, "DESC"))
}

func one(list []Exported, err error) (*Exported, error) {
	if err != nil || len(list) == 0 {
		return nil, wrap("activity", err)
	}
	return &list[0], nil
}

// readEntries reads these, newest first.
func (s *Store) readEntries(ctx context.Context, tx *sql.Tx, ids []int64) ([]Record, error) {
	raw, err := s.readRaw(ctx, tx, ids, "DESC")
	list := make([]Record, len(raw))
	for i := range raw {
		list[i] = raw[i].Record
	}
	return list, err
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"beckmanconnect/internal/logproof"
)

// keepCheckpointEvery is how far apart the checkpoints are that are kept for
// good. The newest one of all is always there besides.
const keepCheckpointEvery = time.Minute

// Tx is one transaction. It is valid inside Update's function only and for one
// goroutine.
type Tx struct {
	s       *Store
	tree    *logproof.Tree // a copy, once something was appended
	wall    int64          // of the newest appended entry
	leaf    []byte         // reused
	chain   logproof.Chain // with the checkpoint that this transaction keeps
	events  []Event
	topics  map[topicKey]uint64 // found or made in this transaction
	persons newPersons          // found or made in this transaction
	failed  error               // a write failed: the transaction cannot be committed
}

// Update runs fn in a transaction and returns when it is on the disk. When fn
// or a write fails nothing of it remains. Events are handed to subscribers
// after the commit, in order. fn must not call Update.
//
// An error of Kind DiskFull, ReadOnly, IO, Damaged or Locked also turns
// Writable false until a write succeeds again.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		return &Error{Kind: KindClosed, Op: "update"}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// What has begun is finished: a caller who goes away must not leave the
	// disk guessing. Also much cheaper in the driver.
	ctx = context.Background()
	if s.stale {
		if err := s.loadTree(ctx); err != nil {
			return s.note(err)
		}
		s.stale = false
	}
	if _, err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.note(err)
	}
	tx := &Tx{s: s}
	done := false
	defer func() {
		if !done { // fn panicked or something failed
			_, _ = s.exec(ctx, "ROLLBACK")
		}
	}()
	if err := fn(tx); err != nil {
		if tx.failed != nil {
			return s.note(err)
		}
		return err
	}
	if tx.failed != nil {
		return s.note(tx.failed)
	}
	state, keep, err := tx.seal()
	if err != nil {
		return s.note(err)
	}
	if _, err := s.exec(ctx, "COMMIT"); err != nil {
		s.stale = true // what the disk holds is read again
		return s.note(err)
	}
	done = true
	if state != nil {
		s.tree = tx.tree
		s.state.Store(state)
		if keep {
			s.kept, s.chain = tx.wall, tx.chain
		}
	}
	s.knowTopics(tx.topics)
	s.knowPersons(tx.persons)
	s.setWritable(true)
	s.subs.publish(tx.events)
	return nil
}

// note gives a storage error its kind and draws the consequence.
func (s *Store) note(err error) error {
	err = wrap("update", err)
	switch KindOf(err) {
	case KindDiskFull, KindReadOnly, KindIO, KindDamaged, KindLocked:
		if s.writable.Load() {
			s.log.Error("the log cannot be written", "err", err)
		}
		s.setWritable(false)
		s.probe.wake()
	}
	if sqliteDamage(err) {
		s.reportDamage(err)
	}
	return err
}

// seal writes the nodes that became complete and the checkpoint over
// everything appended.
func (tx *Tx) seal() (state *LogState, keep bool, err error) {
	if tx.tree == nil {
		return nil, false, nil
	}
	if err := tx.indexActivity(); err != nil {
		return nil, false, err
	}
	for _, n := range tx.tree.TakeNodes() {
		if err := tx.exec("INSERT INTO nodes (level, n, hash) VALUES (?, ?, ?)", n.Level, n.N, n.Hash[:]); err != nil {
			return nil, false, err
		}
	}
	size, root := tx.tree.Size(), tx.tree.Root()
	msg, err := logproof.Sign(size, root, tx.s.signer)
	if err != nil {
		return nil, false, fmt.Errorf("sign checkpoint: %w", err)
	}
	head := "UPDATE head SET size = ?, note = ?"
	if tx.s.tree.Size() == 0 {
		head = "INSERT INTO head (id, size, note) VALUES (1, ?, ?)"
	}
	if err := tx.exec(head, size, msg); err != nil {
		return nil, false, err
	}
	since := tx.wall - tx.s.kept
	if keep = since < 0 || since >= int64(keepCheckpointEvery); keep {
		tx.chain, err = tx.s.keepCheckpoint(size, msg)
		if err != nil {
			return nil, false, tx.fail(err)
		}
	}
	return &LogState{Entries: size, Root: root, Signed: time.Unix(0, tx.wall), note: msg}, keep, err
}

// keepCheckpoint keeps a checkpoint for good, inside a transaction, and gives
// the chain of all that are kept.
func (s *Store) keepCheckpoint(size int64, msg []byte) (logproof.Chain, error) {
	ctx := context.Background()
	chain := s.chain.Add(size, msg)
	signed, err := chain.Sign(s.signer)
	if err != nil {
		return chain, err
	}
	if _, err := s.exec(ctx, "INSERT INTO checkpoints (size, note) VALUES (?, ?)", size, msg); err != nil {
		return chain, err
	}
	_, err = s.exec(ctx, "UPDATE checkpoint_chain SET count = ?, note = ?", chain.Count, signed)
	return chain, err
}

// keepHead keeps the newest checkpoint for good. The caller holds the turn.
func (s *Store) keepHead() error {
	state := s.state.Load()
	if state == nil || !s.writable.Load() {
		return nil
	}
	ctx := context.Background()
	var kept int64
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(size), 0) FROM checkpoints").Scan(&kept); err != nil || kept == state.Entries {
		return err
	}
	if _, err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	chain, err := s.keepCheckpoint(state.Entries, state.note)
	if err == nil {
		_, err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		_, _ = s.exec(ctx, "ROLLBACK")
		return err
	}
	s.chain = chain
	return nil
}

// exec runs a statement on the writer's connection, prepared once.
func (s *Store) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *Store) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err == nil {
		s.stmts[query] = st
	}
	return st, err
}

// exec remembers a failure, so that a caller who overlooks it cannot commit
// half of what was meant.
func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.result(query, args...)
	return err
}

func (tx *Tx) result(query string, args ...any) (sql.Result, error) {
	result, err := tx.s.exec(context.Background(), query, args...)
	return result, tx.fail(err)
}

// each runs a query and gives every row to take. take must not write.
func (tx *Tx) each(query string, args []any, take func(scan func(...any) error) error) error {
	st, err := tx.s.stmt(context.Background(), query)
	if err != nil {
		return tx.fail(err)
	}
	rows, err := st.QueryContext(context.Background(), args...)
	if err != nil {
		return tx.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return tx.fail(err)
		}
	}
	return tx.fail(rows.Err())
}

// row runs a query for one row and says whether there was one.
func (tx *Tx) row(dst []any, query string, args ...any) (bool, error) {
	st, err := tx.s.stmt(context.Background(), query)
	if err == nil {
		err = st.QueryRowContext(context.Background(), args...).Scan(dst...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, tx.fail(err)
}

func (tx *Tx) fail(err error) error {
	if err == nil {
		return nil
	}
	err = wrap("write", err)
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// nextID is the next number of a table that never gives one out twice.
func (tx *Tx) nextID(table string) (uint64, error) {
	var last int64
	_, err := tx.row([]any{&last}, "SELECT seq FROM sqlite_sequence WHERE name = '"+table+"'")
	return uint64(last) + 1, err
}

package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// groupMost is how many changes one transaction of SQLite takes together.
const groupMost = 128

// errGroupLost: another change of the same transaction took all of it along.
// Nothing of this one was kept, and it can be made again.
var errGroupLost = errors.New("the transaction was lost with another change in it")

// group commits what many ask for at once in one transaction, so that the disk
// is waited for once: SQLite has one writer anyway. Each change is made by who
// asked for it, in turn, under a savepoint of its own, and is told as done once
// the transaction that it is in is on disk. Who finds nobody waiting behind
// commits.
type group struct {
	turn    sync.Mutex // held by who writes
	waiting atomic.Int32
	open    *batch // under turn; nil: no transaction is open
}

// batch is one transaction of several changes.
type batch struct {
	tx   *sql.Tx
	size int
	done chan struct{} // closed once err is final
	err  error
}

// change runs f in a transaction, which is on disk when change returns nil.
func (g *group) change(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	b, lost, err := g.join(ctx, db, f)
	if b == nil {
		return err
	}
	<-b.done
	if lost || b.err == nil {
		return err
	}
	return b.err // also of one that was refused: it saw what was not kept
}

// join makes the change in the open transaction, or in a new one. lost says that
// it was this change that took the transaction along; otherwise what became of
// it is known when the transaction is done.
func (g *group) join(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) (b *batch, lost bool, err error) {
	g.waiting.Add(1)
	g.turn.Lock()
	g.waiting.Add(-1)
	defer g.turn.Unlock()
	if err = ctx.Err(); err == nil && g.open == nil {
		var tx *sql.Tx
		// The transaction is not this caller's alone: it goes on without it.
		if tx, err = db.BeginTx(context.WithoutCancel(ctx), nil); err == nil {
			g.open = &batch{tx: tx, done: make(chan struct{})}
		}
	}
	b = g.open
	if b == nil {
		return nil, false, err
	}
	lost = true // also when f panics
	defer func() {
		switch {
		case lost:
			b.err = errors.Join(errGroupLost, unlessDone(b.tx.Rollback()))
		case g.waiting.Load() > 0 && b.size < groupMost:
			return // who waits goes on with it
		default:
			b.err = b.tx.Commit()
		}
		g.open = nil
		close(b.done)
	}()
	if err == nil {
		lost, err = b.add(f)
	} else {
		lost = false
	}
	return b, lost, err
}

// add makes one change, all of it or nothing. lost says that the transaction
// is not what it was without it.
func (b *batch) add(f func(*sql.Tx) error) (lost bool, err error) {
	if _, err := b.tx.Exec("SAVEPOINT change"); err != nil {
		return true, err
	}
	b.size++
	if err := f(b.tx); err != nil {
		if _, back := b.tx.Exec("ROLLBACK TO change; RELEASE change"); back != nil {
			// SQLite gave the whole transaction up, as for a full disk.
			return true, fmt.Errorf("%w (%w)", err, back)
		}
		return false, err
	}
	if _, err := b.tx.Exec("RELEASE change"); err != nil {
		return true, err
	}
	return false, nil
}

func unlessDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

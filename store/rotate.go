package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The data keys are changed while the service works: a new key is made and
// kept beside the old one, every sealed column is sealed again in small batches
// between other writes, and the old key goes when nothing is under it any more.
// Where it stands is committed with each batch, so a crash loses nothing and
// repeats nothing.

const (
	// rotateBatch is how many rows are sealed again in one transaction.
	rotateBatch = 256
	// rotateRest is how long others have the log to themselves after a batch,
	// in times of what the batch took.
	rotateRest = 1
	// rotateRetry is how long a rotation rests that could not write.
	rotateRetry = 5 * time.Second
)

// Rotation is how a change of the data keys stands.
type Rotation struct {
	Running bool
	Done    uint64 // sealed values under the new key
	Total   uint64 // about; grows with what is written meanwhile
	Err     error  // why it rests; it is tried again
}

// rotator changes the keys in a goroutine of its own, that ends with the store.
type rotator struct {
	mu    sync.Mutex
	state Rotation
	stop  context.CancelFunc
	wg    sync.WaitGroup
	told  chan struct{} // closed and made anew with each change of state
}

func (r *rotator) set(change func(*Rotation)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
	if r.told != nil {
		close(r.told)
	}
	r.told = make(chan struct{})
}

// Rotation says how a change of keys stands, and gives a channel that is closed
// when that has changed.
func (s *Store) Rotation() (Rotation, <-chan struct{}) {
	r := &s.rotator
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil {
		r.told = make(chan struct{})
	}
	return r.state, r.told
}

// RotateKeys begins a change of the wrapping key and the data keys, with who
// asked for it on record, or does nothing when one is under way. It goes on by
// itself, also after a restart; Rotation says how far.
func (s *Store) RotateKeys(ctx context.Context, actor string, personal map[string]string) error {
	if now, _ := s.Rotation(); now.Running {
		return nil
	}
	if err := s.renewWrapping(ctx, actor, personal); err != nil {
		return wrap("rotate keys", err)
	}
	if err := s.beginRotation(ctx, actor, personal); err != nil {
		return wrap("rotate keys", err)
	}
	return s.resumeRotation(ctx)
}

// resumeRotation goes on with a rotation that is under way, if one is.
func (s *Store) resumeRotation(ctx context.Context) error {
	at, under, err := s.rotationAt(ctx)
	if err != nil || !under {
		return err
	}
	r := &s.rotator
	r.mu.Lock()
	if r.state.Running {
		r.mu.Unlock()
		return nil
	}
	r.state = Rotation{Running: true, Done: at.done}
	ctx, r.stop = context.WithCancel(context.Background())
	r.mu.Unlock()
	r.wg.Go(func() {
		s.rotate(ctx)
		r.set(func(now *Rotation) { now.Running = false })
	})
	return nil
}

func (r *rotator) end() {
	r.mu.Lock()
	stop := r.stop
	r.mu.Unlock()
	if stop != nil {
		stop()
		r.wg.Wait()
	}
}

// rotate does all of it, and rests where it cannot.
func (s *Store) rotate(ctx context.Context) {
	for {
		err := s.rotateAll(ctx)
		s.rotator.set(func(now *Rotation) { now.Err = err })
		if err == nil || ctx.Err() != nil || KindOf(err) == KindClosed {
			return
		}
		s.log.Error("the change of the data keys rests", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rotateRetry):
		}
	}
}

func (s *Store) rotateAll(ctx context.Context) error {
	total, err := s.countSealed(ctx)
	if err != nil {
		return err
	}
	s.rotator.set(func(now *Rotation) { now.Total = total })
	for {
		begun := time.Now()
		at, more, err := s.rotateStep(ctx)
		if err != nil {
			return err
		}
		s.rotator.set(func(now *Rotation) { now.Done, now.Total = at.done, max(now.Total, at.done) })
		if !more {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rotateRest * time.Since(begun)):
		}
	}
	if err := s.noneUnderOther(ctx); err != nil {
		return err
	}
	// Readers that began before the last batch still see rows under the old key.
	if err := s.emptyWAL(ctx); err != nil {
		return err
	}
	if err := s.finishRotation(ctx); err != nil {
		return err
	}
	if err := s.emptyWAL(ctx); err != nil && !errors.Is(err, errWAL) {
		return err
	}
	return nil
}

// rotation is the row that says where it stands.
type rotation struct {
	old, new uint32
	begun    int64
	col      int
	a, b     any
	done     uint64
	actor    string
}

const selectRotation = "SELECT old, new, begun_ms, col, a, b, done, actor FROM key_rotation"

func (r *rotation) dest() []any {
	return []any{&r.old, &r.new, &r.begun, &r.col, &r.a, &r.b, &r.done, &r.actor}
}

func (s *Store) rotationAt(ctx context.Context) (r rotation, under bool, err error) {
	err = s.read.QueryRowContext(ctx, selectRotation).Scan(r.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// rotateStep seals one batch again and says whether more remains.
func (s *Store) rotateStep(ctx context.Context) (at rotation, more bool, err error) {
	err = s.Update(ctx, func(tx *Tx) error {
		under, err := tx.row(at.dest(), selectRotation)
		if err != nil || !under {
			return err
		}
		for n := 0; n < rotateBatch && at.col < len(underKeys); {
			c := underKeys[at.col]
			rows, err := tx.sealedRows(c, at, rotateBatch-n)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := tx.reseal(c, row); err != nil {
					return err
				}
				at.a, at.b = row.a, row.b
			}
			n, at.done = n+len(rows), at.done+uint64(len(rows))
			if n < rotateBatch {
				at.col, at.a, at.b = at.col+1, nil, nil
			}
		}
		more = at.col < len(underKeys)
		return tx.exec("UPDATE key_rotation SET col = ?, a = ?, b = ?, done = ?", at.col, at.a, at.b, int64(at.done))
	})
	return at, more, err
}

// noneUnderOther looks at every sealed value before a key goes. A column with
// one that still opens under another key is begun anew.
func (s *Store) noneUnderOther(ctx context.Context) error {
	for i, c := range underKeys {
		left, err := s.opensUnderOther(ctx, c)
		if err != nil {
			return err
		}
		if left {
			err := s.Update(ctx, func(tx *Tx) error {
				return tx.exec("UPDATE key_rotation SET col = ?, a = NULL, b = NULL", i)
			})
			return errors.Join(fmt.Errorf("%s.%s has values under an old key", c.table, c.column), err)
		}
	}
	return nil
}

func (s *Store) opensUnderOther(ctx context.Context, c sealedColumn) (bool, error) {
	rows, err := s.read.QueryContext(ctx, c.underOther(s.seal.ring.Load().primary))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var row sealedRow
		if err := rows.Scan(&row.a, &row.b, &row.sealed); err != nil {
			return false, err
		}
		if _, err := c.again(s.seal, row); err == nil {
			return true, nil
		}
	}
	return false, rows.Err()
}

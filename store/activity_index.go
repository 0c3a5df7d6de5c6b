package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

const (
	// blocksOnTheWay is how many blocks a transaction makes that adds entries; a
	// log that lacks more is caught up with beside it.
	blocksOnTheWay = 64
	// blocksAtOnce is how many are made in one transaction then: others want to
	// write, too.
	blocksAtOnce = 16
)

// indexer makes what the activity page narrows by where it is missing or of
// another log: after an upgrade, or when rows were damaged. Its goroutine
// sleeps until it is woken and ends with the store.
type indexer struct {
	usable atomic.Bool // what is there is of this log and of this version
	kick   chan struct{}
	done   context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex
	faulty map[int64]bool // blocks found damaged, to be made again
}

func (x *indexer) start(s *Store) {
	ctx, cancel := context.WithCancel(context.Background())
	x.kick, x.done = make(chan struct{}, 1), cancel
	ok, err := s.activityFits(ctx)
	if err != nil {
		s.log.Error("the index of the log cannot be read", "error", err)
	}
	x.usable.Store(ok && err == nil)
	x.wg.Go(func() { x.run(ctx, s) })
	x.wake()
}

func (x *indexer) stop() {
	if x.done != nil {
		x.done()
		x.wg.Wait()
	}
}

func (x *indexer) wake() {
	select {
	case x.kick <- struct{}{}:
	default:
	}
}

// report notes a block whose row is damaged.
func (x *indexer) report(block int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.faulty == nil {
		x.faulty = map[int64]bool{}
	}
	if !x.faulty[block] {
		x.faulty[block] = true
		x.wake()
	}
}

func (x *indexer) reported() (blocks []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for b := range x.faulty {
		blocks = append(blocks, b)
	}
	x.faulty = nil
	return blocks
}

func (x *indexer) run(ctx context.Context, s *Store) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.kick:
		}
		if err := x.work(ctx, s); err != nil && ctx.Err() == nil {
			s.log.Error("the index of the log cannot be brought up to date", "error", err)
		}
	}
}

func (x *indexer) work(ctx context.Context, s *Store) error {
	if !x.usable.Load() {
		if err := s.Update(ctx, func(tx *Tx) error {
			if err := tx.exec("DELETE FROM activity_segments"); err != nil {
				return err
			}
			return tx.exec("DELETE FROM activity_blocks")
		}); err != nil {
			return err
		}
		x.usable.Store(true)
	}
	for _, block := range x.reported() {
		if err := s.Update(ctx, func(tx *Tx) error { return tx.makeBlock(block) }); err != nil {
			return err
		}
	}
	for more := true; more && ctx.Err() == nil; {
		err := s.Update(ctx, func(tx *Tx) (err error) {
			more, err = tx.makeBlocks(tx.s.tree.Size(), blocksAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// activityFits says whether the newest block is of this log and this version.
func (s *Store) activityFits(ctx context.Context) (bool, error) {
	var block, version int64
	var last, hash []byte
	err := s.read.QueryRowContext(ctx, "SELECT block, v, last FROM activity_blocks ORDER BY block DESC LIMIT 1").Scan(&block, &version, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	if err != nil || version != activityVersion {
		return false, err
	}
	err = s.read.QueryRowContext(ctx, "SELECT hash FROM entries WHERE idx = ?", (block+1)*activityBlock-1).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) { // moved into an archive, or never of this log
		return block < s.LogState().Entries/activityBlock, nil
	}
	return bytes.Equal(last, hash), err
}

// indexActivity makes the blocks that the entries of this transaction complete.
// What cannot be written because the index is damaged must not keep an entry
// off the record.
func (tx *Tx) indexActivity() error {
	before, size := tx.s.tree.Size(), tx.tree.Size()
	if before/activityBlock == size/activityBlock || !tx.s.indexer.usable.Load() {
		return nil
	}
	more, err := tx.makeBlocks(size, blocksOnTheWay)
	if KindOf(wrap("index", err)) == KindDamaged {
		tx.s.log.Error("the index of the log is damaged", "error", err)
		tx.s.indexer.usable.Store(false)
		tx.failed = nil
		return nil
	}
	if more {
		tx.s.indexer.wake()
	}
	return err
}

// makeBlocks makes up to limit blocks that are missing at the end; more says
// whether there are others.
func (tx *Tx) makeBlocks(size, limit int64) (more bool, err error) {
	var next, first int64
	if _, err := tx.row([]any{&next}, "SELECT coalesce(max(block) + 1, 0) FROM activity_blocks"); err != nil {
		return false, err
	}
	if _, err := tx.row([]any{&first}, "SELECT coalesce(min(idx), 0) FROM entries"); err != nil {
		return false, err
	}
	next = max(next, (first+activityBlock-1)/activityBlock)
	end := min(size/activityBlock, next+limit)
	for ; next < end; next++ {
		if err := tx.makeBlock(next); err != nil {
			return false, err
		}
	}
	return end < size/activityBlock, nil
}

// makeBlock makes a block's row from the entries, and its segment's when it is
// the last of it.
func (tx *Tx) makeBlock(block int64) error {
	b := newBlockMaker()
	var hash []byte
	from := block * activityBlock
	err := tx.each("SELECT wall, kind, subject, fields FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", []any{from, from + activityBlock}, func(scan func(...any) error) error {
		var wall int64
		var kind, subject, fields string
		if err := scan(&wall, &kind, &subject, &fields); err != nil {
			return err
		}
		b.add(wall, kind, subject, fields)
		return nil
	})
	if err != nil || len(b.codes) != activityBlock {
		return err // entries that were archived meanwhile are looked through row by row
	}
	if _, err := tx.row([]any{&hash}, "SELECT hash FROM entries WHERE idx = ?", from+activityBlock-1); err != nil {
		return err
	}
	sign, said := b.signature(), b.said()
	err = tx.exec("INSERT OR REPLACE INTO activity_blocks (block, v, last, min_ms, max_ms, groups, sign, said, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		block, activityVersion, hash, b.head.min, b.head.max, b.head.groups, sign, said, activityCRC(sign, said))
	if err != nil {
		return err
	}
	segment := block / activitySegment
	if block%activitySegment == activitySegment-1 {
		return tx.makeSegment(segment)
	}
	was, err := tx.result("DELETE FROM activity_segments WHERE segment = ?", segment)
	if err != nil {
		return err
	}
	if n, err := was.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return tx.makeSegment(segment) // a block was made again
}

func (tx *Tx) makeSegment(segment int64) error {
	var heads, signs []byte
	n := 0
	err := tx.each("SELECT min_ms, max_ms, groups, sign FROM activity_blocks WHERE block >= ? AND block < ? ORDER BY block",
		[]any{segment * activitySegment, (segment + 1) * activitySegment}, func(scan func(...any) error) error {
			var h activityHead
			var sign []byte
			if err := scan(&h.min, &h.max, &h.groups, &sign); err != nil {
				return err
			}
			heads, n = h.append(heads), n+1
			signs = append(binary.AppendUvarint(signs, uint64(len(sign))), sign...)
			return nil
		})
	if err != nil || n != activitySegment {
		return err
	}
	return tx.exec("INSERT OR REPLACE INTO activity_segments (segment, heads, signs, crc) VALUES (?, ?, ?, ?)", segment, heads, signs, activityCRC(heads, signs))
}

// readSegment gives heads and signatures as makeSegment wrote them.
func readSegment(heads, signs []byte, crc int64) (h []activityHead, s [][]byte, err error) {
	if activityCRC(heads, signs) != crc || len(heads) != activitySegment*headSize {
		return nil, nil, fmt.Errorf("a segment of the index is damaged")
	}
	r := saidReader{rest: signs}
	for i := range activitySegment {
		h = append(h, readHead(heads[i*headSize:]))
		n := r.uvarint()
		if r.bad || n > uint64(len(r.rest)) {
			return nil, nil, fmt.Errorf("a segment of the index is damaged")
		}
		s, r.rest = append(s, r.rest[:n]), r.rest[n:]
	}
	return h, s, nil
}

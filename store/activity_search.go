package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"
)

// activitySearch looks for a page's entries from the newest on. It goes block
// by block: most are skipped by the heads and signatures of their segment, those
// that may hold something are read as what they say, and only the page's own
// entries are read themselves. What has no block yet, the newest thousand at
// most on a running PC, is looked through row by row.
type activitySearch struct {
	s     *Store
	tx    *sql.Tx
	q     activityQuery
	first int64 // the oldest entry that is not archived
	until time.Time

	blocks  int64 // that are indexed
	segment int64 // that heads and signs are of
	heads   []activityHead
	signs   [][]byte
	present []bool
}

// run gives up to limit numbers below before, newest first, and where the next
// page goes on: everything from there on was looked through.
func (a *activitySearch) run(ctx context.Context, before int64, limit int) (ids []int64, next int64, err error) {
	if err := a.begin(ctx); err != nil {
		return nil, 0, err
	}
	for next = before; next > a.first; {
		block := (next - 1) / activityBlock
		found, err := a.block(ctx, block, next)
		if err != nil {
			return nil, 0, err
		}
		slices.Reverse(found)
		ids = append(ids, found...)
		next = max(block*activityBlock, a.first)
		if len(ids) >= limit {
			if len(ids) > limit || next > a.first {
				ids = ids[:limit]
				next = ids[limit-1]
			}
			break
		}
		if time.Now().After(a.until) {
			break
		}
	}
	return ids, next, ctx.Err()
}

// begin finds out how far the index goes.
func (a *activitySearch) begin(ctx context.Context) error {
	a.segment = -1
	if !a.s.indexer.usable.Load() {
		return nil
	}
	return a.tx.QueryRowContext(ctx, "SELECT coalesce(max(block) + 1, 0) FROM activity_blocks").Scan(&a.blocks)
}

// block gives the numbers in one block that pass, in ascending order.
func (a *activitySearch) block(ctx context.Context, block, before int64) (found []int64, err error) {
	if block >= a.blocks {
		return a.rows(ctx, block, before)
	}
	if segment := block / activitySegment; segment != a.segment {
		if err := a.load(ctx, segment); err != nil {
			return nil, err
		}
	}
	at := block % activitySegment
	if !a.present[at] {
		return a.rows(ctx, block, before)
	}
	if !a.q.may(a.heads[at], a.signs[at]) {
		return nil, nil
	}
	var sign, said []byte
	var crc int64
	err = a.tx.QueryRowContext(ctx, "SELECT sign, said, crc FROM activity_blocks WHERE block = ?", block).Scan(&sign, &said, &crc)
	if err == nil && activityCRC(sign, said) == crc {
		err = eachSaid(said, a.q.lets, func(at int, ms int64) {
			if idx := block*activityBlock + int64(at); idx < before && idx >= a.first && a.q.within(ms) {
				found = append(found, idx)
			}
		})
		if err == nil {
			return found, nil
		}
	}
	if err != nil && !errors.Is(err, errSaid) && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	a.s.indexer.report(block)
	return a.rows(ctx, block, before)
}

// load takes up what the blocks of a segment are skipped by.
func (a *activitySearch) load(ctx context.Context, segment int64) error {
	a.segment, a.present = segment, make([]bool, activitySegment)
	var heads, signs []byte
	var crc int64
	err := a.tx.QueryRowContext(ctx, "SELECT heads, signs, crc FROM activity_segments WHERE segment = ?", segment).Scan(&heads, &signs, &crc)
	if err == nil {
		if a.heads, a.signs, err = readSegment(heads, signs, crc); err == nil {
			for i := range a.present {
				a.present[i] = true
			}
			return nil
		}
		a.s.indexer.report((segment+1)*activitySegment - 1) // makes the segment, too
	} else if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	a.heads, a.signs = make([]activityHead, activitySegment), make([][]byte, activitySegment)
	rows, err := a.tx.QueryContext(ctx, "SELECT block, min_ms, max_ms, groups, sign FROM activity_blocks WHERE block >= ? AND block < ?", segment*activitySegment, (segment+1)*activitySegment)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var block int64
		var h activityHead
		var sign []byte
		if err := rows.Scan(&block, &h.min, &h.max, &h.groups, &sign); err != nil {
			return err
		}
		at := block % activitySegment
		a.heads[at], a.signs[at], a.present[at] = h, sign, true
	}
	return rows.Err()
}

// rows looks at a block's entries themselves.
func (a *activitySearch) rows(ctx context.Context, block, before int64) (found []int64, err error) {
	from := block * activityBlock
	rows, err := a.tx.QueryContext(ctx, "SELECT idx, wall, kind, subject, fields FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", from, min(before, from+activityBlock))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var idx, wall int64
		var s saying
		var fields string
		if err := rows.Scan(&idx, &wall, &s.kind, &s.subject, &fields); err != nil {
			return nil, err
		}
		if !a.q.within(floorMS(wall)) {
			continue
		}
		if len(a.q.words) > 0 {
			s.text = searchedText(fields)
		}
		if a.q.lets(&s) {
			found = append(found, idx)
		}
	}
	return found, rows.Err()
}

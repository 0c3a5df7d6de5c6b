package store

import (
	"context"
	"time"

	"beckmanconnect/internal/cloudapi"
)

// What the cloud acknowledged stays in the outbox for so long, and no more of
// it: a cloud that was put back from a backup can ask for it again.
const (
	KeepSent      = 30 * 24 * time.Hour
	KeepSentCount = 20_000   // numbers, counted back from the newest
	KeepSentBytes = 32 << 20 // sealed, as on the disk; what was acknowledged at once with the oldest of them may lie above it
)

// Sent notes that the cloud has every message up to seq; of one that went ahead
// only that one. They stay for a time, but for those of the kinds in not, which
// go at once.
func (s *Store) Sent(ctx context.Context, seq uint64, not ...string) error {
	return s.Update(ctx, func(tx *Tx) error {
		var ahead bool
		if _, err := tx.row([]any{&ahead}, "SELECT EXISTS (SELECT 1 FROM outbox WHERE seq = ? AND ahead = 1)", int64(seq)); err != nil {
			return err
		}
		which, args := "sent_ms = 0 AND ahead = 0 AND seq <= ?", []any{int64(seq)}
		if ahead {
			which = "sent_ms = 0 AND seq = ?"
		}
		for _, kind := range not {
			if err := tx.exec("DELETE FROM outbox WHERE "+which+" AND kind = ?", append(args[:1:1], kind)...); err != nil {
				return err
			}
		}
		return tx.keepSent(which, args)
	})
}

func (tx *Tx) keepSent(which string, args []any) error {
	var upto, more int64
	if _, err := tx.row([]any{&upto}, "SELECT coalesce(max(upto), 0) FROM outbox WHERE sent_ms > 0"); err != nil {
		return err
	}
	if _, err := tx.row([]any{&more}, "SELECT coalesce(sum(length(sealed)), 0) FROM outbox WHERE "+which, args...); err != nil || more == 0 {
		return err
	}
	now := max(1, toMS(tx.s.opt.Now()))
	if err := tx.exec("UPDATE outbox SET sent_ms = ?, upto = ?, ahead = 0 WHERE "+which, append([]any{now, upto + more}, args...)...); err != nil {
		return err
	}
	var newest int64
	if _, err := tx.row([]any{&newest}, "SELECT coalesce(max(seq), 0) FROM outbox"); err != nil {
		return err
	}
	for _, over := range []struct {
		what string
		at   int64
	}{
		{"sent_ms <= ?", now - KeepSent.Milliseconds()}, {"upto <= ?", upto + more - KeepSentBytes}, {"seq <= ?", newest - KeepSentCount},
	} {
		if err := tx.exec("DELETE FROM outbox WHERE sent_ms > 0 AND "+over.what, over.at); err != nil {
			return err
		}
	}
	return nil
}

// Kept says which messages can be sent again: newest is the highest number that
// the cloud acknowledged, 0 when none is kept; oldest the lowest that is there,
// also of those that wait. Between the two some may be missing.
func (s *Store) Kept(ctx context.Context) (oldest, newest uint64, err error) {
	n, err := s.number(ctx, "SELECT coalesce(max(seq), 0) FROM outbox WHERE sent_ms > 0")
	if err != nil || n == 0 {
		return 0, 0, err
	}
	o, err := s.number(ctx, "SELECT coalesce(min(seq), 0) FROM outbox")
	return o, n, err
}

// Again lets those messages in the ranges wait once more that were acknowledged
// and are kept, in their old places. It says how many there were.
func (s *Store) Again(ctx context.Context, ranges []cloudapi.Range) (int, error) {
	var sum int64
	err := s.Update(ctx, func(tx *Tx) error {
		sum = 0
		for _, r := range ranges {
			if r.From == 0 || r.From > r.To || r.To > 1<<62 {
				continue
			}
			res, err := tx.result("UPDATE outbox SET sent_ms = 0, upto = 0 WHERE sent_ms > 0 AND seq BETWEEN ? AND ?", int64(r.From), int64(r.To))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return tx.fail(err)
			}
			sum += n
		}
		return nil
	})
	return int(sum), err
}

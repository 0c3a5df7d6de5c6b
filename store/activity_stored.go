package store

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// Stored gives the stored hashes of the log, for proofs and exports. It reads
// beside the writer; what is made of it is held against a checkpoint by whoever
// makes it.
func (s *Store) Stored(ctx context.Context) logproof.Source {
	return func(level int, from, to int64) ([]tlog.Hash, error) {
		if level > 0 {
			return s.readHashes(ctx, "SELECT hash FROM nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n", level, from, to)
		}
		var live int64
		if err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(to_idx), 0) FROM archives").Scan(&live); err != nil {
			return nil, wrap("hashes", err)
		}
		var out []tlog.Hash
		if from < live {
			end, first := min(to, live), from/logproof.NodeWidth
			list, err := s.readHashes(ctx, "SELECT hashes FROM leaves WHERE n >= ? AND n < ? ORDER BY n", first, (end+logproof.NodeWidth-1)/logproof.NodeWidth)
			if err != nil {
				return nil, err
			}
			if first *= logproof.NodeWidth; int64(len(list)) < end-first {
				return nil, &Error{Kind: KindDamaged, Op: "hashes", Err: errors.New("leaves of archived entries are not all there")}
			}
			out, from = slices.Clip(list[from-first:end-first]), end
		}
		rest, err := s.readHashes(ctx, "SELECT hash FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", from, to)
		return append(out, rest...), err
	}
}

// readHashes reads rows of one blob, each of one or more hashes.
func (s *Store) readHashes(ctx context.Context, query string, args ...any) (out []tlog.Hash, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, wrap("hashes", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, wrap("hashes", err)
		}
		if len(b)%tlog.HashSize != 0 {
			return nil, &Error{Kind: KindDamaged, Op: "hashes", Err: errors.New("a stored hash is cut short")}
		}
		for ; len(b) > 0; b = b[tlog.HashSize:] {
			out = append(out, tlog.Hash(b[:tlog.HashSize]))
		}
	}
	return out, wrap("hashes", rows.Err())
}

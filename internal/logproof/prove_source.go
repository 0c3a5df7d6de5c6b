package logproof

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Stored gives the stored hashes of the log, for Hashes, Prove and exports.
func (r *Reader) Stored(ctx context.Context) Source {
	return func(level int, from, to int64) ([]tlog.Hash, error) {
		if level == 0 {
			return r.leaves(ctx, from, to)
		}
		return r.nodes(level, from, to)
	}
}

func (r *Reader) leaves(ctx context.Context, from, to int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, to-from)
	err := r.Entries(ctx, from, to, false, func(e *Entry) error {
		if e.Index != from+int64(len(out)) {
			return fmt.Errorf("entry %d is missing", from+int64(len(out)))
		}
		out = append(out, e.Hash)
		return nil
	})
	return out, err
}

func (r *Reader) nodes(level int, from, to int64) ([]tlog.Hash, error) {
	c, err := r.query("SELECT n, hash FROM nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n", int64(level), from, to)
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := make([]tlog.Hash, 0, to-from)
	for c.next() {
		n, _ := c.row[0].(int64)
		hash, _ := c.row[1].([]byte)
		if n != from+int64(len(out)) || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("stored hash %d of level %d is missing", from+int64(len(out)), level)
		}
		out = append(out, tlog.Hash(hash))
	}
	return out, c.failed()
}

package logproof

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Source gives stored hashes of a log: from … to (not included) of a level, 0
// being the leaves and each level above NodeHeight higher.
type Source func(level int, from, to int64) ([]tlog.Hash, error)

// Hashes is a tlog.HashReader over the stored hashes of a log, for proofs of
// single entries (tlog.ProveRecord) and of growth (tlog.ProveTree). What is
// stored only at every eighth level is computed in between.
func Hashes(stored Source) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			base, below := level/NodeHeight, level%NodeHeight
			from, to := n<<below, (n+1)<<below
			hashes, err := stored(base, from, to)
			if err != nil {
				return nil, err
			}
			if int64(len(hashes)) != to-from {
				return nil, fmt.Errorf("hashes %d to %d of level %d are not all there", from, to-1, base)
			}
			out[i] = subtreeRoot(hashes)
		}
		return out, nil
	})
}

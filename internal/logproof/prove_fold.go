package logproof

import (
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Cover are the hashes that stand for the entries from … to (not included) of a
// log: the roots of the widest complete subtrees, from left to right, that lie
// side by side there. With them a Fold goes over entries that are not shown.
func Cover(stored Source, from, to int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for from < to {
		height := coverHeight(from, to)
		base, below := height/NodeHeight, height%NodeHeight
		hashes, err := stored(base, from>>(base*NodeHeight), from>>(base*NodeHeight)+1<<below)
		if err != nil {
			return nil, err
		}
		if len(hashes) != 1<<below {
			return nil, fmt.Errorf("the hashes from entry %d on are not all there", from)
		}
		out = append(out, subtreeRoot(hashes))
		from += 1 << height
	}
	return out, nil
}

// coverHeight is the height of the widest complete subtree that begins at from
// and does not reach beyond to.
func coverHeight(from, to int64) int {
	height := bits.Len64(uint64(to-from)) - 1
	if from != 0 {
		height = min(height, bits.TrailingZeros64(uint64(from)))
	}
	return height
}

// Fold makes the root of a log from its leaves in order, some of them given as
// the hashes of Cover. It holds one hash a level of the tree. The zero value is
// the empty log.
type Fold struct {
	size    int64
	stack   []tlog.Hash // roots of the perfect subtrees, widest first
	heights []int
}

// Size is how many entries it went over.
func (f *Fold) Size() int64 { return f.size }

// Add goes over one entry.
func (f *Fold) Add(leaf tlog.Hash) { f.push(0, leaf) }

// Skip goes over the entries up to the number to (not included) by the hashes
// of their Cover.
func (f *Fold) Skip(to int64, cover []tlog.Hash) error {
	for f.size < to {
		if len(cover) == 0 {
			return errors.New("too few hashes for what is left out")
		}
		f.push(coverHeight(f.size, to), cover[0])
		cover = cover[1:]
	}
	if f.size != to || len(cover) > 0 {
		return errors.New("too many hashes for what is left out")
	}
	return nil
}

func (f *Fold) push(height int, h tlog.Hash) {
	f.size += 1 << height
	for n := len(f.stack); n > 0 && f.heights[n-1] == height; n-- {
		h = tlog.NodeHash(f.stack[n-1], h)
		f.stack, f.heights = f.stack[:n-1], f.heights[:n-1]
		height++
	}
	f.stack, f.heights = append(f.stack, h), append(f.heights, height)
}

// Root is the root of the log so far; of the empty one SHA-256 of nothing.
func (f *Fold) Root() tlog.Hash {
	t := Tree{size: f.size, stack: f.stack}
	return t.Root()
}

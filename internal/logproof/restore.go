package logproof

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// RestoreTree makes the tree of a log of the given size again, reading only
// its edge: at most 255 leaves and, a level, 255 full tiles.
func RestoreTree(size int64, leaves func(from, to int64) ([]tlog.Hash, error), tile func(level int, n int64) ([]byte, error)) (*Tree, error) {
	t := &Tree{size: size}
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		nodes := size >> (TileHeight * level)
		from := nodes >> TileHeight << TileHeight
		edge := make([]tlog.Hash, 0, TileWidth)
		if level == 0 {
			hashes, err := leaves(from, nodes)
			if err != nil {
				return nil, err
			}
			if int64(len(hashes)) != nodes-from {
				return nil, fmt.Errorf("entries %d to %d are not all there", from, nodes-1)
			}
			edge = append(edge, hashes...)
		} else {
			for n := from; n < nodes; n++ {
				data, err := tile(level-1, n)
				if err != nil {
					return nil, err
				}
				h, err := tileRoot(data)
				if err != nil {
					return nil, fmt.Errorf("tile %d of level %d: %w", n, level-1, err)
				}
				edge = append(edge, h)
			}
		}
		t.edge = append(t.edge, edge)
	}
	for level := len(t.edge) - 1; level >= 0; level-- {
		rest := t.edge[level]
		for len(rest) > 0 {
			n := 1 << (bits.Len(uint(len(rest))) - 1)
			t.stack = append(t.stack, subtreeRoot(rest[:n]))
			rest = rest[n:]
		}
	}
	return t, nil
}

// tileRoot is the hash of the perfect subtree a full tile holds.
func tileRoot(data []byte) (tlog.Hash, error) {
	if len(data) != TileWidth*tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%d bytes instead of %d", len(data), TileWidth*tlog.HashSize)
	}
	hashes := make([]tlog.Hash, TileWidth)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return subtreeRoot(hashes), nil
}

// subtreeRoot is the root over a power of two of hashes.
func subtreeRoot(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(subtreeRoot(hashes[:half]), subtreeRoot(hashes[half:]))
}

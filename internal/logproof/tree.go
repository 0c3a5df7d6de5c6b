package logproof

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of a stored tile; TileWidth its hashes.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// TileData is one full tile.
type TileData struct {
	Level int
	N     int64
	Data  []byte // TileWidth hashes
}

// Tree is the growing edge of the log: all that is needed to add a leaf, name
// the root, and cut the full tiles. The zero value is the empty tree. It is
// not safe for concurrent use.
type Tree struct {
	size  int64
	stack []tlog.Hash   // roots of the perfect subtrees, widest first
	edge  [][]tlog.Hash // per level the hashes of the tile still being filled
	full  []TileData    // cut since the last TakeTiles
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Add appends one leaf by its hash.
func (t *Tree) Add(leaf tlog.Hash) {
	h := leaf
	t.put(0, h)
	height := 0
	for i := t.size; i&1 == 1; i >>= 1 {
		h = tlog.NodeHash(t.stack[len(t.stack)-1], h)
		t.stack = t.stack[:len(t.stack)-1]
		height++
		if height%TileHeight == 0 {
			t.put(height/TileHeight, h)
		}
	}
	t.stack = append(t.stack, h)
	t.size++
}

// put adds h to a level's open tile and cuts the tile when it is full.
func (t *Tree) put(level int, h tlog.Hash) {
	if level == len(t.edge) {
		t.edge = append(t.edge, make([]tlog.Hash, 0, TileWidth))
	}
	t.edge[level] = append(t.edge[level], h)
	if len(t.edge[level]) < TileWidth {
		return
	}
	data := make([]byte, 0, TileWidth*tlog.HashSize)
	for _, h := range t.edge[level] {
		data = append(data, h[:]...)
	}
	n := (t.size + 1) >> (TileHeight * (level + 1)) // tiles at this level, this one included
	t.full = append(t.full, TileData{Level: level, N: n - 1, Data: data})
	t.edge[level] = t.edge[level][:0]
}

// Root is the tree's root hash; of the empty tree SHA-256 of nothing.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := t.stack[len(t.stack)-1]
	for i := len(t.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.stack[i], h)
	}
	return h
}

// TakeTiles gives the tiles filled since the last call, in the order they
// became full.
func (t *Tree) TakeTiles() []TileData {
	full := t.full
	t.full = nil
	return full
}

// Clone copies the tree, so that a transaction can be given up.
func (t *Tree) Clone() *Tree {
	c := &Tree{size: t.size, stack: slices.Clone(t.stack), full: slices.Clone(t.full)}
	c.edge = make([][]tlog.Hash, len(t.edge))
	for i, e := range t.edge {
		c.edge[i] = append(make([]tlog.Hash, 0, TileWidth), e...)
	}
	return c
}

// EdgeTile is the part of a tile that is not full yet, for proofs.
func (t *Tree) EdgeTile(level int) []tlog.Hash {
	if level >= len(t.edge) {
		return nil
	}
	return slices.Clone(t.edge[level])
}

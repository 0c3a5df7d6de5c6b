package logproof

import (
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// NodeHeight is how many levels of the tree lie between two stored nodes: the
// height of a tile in x/mod/sumdb/tlog. NodeWidth is a tile's width.
const (
	NodeHeight = 8
	NodeWidth  = 1 << NodeHeight
)

// Node is the root of a complete subtree of NodeWidth^Level leaves, the N-th
// from the left.
type Node struct {
	Level int
	N     int64
	Hash  tlog.Hash
}

// Tree is the growing edge of the log: all that is needed to add a leaf and to
// name the root. The zero value is the empty tree. It is not safe for
// concurrent use.
type Tree struct {
	size  int64
	stack []tlog.Hash // roots of the perfect subtrees, widest first
	nodes []Node      // complete since the last TakeNodes
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Add appends one leaf by its hash.
func (t *Tree) Add(leaf tlog.Hash) {
	h := leaf
	height := 0
	for i := t.size; i&1 == 1; i >>= 1 {
		h = tlog.NodeHash(t.stack[len(t.stack)-1], h)
		t.stack = t.stack[:len(t.stack)-1]
		height++
		if height%NodeHeight == 0 {
			t.nodes = append(t.nodes, Node{Level: height / NodeHeight, N: t.size >> height, Hash: h})
		}
	}
	t.stack = append(t.stack, h)
	t.size++
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

// TakeNodes gives the nodes that became complete since the last call, in the
// order they did.
func (t *Tree) TakeNodes() []Node {
	nodes := t.nodes
	t.nodes = nil
	return nodes
}

// Clone copies the tree, so that a transaction can be given up.
func (t *Tree) Clone() *Tree {
	return &Tree{size: t.size, stack: slices.Clone(t.stack), nodes: slices.Clone(t.nodes)}
}

// RestoreTree makes the tree of a log of the given size again. hashes gives
// the stored hashes from … to (not included) of a level, 0 being the leaves;
// it is asked for less than NodeWidth of each level.
func RestoreTree(size int64, hashes func(level int, from, to int64) ([]tlog.Hash, error)) (*Tree, error) {
	t := &Tree{size: size}
	levels := 0
	for size>>(NodeHeight*levels) > 0 {
		levels++
	}
	for level := levels - 1; level >= 0; level-- {
		to := size >> (NodeHeight * level)
		from := to >> NodeHeight << NodeHeight
		if from == to {
			continue
		}
		rest, err := hashes(level, from, to)
		if err != nil {
			return nil, err
		}
		if int64(len(rest)) != to-from {
			return nil, fmt.Errorf("hashes %d to %d of level %d are not all there", from, to-1, level)
		}
		for len(rest) > 0 {
			n := 1 << (bits.Len(uint(len(rest))) - 1)
			t.stack = append(t.stack, subtreeRoot(rest[:n]))
			rest = rest[n:]
		}
	}
	return t, nil
}

// subtreeRoot is the root over a power of two of hashes.
func subtreeRoot(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(subtreeRoot(hashes[:half]), subtreeRoot(hashes[half:]))
}

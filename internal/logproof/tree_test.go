package logproof

import (
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// reference is the plain hash list of x/mod/sumdb/tlog that our tree is held
// against.
type reference []tlog.Hash

func (r *reference) ReadHashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		if x >= int64(len(*r)) {
			return nil, errors.New("beyond the end")
		}
		out[i] = (*r)[x]
	}
	return out, nil
}

// Roots and nodes are those of x/mod/sumdb/tlog, and a tree restored from what
// is stored goes on as if it had never stopped.
func TestTreeIsTlog(t *testing.T) {
	const last = 256*256 + 600
	ref, tree := &reference{}, &Tree{}
	stored := map[int][]tlog.Hash{}
	for n := int64(0); n < last; n++ {
		h := tlog.RecordHash([]byte{byte(n), byte(n >> 8), byte(n >> 16)})
		all, err := tlog.StoredHashesForRecordHash(n, h, ref)
		if err != nil {
			t.Fatal(err)
		}
		*ref = append(*ref, all...)
		tree.Add(h)
		stored[0] = append(stored[0], h)
		for _, node := range tree.TakeNodes() {
			want := (*ref)[tlog.StoredHashIndex(node.Level*NodeHeight, node.N)]
			if node.Hash != want {
				t.Fatalf("node %d of level %d differs from tlog's", node.N, node.Level)
			}
			if int64(len(stored[node.Level])) != node.N {
				t.Fatalf("node %d of level %d came out of order", node.N, node.Level)
			}
			stored[node.Level] = append(stored[node.Level], node.Hash)
		}
		if n%257 != 0 && n > 600 && n < 65530 {
			continue
		}
		want, err := tlog.TreeHash(n+1, ref)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Root() != want {
			t.Fatalf("root of %d leaves differs from tlog's", n+1)
		}
		again, err := RestoreTree(n+1, func(level int, from, to int64) ([]tlog.Hash, error) {
			return stored[level][from:to], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if again.Root() != want {
			t.Fatalf("the restored tree of %d leaves has another root", n+1)
		}
		if n%5 == 0 {
			tree = again // go on with the restored one
		}
	}
	if len(stored[1]) != last/256 || len(stored[2]) != 1 {
		t.Fatalf("%d and %d nodes", len(stored[1]), len(stored[2]))
	}
}

func TestCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 700).Draw(t, "leaves")
		more := rapid.IntRange(1, 300).Draw(t, "more")
		tree := &Tree{}
		for i := range n {
			tree.Add(tlog.Hash{byte(i), byte(i >> 8)})
		}
		tree.TakeNodes()
		before := tree.Root()
		c, d := tree.Clone(), tree.Clone()
		for i := range more {
			c.Add(tlog.Hash{1, byte(i)})
		}
		if tree.Root() != before || tree.Size() != int64(n) || len(tree.TakeNodes()) != 0 {
			t.Fatal("adding to the copy changed the tree")
		}
		for i := range more {
			d.Add(tlog.Hash{1, byte(i)})
		}
		if d.Root() != c.Root() {
			t.Fatal("two copies that got the same leaves differ")
		}
	})
}

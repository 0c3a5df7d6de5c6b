package logproof

import (
	"bytes"
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

func (r *reference) add(t interface{ Fatal(...any) }, n int64, data []byte) {
	h, err := tlog.StoredHashes(n, data, r)
	if err != nil {
		t.Fatal(err)
	}
	*r = append(*r, h...)
}

// The root and the full tiles are those of x/mod/sumdb/tlog at every size, and
// a tree restored from entries and tiles goes on as if it had never stopped.
func TestTreeIsTlog(t *testing.T) {
	const last = 256*256 + 600
	ref, tree := &reference{}, &Tree{}
	leafs := []tlog.Hash{}
	tiles := map[[2]int64][]byte{}
	for n := int64(0); n < last; n++ {
		data := []byte{byte(n), byte(n >> 8), byte(n >> 16)}
		ref.add(t, n, data)
		h := tlog.RecordHash(data)
		leafs = append(leafs, h)
		tree.Add(h)
		for _, tile := range tree.TakeTiles() {
			want, err := tlog.ReadTileData(tlog.Tile{H: TileHeight, L: tile.Level, N: tile.N, W: TileWidth}, ref)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, tile.Data) {
				t.Fatalf("tile %d/%d differs from tlog's", tile.Level, tile.N)
			}
			tiles[[2]int64{int64(tile.Level), tile.N}] = tile.Data
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
		again, err := RestoreTree(n+1,
			func(from, to int64) ([]tlog.Hash, error) { return leafs[from:to], nil },
			func(level int, n int64) ([]byte, error) {
				if d, ok := tiles[[2]int64{int64(level), n}]; ok {
					return d, nil
				}
				return nil, errors.New("no such tile")
			})
		if err != nil {
			t.Fatal(err)
		}
		if again.Root() != want {
			t.Fatalf("the restored tree of %d leaves has another root", n+1)
		}
		if n%1000 == 0 {
			tree = again // go on with the restored one
		}
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
		tree.TakeTiles()
		before := tree.Root()
		c := tree.Clone()
		for i := range more {
			c.Add(tlog.Hash{1, byte(i)})
		}
		if tree.Root() != before || tree.Size() != int64(n) || len(tree.TakeTiles()) != 0 {
			t.Fatal("adding to the copy changed the tree")
		}
		d := tree.Clone()
		for i := range more {
			d.Add(tlog.Hash{1, byte(i)})
		}
		if d.Root() != c.Root() {
			t.Fatal("two copies that got the same leaves differ")
		}
	})
}

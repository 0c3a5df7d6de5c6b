package delta_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beckmanconnect/internal/delta"
)

func made(t testing.TB, source, target []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := delta.Make(&b, bytes.NewReader(source), bytes.NewReader(target)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func applied(source, patch []byte, limit int64) ([]byte, error) {
	r, err := delta.NewReader(bytes.NewReader(source), bytes.NewReader(patch), limit)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// program is bytes that have something of a program's: stretches that come
// again, zeros, tables of rising numbers.
func program(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b []byte
	for len(b) < size {
		switch r.IntN(4) {
		case 0:
			b = append(b, make([]byte, r.IntN(400))...)
		case 1:
			for i := range r.IntN(200) {
				b = binary.LittleEndian.AppendUint32(b, uint32(len(b)+16*i))
			}
		case 2:
			if len(b) > 0 {
				from := r.IntN(len(b))
				b = append(b, b[from:min(len(b), from+r.IntN(300))]...)
			}
		default:
			for range r.IntN(500) {
				b = append(b, byte(r.Uint32()))
			}
		}
	}
	return b[:size]
}

// Whatever source and target are, the delta leads from one to the other.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var source, target []byte
		if rapid.Bool().Draw(t, "arbitrary") {
			source, target = rapid.SliceOf(rapid.Byte()).Draw(t, "source"), rapid.SliceOf(rapid.Byte()).Draw(t, "target")
		} else {
			source = program(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 20_000).Draw(t, "size"))
			target = edited(t, source)
		}
		var b bytes.Buffer
		if err := delta.Make(&b, bytes.NewReader(source), bytes.NewReader(target)); err != nil {
			t.Fatal(err)
		}
		got, err := applied(source, b.Bytes(), int64(len(target)))
		if err != nil || !bytes.Equal(got, target) {
			t.Fatalf("%d bytes instead of %d: %v", len(got), len(target), err)
		}
	})
}

// edited is source after what a compiler does to a program.
func edited(t *rapid.T, source []byte) []byte {
	b := slices.Clone(source)
	for range rapid.IntRange(0, 8).Draw(t, "edits") {
		if len(b) == 0 {
			break
		}
		at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		n := min(len(b)-at, rapid.IntRange(1, 500).Draw(t, "n"))
		switch rapid.IntRange(0, 4).Draw(t, "edit") {
		case 0:
			b = slices.Delete(b, at, at+n)
		case 1:
			b = slices.Insert(b, at, program(uint64(n), n)...)
		case 2:
			for i := at; i < at+n; i += 4 {
				b[i] += 64
			}
		case 3:
			moved := slices.Clone(b[at : at+n])
			b = append(slices.Delete(b, at, at+n), moved...)
		case 4:
			b = b[:at]
		}
	}
	return b
}

func TestSmallChangesAreSmall(t *testing.T) {
	source := program(7, 1<<20)
	tests := map[string]struct {
		target []byte
		most   int
	}{
		"nothing":           {source, 200},
		"one byte":          {change(source, 5000, 1), 250},
		"an inserted piece": {slices.Insert(slices.Clone(source), 300_000, program(8, 100)...), 500},
		"addresses":         {addresses(source), 3000},
	}
	for name, tt := range tests {
		patch := made(t, source, tt.target)
		if len(patch) > tt.most {
			t.Errorf("%s: %d bytes, want %d at most", name, len(patch), tt.most)
		}
		if got, err := applied(source, patch, 1<<21); err != nil || !bytes.Equal(got, tt.target) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func change(b []byte, at int, by byte) []byte {
	b = slices.Clone(b)
	b[at] += by
	return b
}

// addresses moves a piece, and all that points behind it.
func addresses(source []byte) []byte {
	b := slices.Insert(slices.Clone(source), 1000, make([]byte, 64)...)
	for i := 2000; i < len(b); i += 256 {
		b[i] += 64
	}
	return b
}

// Entries of archives are found by name, wherever they lie and whatever else
// changed.
func TestTars(t *testing.T) {
	pack := func(names []string, data map[string][]byte) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range names {
			err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data[name])), Mode: 0o755, Typeflag: tar.TypeReg})
			if err == nil {
				_, err = w.Write(data[name])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	one, two := program(1, 300_001), program(2, 200_000)
	source := pack([]string{"one", "two"}, map[string][]byte{"one": one, "two": two})
	target := pack([]string{"new", "two", "one"}, map[string][]byte{"one": change(one, 77, 3), "two": two, "new": []byte("hello")})
	patch := made(t, source, target)
	if len(patch) > 600 {
		t.Errorf("%d bytes", len(patch))
	}
	if got, err := applied(source, patch, 1<<20); err != nil || !bytes.Equal(got, target) {
		t.Error(err)
	}
	if !bytes.Equal(patch, made(t, source, target)) {
		t.Error("made again it is another one")
	}
}

// A delta that is not the right one makes an error and not a release: for
// another source, cut anywhere, with any byte changed, with more behind it.
func TestDamage(t *testing.T) {
	source := program(3, 20_000)
	target := slices.Insert(change(source, 9000, 5), 4000, program(4, 700)...)
	patch := made(t, source, target)
	refused := func(name string, source, patch []byte, limit int64) {
		t.Helper()
		if got, err := applied(source, patch, limit); err == nil {
			t.Errorf("%s: it made %d bytes, the right ones: %v", name, len(got), bytes.Equal(got, target))
		} else if !errors.Is(err, delta.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	limit := int64(len(target))
	refused("another source", change(source, 10, 1), patch, limit)
	refused("a shorter source", source[1:], patch, limit)
	refused("more than is allowed", source, patch, limit-1)
	refused("more behind", source, append(slices.Clone(patch), 0), limit)
	refused("another version", source, change(patch, 7, 1), limit)
	for n := range patch {
		refused("cut", source, patch[:n], limit)
		if n >= 8+8 && n < 8+8+32 {
			continue // the source's hash: who applies it compares that
		}
		if got, err := applied(source, change(patch, n, 1), limit); err == nil && !bytes.Equal(got, target) {
			t.Fatalf("byte %d changed: another target passed", n)
		}
	}
}

// Whatever the bytes are: bounded output, no crash, and no success but with the
// promised hash.
func FuzzReader(f *testing.F) {
	source := program(5, 3000)
	f.Add(made(f, source, change(source, 100, 1)))
	f.Add(made(f, source, program(6, 3000)))
	f.Add(made(f, source, nil))
	f.Add([]byte("BCDELTA\x01"))
	f.Fuzz(func(t *testing.T, patch []byte) {
		const limit = 1 << 20
		got, err := applied(source, patch, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes came out", len(got))
		}
		if err == nil {
			if h, err := delta.ReadHeader(bytes.NewReader(patch)); err != nil || h.Target.Size != int64(len(got)) {
				t.Fatalf("%d bytes, promised %d, %v", len(got), h.Target.Size, err)
			}
		}
	})
}

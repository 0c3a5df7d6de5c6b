package relay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

func spoolIn(t *testing.T, dir string, change ...func(*FilesConfig)) *spool {
	t.Helper()
	cfg := FilesConfig{Spool: dir, Reserve: 1, Scanner: &scanner{here: true}}
	for _, c := range change {
		c(&cfg)
	}
	s, err := newSpool(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.root != nil {
			s.root.Close()
		}
	})
	return s
}

func start(t *testing.T, s *spool, n int, direction string, data []byte) *parcel {
	t.Helper()
	sum := sha256.Sum256(data)
	p, err := s.open(support.Transfer{
		ID: fmt.Sprintf("%032x", n), Direction: direction, File: wire.File{Name: "a.bin", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fill(s *spool, p *parcel, data []byte) error {
	if err := p.put(data); err != nil {
		return err
	}
	_, _, _, err := s.store(p, nil)
	return err
}

// listing is everything in a folder and below, by name.
func listing(t testing.TB, dir string) (out []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return nil
	})
	return out
}

// Scenario 34: cut at every chunk, nothing is left in the spool, and a service
// that died leaves nothing for the next.
func TestSpoolCutAtEveryChunk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := spoolIn(t, dir)
	data := bytes.Repeat([]byte{7}, 1000)
	for cut := 0; cut <= 10; cut++ {
		p := start(t, s, cut, support.ToPC, data)
		for i := range cut {
			if err := fill(s, p, data[i*100:(i+1)*100]); err != nil {
				t.Fatal(err)
			}
		}
		if cut == 10 {
			if sha, v, err := s.check(p); err != nil || !v.Clean || sha == "" {
				t.Fatal(sha, v, err)
			}
		}
		s.drop(s.forget(p.id))
		if left := listing(t, dir); len(left) != 0 {
			t.Errorf("cut after %d: %v is left", cut, left)
		}
		if err := fill(s, p, data[:1]); err == nil {
			t.Error("a dropped file took bytes")
		}
	}
	if i, err := os.Stat(dir); err != nil || i.Mode().Perm() != 0o700 {
		t.Errorf("the spool is open to others: %v %v", i.Mode(), err)
	}
	if err := fill(s, start(t, s, 99, support.ToPC, data), data[:1]); err != nil {
		t.Fatal(err)
	}
	spoolIn(t, dir)
	if left := listing(t, dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// Scenario 33: the hash is of what lies on the disk; what was approved is what
// is sent, piece by piece, whatever somebody does to the spool in between.
func TestSpoolContentsChanged(t *testing.T) {
	dir := t.TempDir()
	s := spoolIn(t, dir)
	data := bytes.Repeat([]byte("as approved "), 20_000)
	sum := sha256.Sum256(data)
	p := start(t, s, 1, support.ToEngineer, data)
	if err := fill(s, p, data); err != nil {
		t.Fatal(err)
	}
	if sha, v, err := s.check(p); err != nil || !v.Clean || sha != hex.EncodeToString(sum[:]) {
		t.Fatal(sha, v, err)
	}
	if got, err := p.piece(1); err != nil || !bytes.Equal(got, data[pieceSize:2*pieceSize]) {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, p.path), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{'x'}, pieceSize+3); err != nil {
		t.Fatal(err)
	}
	if _, err := p.piece(1); !errors.Is(err, errChanged) {
		t.Errorf("a changed piece: %v", err)
	}
	if _, err := p.piece(0); err != nil {
		t.Errorf("a piece that was not changed: %v", err)
	}
	if sha, _, err := s.check(p); err != nil || sha == hex.EncodeToString(sum[:]) {
		t.Errorf("the change was not seen: %v", err)
	}
	short := start(t, s, 2, support.ToPC, data)
	if err := fill(s, short, data[:3]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.check(short); !errors.Is(err, errHash) {
		t.Errorf("a short file: %v", err)
	}
}

func TestSpoolSpace(t *testing.T) {
	s := spoolIn(t, t.TempDir(), func(c *FilesConfig) {
		c.Free = func(string) (uint64, error) { return 1000, nil }
		c.Reserve = 600
	})
	if err := fill(s, start(t, s, 1, support.ToPC, make([]byte, 400)), make([]byte, 400)); err != nil {
		t.Error(err)
	}
	if err := fill(s, start(t, s, 2, support.ToPC, make([]byte, 401)), make([]byte, 1)); !errors.Is(err, errDiskFull) {
		t.Errorf("%v", err)
	}
}

// Scenario 53: what may wait for a slow disk is bounded.
func TestSpoolIsBounded(t *testing.T) {
	s := spoolIn(t, t.TempDir())
	p := start(t, s, 1, support.ToPC, make([]byte, 2*wire.FileWindow))
	for range wire.FileWindow {
		if err := p.put([]byte{1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.put([]byte{1}); !errors.Is(err, errFlow) {
		t.Errorf("more than the window: %v", err)
	}
}

// Scenario 31: a spool that is a link is none.
func TestSpoolThatLeadsElsewhere(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "spool")); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
	s := spoolIn(t, filepath.Join(dir, "spool"))
	if err := fill(s, start(t, s, 1, support.ToPC, []byte("x")), []byte("x")); err == nil {
		t.Error("the spool was opened through a link")
	}
	if left := listing(t, outside); len(left) != 0 {
		t.Errorf("outside: %v", left)
	}
}

func TestChunkKey(t *testing.T) {
	for id, ok := range map[string]bool{
		"00112233445566778899aabbccddeeff": true,
		"abcdefghijklmnop":                 false,
		"00112233445566778899AABBCCDDEEFF": false, // one key, one ID
		"":                                 false,
		"0011":                             false,
		"zz112233445566778899aabbccddeeff": false,
	} {
		if _, got := chunkKey(id); got != ok {
			t.Errorf("%q: %v", id, got)
		}
	}
}

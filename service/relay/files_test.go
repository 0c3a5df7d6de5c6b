package relay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"beckmanconnect/service/support"
	"beckmanconnect/session/wire"
)

func receiverIn(t *testing.T, dir string, change ...func(*FilesConfig)) *receiver {
	t.Helper()
	cfg := FilesConfig{Dir: dir, Reserve: 1}
	for _, c := range change {
		c(&cfg)
	}
	r, err := newReceiver(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if r.root != nil {
			r.root.Close()
		}
	})
	return r
}

func start(t *testing.T, r *receiver, n int, name string, data []byte) *transfer {
	t.Helper()
	id := fmt.Sprintf("%032x", n)
	sum := sha256.Sum256(data)
	err := r.open(support.Transfer{ID: id, File: wire.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}})
	if err != nil {
		t.Fatal(err)
	}
	return r.findID(id)
}

// listing is everything in a folder and below, by name.
func listing(t *testing.T, dir string) (out []string) {
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

// Scenario 34: cut at every chunk, nothing is visible and nothing is left.
func TestCutAtEveryChunk(t *testing.T) {
	dir := t.TempDir()
	r := receiverIn(t, dir)
	data := bytes.Repeat([]byte{7}, 1000)
	for cut := 0; cut <= 10; cut++ {
		x := start(t, r, cut, "a.bin", data)
		for i := range cut {
			if err := r.write(x, data[i*100:(i+1)*100]); err != nil {
				t.Fatal(err)
			}
		}
		if cut == 10 {
			if _, err := r.verify(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range listing(t, dir) {
			if filepath.Dir(name) != incoming {
				t.Errorf("%s is visible", name)
			}
		}
		r.drop(r.forget(x.id))
		if left := listing(t, dir); len(left) != 0 {
			t.Errorf("cut after %d: %v is left", cut, left)
		}
		if _, err := r.reveal(x); err == nil {
			t.Error("a dropped file was revealed")
		}
	}
	// And a service that dies in the middle leaves nothing for long.
	x := start(t, r, 99, "a.bin", data)
	if err := r.write(x, data[:1]); err != nil {
		t.Fatal(err)
	}
	receiverIn(t, dir)
	if left := listing(t, dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// Scenario 34: nothing is overwritten, however many come at once.
func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	r := receiverIn(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	names := make([]string, 20)
	for i := range names {
		data := []byte{byte(i)}
		x := start(t, r, i, "a.txt", data)
		wait.Go(func() {
			err := r.write(x, data)
			_, verr := r.verify(context.Background(), x)
			name, rerr := r.reveal(x)
			if err := errors.Join(err, verr, rerr); err != nil {
				t.Error(err)
			}
			names[i] = name
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	for i, name := range names {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(got) != 1 || got[0] != byte(i) || seen[name] {
			t.Errorf("file %d: %q %v", i, name, err)
		}
		seen[name] = true
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "a.txt")); string(got) != "mine" {
		t.Error("a file that stood there was changed")
	}
}

// Scenario 33: what lies on the disk is what is hashed, not what was sent.
func TestContentsChangedOnDisk(t *testing.T) {
	dir := t.TempDir()
	r := receiverIn(t, dir)
	data := []byte("as approved")
	x := start(t, r, 1, "a.txt", data)
	if err := r.write(x, data); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, x.partial), []byte("as changed!"), 0o600); err != nil {
		t.Fatal(err)
	}
	sha, err := r.verify(t.Context(), x)
	sum := sha256.Sum256(data)
	if err != nil || sha == hex.EncodeToString(sum[:]) {
		t.Errorf("the change was not seen: %v", err)
	}
	x = start(t, r, 2, "b.txt", data)
	if err := r.write(x, data[:3]); err != nil {
		t.Fatal(err)
	}
	if _, err := r.verify(t.Context(), x); !errors.Is(err, errHash) {
		t.Errorf("a short file: %v", err)
	}
}

func TestDiskSpace(t *testing.T) {
	r := receiverIn(t, t.TempDir(), func(c *FilesConfig) {
		c.Free = func(string) (uint64, error) { return 1000, nil }
		c.Reserve = 600
	})
	small, large := start(t, r, 1, "a", make([]byte, 400)), start(t, r, 2, "b", make([]byte, 401))
	if err := r.write(small, make([]byte, 400)); err != nil {
		t.Error(err)
	}
	if err := r.write(large, make([]byte, 1)); !errors.Is(err, errDiskFull) {
		t.Errorf("%v", err)
	}
}

// Scenario 31: links inside the folder lead nowhere outside it.
func TestLinksLeadNowhere(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := receiverIn(t, dir)
	if err := os.Symlink(victim, filepath.Join(dir, "a.txt")); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
	data := []byte("evil")
	x := start(t, r, 1, "a.txt", data)
	if err := r.write(x, data); err != nil {
		t.Fatal(err)
	}
	if _, err := r.verify(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if name, err := r.reveal(x); err != nil || name == "a.txt" {
		t.Errorf("%q %v", name, err)
	}
	// The private folder itself replaced by a link, before and between.
	if err := os.RemoveAll(filepath.Join(dir, incoming)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, incoming)); err != nil {
		t.Fatal(err)
	}
	if err := r.write(start(t, r, 2, "b.txt", data), data); err == nil {
		t.Error("a partial file was made outside")
	}
	again := receiverIn(t, dir)
	if err := again.write(start(t, again, 3, "c.txt", data), data); err == nil {
		t.Error("a partial file was made outside")
	}
	if left := listing(t, outside); len(left) != 1 {
		t.Errorf("outside: %v", left)
	}
	if got, _ := os.ReadFile(victim); string(got) != "untouched" {
		t.Error("a file outside was changed")
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

package keys

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func secretOf(t *testing.T, w Wrapper, dir, name, want string) {
	t.Helper()
	got, err := ReadSecret(w, dir, name)
	if err != nil || string(got) != want {
		t.Fatalf("%s: %q, %v", name, got, err)
	}
}

// The wrapping key is renewed: at every point of it each secret opens, and at
// the end the old key opens nothing (P15).
func TestRenewWrappingKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	w := File{Dir: dir}
	for _, name := range []string{"device.key", "checkpoint.key"} {
		if err := WriteSecret(w, dir, name, []byte("secret of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint.pub"), []byte("plain\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	all := func() {
		t.Helper()
		secretOf(t, w, dir, "device.key", "secret of device.key")
		secretOf(t, w, dir, "checkpoint.key", "secret of checkpoint.key")
	}
	first, err := os.ReadFile(filepath.Join(dir, MasterFile))
	if err != nil {
		t.Fatal(err)
	}
	// Cut short between its two steps: the old key has both names.
	if err := os.Link(filepath.Join(dir, MasterFile), filepath.Join(dir, oldMaster)); err != nil {
		t.Fatal(err)
	}
	all()
	if err := w.Renew(); err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(dir, MasterFile))
	if err != nil || bytes.Equal(first, second) {
		t.Fatal("the key is the same", err)
	}
	all()
	if !w.Stale() {
		t.Fatal("the old key is not seen")
	}
	if err := w.Renew(); err != nil { // again after a crash: no third key
		t.Fatal(err)
	}
	if third, _ := os.ReadFile(filepath.Join(dir, MasterFile)); !bytes.Equal(third, second) {
		t.Fatal("a renewal that goes on made another key")
	}
	if n, err := Rewrap(w, dir); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	all()
	if err := w.Retire(); err != nil {
		t.Fatal(err)
	}
	if w.Stale() {
		t.Fatal("an old key is left")
	}
	all()
	if b, _ := os.ReadFile(filepath.Join(dir, "checkpoint.pub")); string(b) != "plain\n" {
		t.Fatal("a plain file was changed")
	}
	if err := os.WriteFile(filepath.Join(dir, MasterFile), first, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSecret(w, dir, "device.key"); !errors.Is(err, ErrWrong) {
		t.Fatal("the old key still opens:", err)
	}
}

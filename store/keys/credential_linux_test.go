package keys

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A systemd credential takes the place of the key file: what the file wrapped
// is wrapped anew, and the file goes (P15).
func TestCredential(t *testing.T) {
	dir, credentials := filepath.Join(t.TempDir(), "keys"), t.TempDir()
	if err := WriteSecret(Default(dir), dir, "device.key", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	path := filepath.Join(credentials, Credential)
	w := Default(dir).(File)
	secretOf(t, w, dir, "device.key", "secret") // the credential is not there: the file counts
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, masterSize), 0o400); err != nil {
		t.Fatal(err)
	}
	secretOf(t, w, dir, "device.key", "secret")
	if !w.Stale() {
		t.Fatal("the file is not seen as the key before")
	}
	if _, err := Rewrap(w, dir); err != nil {
		t.Fatal(err)
	}
	if err := w.Retire(); err != nil {
		t.Fatal(err)
	}
	secretOf(t, w, dir, "device.key", "secret")
	if w.Stale() || w.has(MasterFile) {
		t.Fatal("the key file is still there")
	}
	if err := w.Renew(); err != nil || w.has(MasterFile) || w.has(oldMaster) {
		t.Fatal("a credential is not renewed by a file", err)
	}

	if err := os.WriteFile(filepath.Join(credentials, "x"), bytes.Repeat([]byte{8}, masterSize), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSecret(File{Dir: dir, Credential: filepath.Join(credentials, "x")}, dir, "device.key"); !errors.Is(err, ErrWrong) {
		t.Fatal("another credential:", err)
	}
	// Not delivered is not lost: nothing is made, and nothing given up, until IT
	// says that it is lost.
	for _, w := range []File{{Dir: dir, Credential: filepath.Join(credentials, "none")}, {Dir: dir}} {
		if _, err := ReadSecret(w, dir, "device.key"); !errors.Is(err, ErrAway) || errors.Is(err, ErrMissing) {
			t.Fatal("not delivered:", err)
		}
		if err := Available(w); !errors.Is(err, ErrAway) {
			t.Fatal("not delivered:", err)
		}
		if _, err := w.Wrap([]byte("x"), "y"); !errors.Is(err, ErrAway) || w.has(MasterFile) {
			t.Fatal("a key was made in its place:", err)
		}
	}
	if err := os.WriteFile(filepath.Join(credentials, "short"), []byte("short"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Available(File{Dir: dir, Credential: filepath.Join(credentials, "short")}); !errors.Is(err, ErrAway) {
		t.Fatal("what is no key at all:", err)
	}
	if err := os.Remove(filepath.Join(dir, heldElsewhere)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSecret(File{Dir: dir}, dir, "device.key"); !errors.Is(err, ErrMissing) {
		t.Fatal("lost for good:", err)
	}
	if err := Available(File{Dir: dir}); err != nil {
		t.Fatal("a lost key is one that can be made:", err)
	}
	if w.has(MasterFile) {
		t.Fatal("reading made a key file")
	}
}

// The rights of a credential are checked as those of the file are.
func TestCredentialRights(t *testing.T) {
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o440: true, 0o600: true, 0o444: false, 0o460: false, 0o602: false} {
		path := filepath.Join(t.TempDir(), Credential)
		if err := os.WriteFile(path, make([]byte, masterSize), 0o400); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := File{Dir: t.TempDir(), Credential: path}.Wrap([]byte("x"), "y")
		if ok != (err == nil) || err != nil && !errors.Is(err, ErrRights) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, Credential)
	if err := os.WriteFile(target, make([]byte, masterSize), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := (File{Dir: dir, Credential: link}).Wrap([]byte("x"), "y"); !errors.Is(err, ErrRights) {
		t.Fatal("a symbolic link:", err)
	}
}

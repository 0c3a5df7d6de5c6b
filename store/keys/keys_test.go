package keys

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// A secret comes back, only with its own name, and is not in the file.
func TestSecretRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	for _, w := range []Wrapper{Default(dir), File{Dir: dir}} {
		secret := []byte("CANARY device key")
		if err := WriteSecret(w, dir, "device.key", secret); err != nil {
			t.Fatal(err)
		}
		got, err := ReadSecret(w, dir, "device.key")
		if err != nil || !bytes.Equal(got, secret) {
			t.Fatal(got, err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "device.key"))
		if err != nil || bytes.Contains(raw, []byte("CANARY")) {
			t.Fatal("kept in the clear", err)
		}
		if err := os.WriteFile(filepath.Join(dir, "other.key"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSecret(w, dir, "other.key"); !errors.Is(err, ErrWrong) {
			t.Fatal("opened under another name:", err)
		}
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(filepath.Join(dir, "device.key"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSecret(w, dir, "device.key"); !errors.Is(err, ErrWrong) {
			t.Fatal("a changed file opened:", err)
		}
	}
	if _, err := ReadSecret(Default(dir), dir, "nothing"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// Unwrapping never makes a master key: what an old one wrapped would be lost
// without a word.
func TestUnwrapMakesNoKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := (File{Dir: dir}).Unwrap([]byte("x"), "y"); !errors.Is(err, ErrMissing) {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("something was made")
	}
}

// The checkpoint key is the same at every start, and its public half verifies.
func TestCheckpointKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	w := Default(dir)
	if _, _, err := LoadCheckpoint(w, dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	s1, _, err := Checkpoint(w, dir)
	if err != nil {
		t.Fatal(err)
	}
	s2, _, err := Checkpoint(w, dir)
	if err != nil || s1.Name() != s2.Name() || s1.KeyHash() != s2.KeyHash() {
		t.Fatal("another key at the second start", err)
	}
	msg, err := note.Sign(&note.Note{Text: "x\n"}, s1)
	if err != nil {
		t.Fatal(err)
	}
	known, err := CheckpointVerifiers(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(msg, known); err != nil {
		t.Fatal(err)
	}
	// The private half is never replaced because the public one is gone: that
	// one is made again, the very same, once the log was seen to be its own.
	public := filepath.Join(dir, CheckpointPublic)
	before, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(public); err != nil {
		t.Fatal(err)
	}
	if s, v, err := Checkpoint(w, dir); err != nil || s.KeyHash() != s1.KeyHash() || v.KeyHash() != s1.KeyHash() {
		t.Fatal("without the public half:", err)
	}
	if _, err := os.Stat(public); err == nil {
		t.Fatal("reading wrote it")
	}
	if done, err := RestorePublic(w, dir, func(note.Verifier) error { return ErrWrong }); !errors.Is(err, ErrWrong) || done {
		t.Fatal("another log's key:", done, err)
	}
	if _, err := os.Stat(public); err == nil {
		t.Fatal("written for another log")
	}
	if done, err := RestorePublic(w, dir, func(v note.Verifier) error {
		_, err := note.Open(msg, note.VerifierList(v))
		return err
	}); err != nil || !done {
		t.Fatal(done, err)
	}
	if after, err := os.ReadFile(public); err != nil || !bytes.Equal(before, after) {
		t.Fatalf("%q, before %q (%v)", after, before, err)
	}
	if done, err := RestorePublic(w, dir, nil); err != nil || done {
		t.Fatal("written again", err)
	}
	// One of another key is no accident to be put right here.
	other, _, err := Checkpoint(w, filepath.Join(t.TempDir(), "k"))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := note.NewEd25519VerifierKey(other.Name(), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{foreign + "\n", "", "no key"} {
		if err := os.WriteFile(public, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Checkpoint(w, dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%q: %v", text, err)
		}
	}
	if s3, _, err := Checkpoint(w, filepath.Join(t.TempDir(), "k")); err != nil || s3.Name() == s1.Name() {
		t.Fatal("two devices share a log's name", err)
	}
}

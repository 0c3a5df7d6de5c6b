package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// refusing is a system that does not let keys be used, as DPAPI can.
type refusing struct{ keys.Wrapper }

func (refusing) Available() error { return fmt.Errorf("%w: the system refuses", keys.ErrAway) }

// allOf is every file of a data folder and its keys, with their contents.
func allOf(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := os.ReadFile(filepath.Join(dir, logproof.FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q %x %s", names, db, listing(t, filepath.Join(dir, KeysDir)))
}

// Where the key cannot be used now the log is not opened, not set aside and not
// touched, and a log that was never begun is not begun either (P15).
func TestKeysThatCannotBeUsedNow(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	appendSome(t, s, 3, "a.b")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, filepath.Join(t.TempDir(), "new")} {
		before := allOf(t, dir)
		_, err := Open(t.Context(), Options{Dir: dir, Key: refusing{keys.Default(filepath.Join(dir, KeysDir))}, SetAside: true})
		if KindOf(err) != KindAway || !errors.Is(err, keys.ErrAway) {
			t.Fatal(err)
		}
		if after := allOf(t, dir); after != before {
			t.Fatal("something was touched")
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, logproof.AsideDir)); err == nil {
		t.Fatal("set aside")
	}
	s = openTest(t, Options{Dir: dir})
	if n := s.LogState().Entries; n != 4 {
		t.Fatalf("%d entries", n)
	}
}

// The public half of the checkpoint key alone is gone: the log goes on with the
// key it has, the same public half is written again, and that is on record.
func TestPublicHalfGone(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	appendSome(t, s, 3, "a.b")
	origin := s.Signer().Name()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(dir, KeysDir, keys.CheckpointPublic)
	before, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := os.Remove(public); err != nil {
			t.Fatal(err)
		}
		s = openTest(t, Options{Dir: dir, SetAside: true})
		if after, err := os.ReadFile(public); err != nil || !bytes.Equal(after, before) || s.Verifier()+"\n" != string(before) {
			t.Fatalf("%q, before %q (%v)", after, before, err)
		}
		list, _, err := s.Entries(t.Context(), 0, 1)
		if err != nil || list[0].Kind != "log.key-restored" || list[0].Fields["origin"] != origin {
			t.Fatalf("%+v %v", list, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	v, err := note.NewVerifier(string(bytes.TrimSpace(before)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := logproof.Verify(t.Context(), logproof.Config{Path: filepath.Join(dir, logproof.FileName), Verifiers: note.VerifierList(v)})
	if err != nil || report.Fault != nil || report.Entries != 6 {
		t.Fatalf("%+v %v", report, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, logproof.AsideDir)); err == nil {
		t.Fatal("set aside")
	}
}

package source_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/service/upgrade/source"
)

// A memory that cannot be read is an error that says what to do, and never an
// empty one: an old state could pass for the newest (scenario 36).
func TestUnreadableMemory(t *testing.T) {
	tests := map[string]func(path string) error{
		"empty":    func(path string) error { return os.Truncate(path, 0) },
		"garbage":  func(path string) error { return os.WriteFile(path, []byte("hello, this is no database at all"), 0o600) },
		"zeros":    func(path string) error { return os.WriteFile(path, make([]byte, 8192), 0o600) },
		"half":     func(path string) error { return os.Truncate(path, 4096) },
		"a folder": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"a page": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(make([]byte, 4096), 4096)
			return errors.Join(err, f.Close())
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPC(t)
			p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
			o := p.offers("1.0.0")
			path := filepath.Join(p.dir, "memory.db")
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			for range 2 { // it does not heal by being asked
				p.refuses(source.ErrMemory)
			}
			if err := p.source().Confirm(t.Context(), *o); !errors.Is(err, source.ErrMemory) {
				t.Errorf("confirmed: %v", err)
			}
			// What it says to do helps.
			if err := os.Rename(path, path+".old"); err != nil {
				t.Fatal(err)
			}
			p.offers("1.0.0")
		})
	}
}

// The file that held the memory before is taken over once.
func TestMemoryIsTakenOver(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	legacy := filepath.Join(p.dir, "seen.json")
	at := p.vendor.Now().Add(9 * 24 * time.Hour).UTC().Format(time.RFC3339)
	if err := os.WriteFile(legacy, []byte(`{"root":1,"timestamp":9,"snapshot":2,"targets":2,"time":"`+at+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.refuses(source.ErrExpired) // the time that was known
	if _, err := os.Stat(legacy); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	p.vendor.Pass(9 * 24 * time.Hour)
	if err := p.vendor.Repository.Timestamp(); err != nil {
		t.Fatal(err)
	}
	p.refuses(source.ErrRollback) // timestamp 3 after 9
	for range 6 {
		if err := p.vendor.Repository.Timestamp(); err != nil {
			t.Fatal(err)
		}
	}
	p.offers("1.0.0")

	t.Run("unreadable", func(t *testing.T) {
		p := newPC(t)
		if err := os.WriteFile(filepath.Join(p.dir, "seen.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.refuses(source.ErrMemory)
	})
}

// What power loss leaves of a memory that was being made is no memory.
func TestHalfMadeMemory(t *testing.T) {
	p := newPC(t)
	p.vendor.Publish(t, "1.0.0", linux, []byte("one"))
	for _, name := range []string{"memory.db.new", "memory.db.new-journal"} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.offers("1.0.0")
}

func TestPolicyMemory(t *testing.T) {
	m := source.NewMemory(t.TempDir())
	if n, note, err := m.Policy(t.Context()); n != 0 || note != nil || err != nil {
		t.Fatalf("at first: %d, %q, %v", n, note, err)
	}
	for _, n := range []uint64{1, 7, 1<<64 - 1} {
		if err := m.SetPolicy(t.Context(), n, []byte("note")); err != nil {
			t.Fatal(err)
		}
		if got, note, err := m.Policy(t.Context()); got != n || string(note) != "note" || err != nil {
			t.Fatalf("%d: %d, %q, %v", n, got, note, err)
		}
	}
}

// Whoever gives up in the midst of it has either kept something or not, and
// nothing is written any more when the call has returned.
func TestMemoryGivenUp(t *testing.T) {
	dir := t.TempDir()
	m := source.NewMemory(dir)
	kept := uint64(0)
	for n := uint64(1); n <= 60; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		given := make(chan struct{})
		go func() {
			defer close(given)
			time.Sleep(time.Duration(n) * 50 * time.Microsecond) // somewhere in the call; nothing is timed by it
			cancel()
		}()
		err := m.SetPolicy(ctx, n, []byte("note"))
		files, readErr := filepath.Glob(filepath.Join(dir, "*-journal"))
		if readErr != nil || len(files) > 0 {
			t.Fatalf("%d: still written to: %v, %v", n, files, readErr)
		}
		<-given
		if err == nil {
			kept = n
		} else if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if got, _, err := m.Policy(t.Context()); got != kept || err != nil {
			t.Fatalf("%d: %d is kept, not %d: %v", n, got, kept, err)
		}
	}
}

package data

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"beckmanconnect/cloud/kms"
	"beckmanconnect/internal/cloudapi"
)

// childVariable makes the test binary the process that a test kills.
const childVariable = "BECKMANCONNECT_TEST_CLOUD_CHILD"

// childWork is what such a process does, over and over.
type childWork struct {
	Do       string // "rotate", "rewrap", "restore"
	Dir, URL string
	Node     string
	Keys     Keys
	Next     Keys   // rewrap: the other wrapping keys
	Backup   string // restore
	Recovery string
}

func work(do string, c Config) childWork {
	return childWork{Do: do, Dir: c.Dir, URL: c.URL, Node: c.Node, Keys: c.Keys}
}

// child does the work until it is killed or, of a restore, done.
func child(text string) int {
	var w childWork
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := w.run(context.Background()); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

func (w childWork) run(ctx context.Context) error {
	c := Config{Dir: w.Dir, URL: w.URL, Node: w.Node, Keys: w.Keys}
	switch w.Do {
	case "restore":
		key, err := kms.Open(w.Recovery)
		if err != nil {
			return err
		}
		f, err := os.Open(w.Backup)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Println("begun")
		_, err = Restore(ctx, c, f, key)
		return err
	case "rotate":
		db, err := OpenConfig(ctx, c)
		if err != nil {
			return err
		}
		fmt.Println("begun")
		for {
			if err := db.RotateKeys(ctx); err != nil {
				return err
			}
			if _, err := db.Reseal(ctx); err != nil {
				return err
			}
		}
	case "rewrap":
		fmt.Println("begun")
		for {
			if err := rewrap(ctx, c, w.Next); err != nil {
				return err
			}
			c.Keys, w.Next = w.Next, c.Keys
		}
	}
	return fmt.Errorf("%q is nothing to do", w.Do)
}

// rewrap leads from the wrapping keys of a configuration to others, as "keys
// rewrap" does in its two steps.
func rewrap(ctx context.Context, c Config, next Keys) error {
	db, err := OpenConfig(ctx, c)
	if err == nil {
		err = joined(db.AddWrapping(ctx, next), db.Close())
	}
	if err != nil {
		return err
	}
	c.Keys = next
	if db, err = OpenConfig(ctx, c); err != nil {
		return err
	}
	return joined(db.OnlyWrapping(ctx), db.Close())
}

// killed starts the work in a process of its own and kills it at a random
// moment after it began. It tells whether the process ended by itself before.
func killed(t *testing.T, w childWork, within time.Duration) (done bool) {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+string(text))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil || first != "begun\n" {
		rest, _ := io.ReadAll(lines)
		_ = c.Wait()
		t.Fatalf("%q %s %v", first, rest, err)
	}
	time.Sleep(rand.N(within))
	_ = c.Process.Kill() // it may have ended
	rest, _ := io.ReadAll(lines)
	if err := c.Wait(); err != nil && len(rest) > 0 {
		t.Fatalf("%v: %s", err, rest)
	}
	return c.ProcessState.Success()
}

// manyValues is a database with some hundreds of sealed values, closed.
func manyValues(t *testing.T) Config {
	t.Helper()
	c := config(t)
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{DB: db, dir: c.Dir}
	o.register(t, device)
	for i := range 500 {
		if _, err := o.Take(t.Context(), device, "e", uint64(i+1), func(tx *Tx) error {
			return tx.AddSessionEvent(cloudapi.SessionEvent{Request: "r1", Kind: "k", Engineer: "canary@vendor.example", Fields: map[string]string{"n": fmt.Sprint(i)}}, 1)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

// readable opens the database and finds every value of manyValues in it.
func readable(t *testing.T, c Config) error {
	t.Helper()
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		return err
	}
	defer db.Close()
	if d, err := db.Device(t.Context(), device); err != nil || d.Name != "Canary Person" {
		return fmt.Errorf("%q %w", d.Name, err)
	}
	list, err := db.SessionEvents(t.Context(), "r1")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range list {
		seen[e.Fields["n"]] = e.Engineer == "canary@vendor.example"
	}
	if len(list) != 500 || len(seen) != 500 {
		return fmt.Errorf("%d lines, %d of them different", len(list), len(seen))
	}
	events, err := db.EventsAfter(t.Context(), 0, 1000)
	if err != nil || len(events) < 500 {
		return fmt.Errorf("%d events: %w", len(events), err)
	}
	return nil
}

const kills = 8

// Killed at any moment of a rotation every value is readable, and the next run
// leaves nothing under keys of before (P15).
func TestRotationKilled(t *testing.T) {
	c := manyValues(t)
	for n := range kills {
		killed(t, work("rotate", c), 300*time.Millisecond)
		if err := readable(t, c); err != nil {
			t.Fatalf("after kill %d: %v", n+1, err)
		}
	}
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list, old, err := db.KeyStatuses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d keys were made, %d values lie under keys of before", list[0].Keys-1, old)
	if list[0].Keys < 2 {
		t.Error("no rotation had begun when the process was killed")
	}
	if _, err := db.Reseal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, old, err := db.KeyStatuses(t.Context()); err != nil || old != 0 {
		t.Errorf("%d values are left, %v", old, err)
	}
}

// Killed at any moment while wrapping keys change, the ones of before or the new
// ones open everything, and the change can be made (P15).
func TestRewrapKilled(t *testing.T) {
	c := manyValues(t)
	dir := t.TempDir()
	other := Keys{Data: filepath.Join(dir, "data.key"), Confidential: filepath.Join(dir, "confidential.key")}
	for _, path := range []string{other.Data, other.Confidential} {
		if _, err := kms.Make(path); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[Keys]int{}
	for n := range kills {
		w := work("rewrap", c)
		w.Next = other
		killed(t, w, 500*time.Millisecond)
		now := c
		err := readable(t, now)
		if err != nil {
			now.Keys = other
			err = readable(t, now)
		}
		if err != nil {
			t.Fatalf("after kill %d neither of the wrapping keys opens it: %v", n+1, err)
		}
		seen[now.Keys]++
		if now.Keys == other {
			c, other = now, c.Keys
		}
	}
	t.Logf("the keys of before opened it %d times, the others %d times", seen[c.Keys], seen[other])
	if err := rewrap(t.Context(), c, other); err != nil {
		t.Fatal(err)
	}
	if err := readable(t, c); err == nil {
		t.Error("the wrapping keys of before still open it")
	}
	c.Keys = other
	if err := readable(t, c); err != nil {
		t.Error(err)
	}
}

// Killed at any moment of a restore there is nothing, or all of it: it is run
// again into the same place (P15).
func TestRestoreKilled(t *testing.T) {
	c := manyValues(t)
	recovery := filepath.Join(t.TempDir(), "recovery.key")
	key, err := kms.Make(recovery)
	if err != nil {
		t.Fatal(err)
	}
	db, err := OpenConfig(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if _, err := db.Backup(t.Context(), &backup, key.Public()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, backup.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cut := 0
	for range kills {
		to := config(t)
		w := work("restore", to)
		w.Backup, w.Recovery = file, recovery
		done := killed(t, w, 400*time.Millisecond)
		if !done {
			cut++
		}
		// What was kept just before the kill is there as a whole.
		if _, err := Restore(t.Context(), to, bytes.NewReader(backup.Bytes()), key); err != nil && !errors.Is(err, ErrNotEmpty) || done && err == nil {
			t.Fatalf("run again: %v, done before: %v", err, done)
		}
		if err := readable(t, to); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d restores were cut short", cut, kills)
}

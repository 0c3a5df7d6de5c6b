package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
	"beckmanconnect/store"
)

// ctl runs beckmanctl and gives what it printed.
func ctl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := dispatch(t.Context(), env{config: filepath.Join(t.TempDir(), "none.toml"), log: slog.New(slog.DiscardHandler), out: &out}, args)
	return out.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := ctl(t, args...)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return out
}

func growLog(t *testing.T, dir string, n int) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			if _, err := tx.Append(store.Entry{Kind: "test.entry", Actor: "system", Subject: strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A witness without a network: IT carries copies of the database to it, and
// finds the one that was put back, the place, and what lies after.
func TestWitnessOffline(t *testing.T) { // scenario 48
	data, dir := t.TempDir(), filepath.Join(t.TempDir(), "witness")
	s := growLog(t, data, 300)
	verifier := s.Verifier()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(data, logproof.FileName)
	old := filepath.Join(t.TempDir(), "old.db")
	copyTo(t, db, old)

	var made struct{ Key string }
	if err := json.Unmarshal([]byte(must(t, "witness", "init", "--dir", dir, "--name", "it.example", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	if _, err := cosign.NewVerifier(made.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := ctl(t, "witness", "init", "--dir", dir); err == nil {
		t.Fatal("made twice")
	}
	if _, err := ctl(t, "witness", "add", "--dir", dir, "--db", db); err == nil || !strings.Contains(err.Error(), "not known") {
		t.Fatal(err)
	}
	must(t, "witness", "trust", "--dir", dir, verifier)
	must(t, "witness", "add", "--dir", dir, "--db", db)
	s = growLog(t, data, 20)
	later := s.LogState().Entries
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "witness", "check", "--dir", dir, "--db", db); !strings.Contains(out, "Entries 301 to "+strconv.FormatInt(later-1, 10)+" are not witnessed yet") {
		t.Fatal(out)
	}
	must(t, "witness", "add", "--dir", dir, "--db", db)
	if out := must(t, "witness", "list", "--dir", dir); !strings.Contains(out, strconv.FormatInt(later, 10)+" entries, cosigned ") {
		t.Fatal(out)
	}
	// The old copy is found by its length, and where it goes on, by the place.
	if _, err := ctl(t, "witness", "check", "--dir", dir, "--db", old); err == nil || !strings.Contains(err.Error(), "entries 301: not-what-was-witnessed") {
		t.Fatal(err)
	}
	if _, err := ctl(t, "witness", "add", "--dir", dir, "--db", old); err == nil || !strings.Contains(err.Error(), "shrunk") {
		t.Fatal(err)
	}
	copyTo(t, old, db)
	if err := growLog(t, data, 40).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ctl(t, "witness", "check", "--dir", dir, "--db", db); err == nil || !strings.Contains(err.Error(), "saw another log of "+strconv.FormatInt(later, 10)) {
		t.Fatal(err)
	}
	if _, err := ctl(t, "witness", "add", "--dir", dir, "--db", db); err == nil || !strings.Contains(err.Error(), "(proof)") {
		t.Fatal(err)
	}
	if out := must(t, "witness", "list", "--dir", dir, "--json"); !strings.Contains(out, `"refused":"proof"`) {
		t.Fatal(out)
	}
}

// log verify holds the log against what was cosigned, that which lies beside it
// or one that is named, and says what no witness has seen yet.
func TestVerifyAgainstWitness(t *testing.T) { // scenario 48
	data := t.TempDir()
	s := growLog(t, data, 20)
	f, err := witness.Init(filepath.Join(t.TempDir(), "w"), "it.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Trust(s.Verifier()); err != nil {
		t.Fatal(err)
	}
	a, err := f.Add(t.Context(), witness.Request{Note: s.Checkpoint()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(data, logproof.FileName)
	old := filepath.Join(t.TempDir(), "old.db")
	if out := must(t, "log", "verify", "--db", db); !strings.Contains(out, "No witness's checkpoint was at hand") {
		t.Fatal(out)
	}
	named := filepath.Join(t.TempDir(), "named.note")
	if err := os.WriteFile(named, a.Seen.Note, 0o600); err != nil {
		t.Fatal(err)
	}
	key := f.Signer().VerifierKey()
	if out := must(t, "log", "verify", "--db", db, "--witnessed", named, "--witness-key", key); !strings.Contains(out, "All entries are witnessed") {
		t.Fatal(out)
	}
	_, wrong, err := cosign.GenerateKey("it.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ctl(t, "log", "verify", "--db", db, "--witnessed", named, "--witness-key", wrong); err == nil {
		t.Fatal("another witness's key was taken")
	}
	copyTo(t, db, old)
	s = growLog(t, data, 3)
	if _, err := s.Learn(t.Context(), "it", a.Seen.Note, f.Signer().Verifier()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "log", "verify", "--db", db); !strings.Contains(out, "The first 21 entries are what was witnessed. Entries 21 to 23 are not witnessed yet.") {
		t.Fatal(out)
	}
	if out := must(t, "log", "verify", "--db", db, "--json"); !strings.Contains(out, `"witnessed":21`) {
		t.Fatal(out)
	}
	// A log that ends before what was witnessed.
	short := t.TempDir()
	if err := growLog(t, short, 2).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ctl(t, "log", "verify", "--db", filepath.Join(short, logproof.FileName), "--witnessed", named); err == nil {
		t.Fatal("a checkpoint of another log was taken")
	}
}

func TestWitnessServeNotOnAnInstrumentPC(t *testing.T) { // P22
	config := filepath.Join(t.TempDir(), "host.toml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := dispatch(t.Context(), env{config: config, log: slog.New(slog.DiscardHandler), out: &bytes.Buffer{}},
		[]string{"witness", "serve", "--dir", t.TempDir(), "--listen", "127.0.0.1:0", "--cert", "c", "--key", "k"})
	if err == nil || !strings.Contains(err.Error(), "instrument PC") {
		t.Fatal(err)
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

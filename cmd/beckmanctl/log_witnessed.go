package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
)

// witnessedOptions say which cosigned checkpoints "log verify" holds the log
// against.
type witnessedOptions struct {
	file string // --witnessed: one of them; "": those kept beside the database
	key  string // --witness-key: the witness's verifier key, or a file with it; "": the log's own signature counts
}

func (o *witnessedOptions) flags(set *flag.FlagSet) {
	set.StringVar(&o.file, "witnessed", "", "")
	set.StringVar(&o.key, "witness-key", "", "")
}

// add says in a result how far the log is witnessed.
func (o *witnessedOptions) add(r verifyResult, list []logproof.Expected) verifyResult {
	if r.OK {
		for _, e := range list {
			r.Witnessed = max(r.Witnessed, e.Size)
		}
	}
	return r
}

// witnessedDir is where the service keeps them, beside the database.
const witnessedDir = "witnessed"

// expected reads the checkpoints that the log must contain. Those kept beside
// the database that are of another log, of one that was set aside, are left
// out; one that was named must be of this log.
func (o witnessedOptions) expected(ctx context.Context, db string, verifiers note.Verifiers) ([]logproof.Expected, error) {
	origin, err := originOf(db)
	if err != nil { // what is wrong with the database is told by verifying it
		return nil, ctx.Err()
	}
	files := []string{o.file}
	if o.file == "" {
		if files, err = filepath.Glob(filepath.Join(filepath.Dir(db), witnessedDir, "*.note")); err != nil {
			return nil, err
		}
		slices.Sort(files)
	}
	var list []logproof.Expected
	for _, file := range files {
		e, err := o.read(file, verifiers)
		if err != nil {
			return nil, fmt.Errorf("log verify: %s: %w", file, err)
		}
		if e.Origin != origin {
			if o.file == "" {
				continue
			}
			return nil, fmt.Errorf("log verify: %s is of the log %q, not of %q", file, printable(e.Origin), printable(origin))
		}
		list = append(list, e)
	}
	return list, nil
}

func (o witnessedOptions) read(file string, verifiers note.Verifiers) (logproof.Expected, error) {
	msg, err := readLimited(file, witness.MaxNote)
	if err != nil {
		return logproof.Expected{}, err
	}
	c, err := logproof.ReadCheckpoint(msg)
	if err != nil {
		return logproof.Expected{}, err
	}
	e := logproof.Expected{Checkpoint: c, By: "the witness " + strings.TrimSuffix(filepath.Base(file), ".note")}
	opened, err := note.Open(msg, verifiers)
	if err != nil {
		if o.file == "" {
			return e, nil // of another log, or it is found by what it says
		}
		return e, fmt.Errorf("not signed by the log's key: %w", err)
	}
	if o.key == "" {
		return e, nil
	}
	by, err := o.verifier()
	if err != nil {
		return e, err
	}
	for _, s := range opened.Sigs {
		log, err := verifiers.Verifier(s.Name, s.Hash)
		if err != nil || s.Name != c.Origin {
			continue
		}
		if _, err = witness.Open(msg, log, by); err != nil {
			return e, err
		}
		e.By = "the witness " + by.Name()
		return e, nil
	}
	return e, fmt.Errorf("not signed by the log's key")
}

func (o witnessedOptions) verifier() (*cosign.Verifier, error) {
	text := o.key
	if b, err := readLimited(o.key, witness.MaxNote); err == nil {
		text = string(b)
	}
	v, err := cosign.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("--witness-key: %w", err)
	}
	return v, nil
}

func originOf(db string) (string, error) {
	if _, err := os.Stat(db); err != nil {
		return "", err
	}
	r, err := logproof.OpenReader(db)
	if err != nil {
		return "", err
	}
	defer r.Close()
	head, err := r.Head()
	if err != nil {
		return "", err
	}
	c, err := logproof.ReadCheckpoint(head)
	return c.Origin, err
}

// witnessedLine says what the witnesses vouch for, and what lies after it.
func witnessedLine(list []logproof.Expected, entries int64) string {
	newest := int64(0)
	for _, e := range list {
		newest = max(newest, e.Size)
	}
	if newest == 0 {
		return "No witness's checkpoint was at hand: a tail that was cut off whole, or an older copy, does not show. Name one with --witnessed FILE, or compare the number of entries with the cloud's."
	}
	return fmt.Sprintf("The first %d entries are what was witnessed. %s", newest, notWitnessed(newest, entries))
}

func notWitnessed(size, entries int64) string {
	switch {
	case size >= entries:
		return "All entries are witnessed."
	case size+1 == entries:
		return fmt.Sprintf("Entry %d is not witnessed yet.", size)
	}
	return fmt.Sprintf("Entries %d to %d are not witnessed yet.", size, entries-1)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
)

// WitnessedDir is the folder inside Options.Dir with a second copy of what
// witnesses cosigned, NAME.note each. It shows that a database was put back, or
// a log cut short, by somebody who did not think of it; the witness itself
// shows it in any case.
const WitnessedDir = "witnessed"

// What is wrong with a log that is not the one that was witnessed.
const (
	TroubleShrunk = "shrunk" // it is shorter
	TroubleForked = "forked" // it is as long, with other entries
)

// Witnessed is the newest checkpoint of this log that a witness cosigned.
type Witnessed struct {
	Name string
	Size int64 // entries under it
	Root tlog.Hash
	Time time.Time // the witness's clock
	Note []byte
}

// Trouble is what is wrong with this log, found by what was witnessed. The zero
// Trouble is none.
type Trouble struct {
	Code      string // "", TroubleShrunk, TroubleForked
	Witness   string
	Witnessed int64 // entries that it cosigned
	Entries   int64 // of the log when it was found
}

// witnesses is what the store knows of them.
type witnesses struct {
	mu      sync.Mutex
	newest  map[string]Witnessed
	trouble Trouble
}

// Witnessed gives what each witness cosigned last, by name.
func (s *Store) Witnessed() []Witnessed {
	s.witnesses.mu.Lock()
	defer s.witnesses.mu.Unlock()
	list := make([]Witnessed, 0, len(s.witnesses.newest))
	for _, name := range slices.Sorted(maps.Keys(s.witnesses.newest)) {
		list = append(list, s.witnesses.newest[name])
	}
	return list
}

// WitnessedBy gives what one witness cosigned last; its Size is 0 when that is
// nothing.
func (s *Store) WitnessedBy(name string) Witnessed {
	s.witnesses.mu.Lock()
	defer s.witnesses.mu.Unlock()
	return s.witnesses.newest[name]
}

// WitnessedEntries is how many entries any witness vouches for, and since when.
func (s *Store) WitnessedEntries() (size int64, at time.Time) {
	for _, w := range s.Witnessed() {
		if w.Size > size {
			size, at = w.Size, w.Time
		}
	}
	return size, at
}

// WitnessTrouble is what is wrong with this log by what was witnessed. It stays until the service is started
// on another log.
func (s *Store) WitnessTrouble() Trouble {
	s.witnesses.mu.Lock()
	defer s.witnesses.mu.Unlock()
	return s.witnesses.trouble
}

// ErrNoVerifier: the signer came with the options, and its public half did not.
var ErrNoVerifier = errors.New("the log's verifier is not known")

// LogVerifier verifies this log's checkpoints.
func (s *Store) LogVerifier() (note.Verifier, error) {
	if s.vkey == "" {
		return nil, &Error{Kind: KindInvalid, Op: "witness", Err: ErrNoVerifier}
	}
	v, err := note.NewVerifier(s.vkey)
	if err != nil {
		return nil, &Error{Kind: KindKeys, Op: "witness", Err: err}
	}
	return v, nil
}

// ErrLonger: a proof from more entries than there are cannot be made.
var ErrLonger = errors.New("the log is not that long")

// ProveGrowth gives the newest checkpoint and the proof that it extends this
// log's first old entries; none is needed from 0. ErrLonger when it has fewer.
func (s *Store) ProveGrowth(ctx context.Context, old int64) (msg []byte, size int64, proof []tlog.Hash, err error) {
	err = s.withTree(ctx, func(r tlog.HashReader) error {
		state := s.state.Load()
		msg, size = slices.Clone(state.note), state.Entries
		if old < 0 || old > size {
			return &Error{Kind: KindInvalid, Op: "prove", Err: ErrLonger}
		}
		if old == 0 || old == size {
			return nil
		}
		root, err := tlog.TreeHash(old, r)
		if err != nil {
			return damaged(err)
		}
		if proof, err = tlog.ProveTree(size, old, r); err != nil {
			return damaged(err)
		}
		// A damaged hash must not look like a second history to anybody.
		if err := tlog.CheckTree(proof, size, state.Root, old, root); err != nil {
			return &Error{Kind: KindDamaged, Op: "prove", Err: err}
		}
		return nil
	})
	return msg, size, proof, err
}

// Learn takes a cosigned checkpoint of this log from a witness, signed by both.
// What this log extends is kept; what it does not shows that this log is not
// the one that was witnessed, which is put on record and stays this store's
// Trouble. Anything else is an error and changes nothing.
func (s *Store) Learn(ctx context.Context, name string, msg []byte, by note.Verifier) (Trouble, error) {
	log, err := s.LogVerifier()
	if err != nil {
		return Trouble{}, err
	}
	c, err := witness.Open(msg, log, by)
	if err != nil {
		return Trouble{}, &Error{Kind: KindInvalid, Op: "witness " + name, Err: err}
	}
	if !validWitness(name) {
		return Trouble{}, &Error{Kind: KindInvalid, Op: "witness", Err: fmt.Errorf("%.80q is no name for a witness", name)}
	}
	code := ""
	if err := s.withTree(ctx, func(r tlog.HashReader) (err error) {
		code, err = s.contradicts(c.Checkpoint, r)
		return err
	}); err != nil {
		return Trouble{}, err
	}
	if code != "" {
		return s.Contradicted(ctx, name, code, c.Size)
	}
	return Trouble{}, s.keepWitnessed(ctx, Witnessed{Name: name, Size: c.Size, Root: c.Root, Time: c.Time, Note: slices.Clone(msg)})
}

func (s *Store) keepWitnessed(ctx context.Context, w Witnessed) error {
	if s.WitnessedBy(w.Name).Size >= w.Size {
		return nil
	}
	err := s.Update(ctx, func(tx *Tx) error {
		return tx.exec(`INSERT INTO witnessed (name, size, unix, note) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET size = excluded.size, unix = excluded.unix, note = excluded.note WHERE excluded.size > size`,
			w.Name, w.Size, w.Time.Unix(), w.Note)
	})
	if err != nil {
		return err
	}
	s.witnesses.mu.Lock()
	if s.witnesses.newest[w.Name].Size < w.Size {
		s.witnesses.newest[w.Name] = w
	}
	s.witnesses.mu.Unlock()
	return wrap("witness", s.writeCopy(w))
}

// Contradicted puts on record that a witness cosigned size entries that this
// log does not extend; once for each size. The caller has proof of it, or the
// word of a witness that the signed policy names.
func (s *Store) Contradicted(ctx context.Context, name, code string, size int64) (Trouble, error) {
	found := Trouble{Code: code, Witness: name, Witnessed: size, Entries: s.LogState().Entries}
	s.witnesses.mu.Lock()
	if s.witnesses.trouble.Code == "" {
		s.witnesses.trouble = found
	}
	s.witnesses.mu.Unlock()
	s.log.Error("this log is not the one that was witnessed", "witness", name, "code", code, "witnessed", size, "entries", found.Entries)
	return found, s.Update(ctx, func(tx *Tx) error {
		result, err := tx.result("INSERT OR IGNORE INTO witness_findings (name, code, size) VALUES (?, ?, ?)", name, code, size)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return tx.fail(err)
		}
		_, err = tx.Append(Entry{Kind: "log." + code, Actor: "system", Subject: name, Fields: map[string]string{
			"witnessed": strconv.FormatInt(size, 10), "entries": strconv.FormatInt(found.Entries, 10),
		}})
		return err
	})
}

// contradicts says how this log is not what was witnessed; "" when it extends
// it. r reads its tree.
func (s *Store) contradicts(c logproof.Checkpoint, r tlog.HashReader) (code string, err error) {
	state := s.state.Load()
	if c.Size > state.Entries {
		return TroubleShrunk, nil
	}
	root := state.Root
	if c.Size < state.Entries {
		if root, err = tlog.TreeHash(c.Size, r); err != nil {
			return "", damaged(err)
		}
	}
	if root != c.Root {
		return TroubleForked, nil
	}
	return "", nil
}

// withTree runs f while nobody writes, with what reads this log's tree.
func (s *Store) withTree(ctx context.Context, f func(tlog.HashReader) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		return &Error{Kind: KindClosed, Op: "witness"}
	}
	return f(s.hashes(context.WithoutCancel(ctx)))
}

func (s *Store) hashes(ctx context.Context) tlog.HashReader {
	return logproof.Hashes(func(level int, from, to int64) ([]tlog.Hash, error) {
		return s.storedHashes(ctx, level, from, to)
	})
}

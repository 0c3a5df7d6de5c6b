package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/internal/witness"
	"beckmanconnect/store/keys"
)

var witnessName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func validWitness(name string) bool { return witnessName.MatchString(name) }

// loadWitnessed holds the log that was opened against what witnesses cosigned,
// as the database has it and as the copies beside it do. A log that is not what
// was witnessed is opened all the same: what happens from here on has to be on
// record as well. Called while the store is opened.
func (s *Store) loadWitnessed(ctx context.Context) error {
	s.witnesses.newest = map[string]Witnessed{}
	rows, err := s.conn.QueryContext(ctx, "SELECT name, unix, note FROM witnessed ORDER BY name")
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []Witnessed
	for rows.Next() {
		var w Witnessed
		var unix int64
		if err := rows.Scan(&w.Name, &unix, &w.Note); err != nil {
			return err
		}
		w.Time = time.Unix(unix, 0)
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	copies, err := s.witnessedCopies()
	if err != nil {
		return err
	}
	for _, w := range append(all, copies...) {
		if err := s.holdAgainst(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// witnessedCopies reads the copies beside the database. One that cannot be read
// says nothing, and the log is opened without it.
func (s *Store) witnessedCopies() ([]Witnessed, error) {
	dir := filepath.Join(s.opt.Dir, WitnessedDir)
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Witnessed
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".note")
		if !ok || !validWitness(name) || !f.Type().IsRegular() {
			continue
		}
		if info, err := f.Info(); err != nil || info.Size() > witness.MaxNote {
			continue
		}
		msg, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			s.log.Error("the copy of what a witness cosigned cannot be read", "witness", name, "error", err)
			continue
		}
		list = append(list, Witnessed{Name: name, Note: msg})
	}
	return list, nil
}

// holdAgainst takes w as what its witness cosigned last, or finds that this log
// is not what was witnessed.
func (s *Store) holdAgainst(ctx context.Context, w Witnessed) error {
	c, err := s.ownCheckpoint(w.Note)
	if err != nil {
		var foreign *foreignLog
		if errors.As(err, &foreign) {
			return s.otherLog(ctx, w.Name, foreign)
		}
		s.log.Error("what a witness cosigned is damaged", "witness", w.Name, "error", err)
		return nil
	}
	w.Size, w.Root = c.Size, c.Root
	code, err := s.contradicts(c, s.hashes(ctx))
	if err != nil {
		return err
	}
	if code != "" {
		return s.foundAtStart(ctx, w.Name, code, c.Size)
	}
	if known := s.witnesses.newest[w.Name]; known.Size < w.Size {
		if w.Time.IsZero() {
			w.Time = witness.Time(w.Note)
		}
		s.witnesses.newest[w.Name] = w
	}
	return nil
}

// foundAtStart: a log that cannot be written has its trouble all the same.
func (s *Store) foundAtStart(ctx context.Context, name, code string, size int64) error {
	if _, err := s.Contradicted(ctx, name, code, size); err != nil {
		s.log.Error("that this log is not the one that was witnessed is not on record", "error", err)
	}
	return nil
}

// foreignLog: the checkpoint is of another log.
type foreignLog struct{ logproof.Checkpoint }

func (f *foreignLog) Error() string { return fmt.Sprintf("it is of the log %q", f.Origin) }

// ownCheckpoint reads a checkpoint that this log's key signed; who else did is
// not looked at.
func (s *Store) ownCheckpoint(msg []byte) (logproof.Checkpoint, error) {
	c, err := logproof.ReadCheckpoint(msg)
	if err != nil {
		return c, err
	}
	if c.Origin != s.signer.Name() {
		return c, &foreignLog{c}
	}
	log, err := s.LogVerifier()
	if errors.Is(err, ErrNoVerifier) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if _, err := note.Open(msg, note.VerifierList(log)); err != nil {
		return c, err
	}
	return c, nil
}

// otherLog: another log was witnessed in this folder. One that was set aside is
// named by the first entry of the one that follows it; any other is gone.
func (s *Store) otherLog(ctx context.Context, name string, f *foreignLog) error {
	known := false
	rows, err := s.conn.QueryContext(ctx, "SELECT "+logproof.EntryColumns+" FROM entries WHERE idx < 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := logproof.ScanEntry(rows)
		if err != nil {
			return damaged(err)
		}
		fields, err := logproof.DecodeFields(e.Fields)
		if err != nil {
			return damaged(err)
		}
		known = known || slices.Contains(slices.Collect(maps.Values(fields)), f.Origin)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	if known { // said once; later the entry may lie in an archive
		return s.setCopyAside(name)
	}
	return s.foundAtStart(ctx, name, TroubleShrunk, f.Size)
}

// writeCopy writes the second copy. One of another log is not overwritten: it
// may be all that is left of that log.
func (s *Store) writeCopy(w Witnessed) error {
	dir := filepath.Join(s.opt.Dir, WitnessedDir)
	if err := keys.MakeDir(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, w.Name+".note")
	if before, err := os.ReadFile(path); err == nil {
		if c, err := logproof.ReadCheckpoint(before); err != nil || c.Origin != s.signer.Name() {
			if err := s.setCopyAside(w.Name); err != nil {
				return err
			}
		}
	}
	return keys.WriteFile(path, w.Note, 0o600)
}

func (s *Store) setCopyAside(name string) error {
	path := filepath.Join(s.opt.Dir, WitnessedDir, name+".note")
	return os.Rename(path, fmt.Sprintf("%s.%d.before", path, s.opt.Now().Unix()))
}

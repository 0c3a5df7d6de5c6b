package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store/keys"
)

// load reads what lives in memory. A database without an epoch is one whose
// making was cut short, or a fresh one: it is finished here.
func (s *Store) load(ctx context.Context) error {
	if err := s.intact(ctx); err != nil {
		return err
	}
	err := s.conn.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'epoch'").Scan(&s.epoch)
	fresh := errors.Is(err, sql.ErrNoRows)
	if err != nil && !fresh {
		return incomplete(err)
	}
	if !fresh { // before any key could be made
		if err := s.loadSealer(ctx); err != nil {
			return err
		}
	}
	if err := s.loadSigner(fresh); err != nil {
		return err
	}
	if fresh {
		if err := s.initialise(ctx); err != nil {
			return err
		}
	}
	if err := s.donePending(); err != nil {
		return err
	}
	if err := incomplete(s.loadTree(ctx)); err != nil {
		return err
	}
	if err := s.loadVerifier(ctx); err != nil {
		return err
	}
	return incomplete(s.loadPersons(ctx))
}

// lost finds a database that is gone, or was emptied, while the key of its
// checkpoints is still there: whoever signs with that key again would show two
// histories. Keys are made after the tables, so a making that was cut short
// never looks like that.
func (s *Store) lost(ctx context.Context) error {
	if s.opt.Signer != nil {
		return nil
	}
	var objects int
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil || objects > 0 {
		return err
	}
	if _, err := os.Lstat(filepath.Join(s.opt.Dir, KeysDir, keys.CheckpointPrivate)); err == nil {
		return &Error{Kind: KindDamaged, Op: "open", Err: errors.New("the log is gone, the key of its checkpoints is here")}
	}
	return nil
}

// incomplete: a database that lacks what its own version made is damaged.
func incomplete(err error) error {
	var se sqlite3.Error
	if KindOf(err) == KindOther && errors.As(err, &se) && se.Code == sqlite3.ErrError {
		return &Error{Kind: KindDamaged, Op: "open", Err: err}
	}
	return err
}

// serviceTables are those of the service's own work. They stay small next to
// the log, 200 MB with a million notifications, so each of their pages is read
// before anything is promised on top of it; the log's tables grow for ever, and
// are for "log verify".
var serviceTables = []string{"keysets", "meta", "topics", "topic_texts", "notifications", "notification_spans", "notification_recent", "notification_steps", "events", "outbox", "settings", "probe", "witnessed", "witness_findings", "persons", "person_names", "key_rotation"}

func (s *Store) intact(ctx context.Context) error {
	for _, table := range serviceTables {
		var found string
		if err := s.conn.QueryRowContext(ctx, "PRAGMA quick_check('"+table+"')").Scan(&found); err != nil {
			return incomplete(err)
		}
		if found != "ok" {
			return &Error{Kind: KindDamaged, Op: "open", Err: fmt.Errorf("%s: %s", table, strings.Join(strings.Fields(found), " "))}
		}
	}
	return nil
}

// loadSigner takes the checkpoint key that was given, or the one in the keys
// folder. Only a fresh log gets a new one.
func (s *Store) loadSigner(fresh bool) (err error) {
	if s.signer = s.opt.Signer; s.signer != nil {
		return nil
	}
	dir := filepath.Join(s.opt.Dir, KeysDir)
	if fresh {
		s.signer, _, err = keys.Checkpoint(s.opt.Key, dir)
	} else {
		s.signer, _, err = keys.LoadCheckpoint(s.opt.Key, dir)
	}
	if err == nil && fresh {
		s.vkey, err = keys.CheckpointVerifier(dir)
	}
	if err != nil {
		return &Error{Kind: keyKind(err), Op: "open", Err: err}
	}
	return nil
}

// loadVerifier reads the public half of the checkpoint key. Where the file is
// gone it is written again: the private half is here, and the log was signed
// with it.
func (s *Store) loadVerifier(ctx context.Context) error {
	if s.opt.Signer != nil || s.vkey != "" {
		return nil
	}
	dir := filepath.Join(s.opt.Dir, KeysDir)
	restored, err := keys.RestorePublic(s.opt.Key, dir, func(v note.Verifier) error {
		_, err := logproof.OpenCheckpoint(s.state.Load().note, note.VerifierList(v))
		return err
	})
	if err == nil {
		s.vkey, err = keys.CheckpointVerifier(dir)
	}
	if err != nil {
		return &Error{Kind: keyKind(err), Op: "open", Err: err}
	}
	if !restored {
		return nil
	}
	s.log.Warn("the public half of the checkpoint key was gone and was written anew", "key", s.signer.Name())
	return s.Update(ctx, func(tx *Tx) error {
		_, err := tx.Append(Entry{Kind: "log.key-restored", Actor: "system", Subject: keys.CheckpointPublic, Fields: map[string]string{"origin": s.signer.Name()}})
		return err
	})
}

// keyKind: whatever is wrong with a key file is a matter of keys, unless the
// disk itself refuses.
func keyKind(err error) Kind {
	if k := classify(err); k != KindOther {
		return k
	}
	return KindKeys
}

// initialise makes the epoch, the data keys and the first entry in one
// transaction.
func (s *Store) initialise(ctx context.Context) error {
	wrapped, err := newKeyset(s.opt.Key)
	if err != nil {
		return err
	}
	if s.seal, err = newSealer(s.opt.Key, wrapped); err != nil {
		return err
	}
	id := make([]byte, 16)
	rand.Read(id)
	epoch := hex.EncodeToString(id)
	pending, err := logproof.ReadPending(s.opt.Dir)
	if err != nil {
		return err
	}
	var entries int64
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM entries").Scan(&entries); err != nil {
		return err
	}
	if entries > 0 {
		return &Error{Kind: KindDamaged, Op: "open", Err: fmt.Errorf("the log has %d entries and no name", entries)}
	}
	s.tree, s.chain, s.kept = &logproof.Tree{}, logproof.Chain{}, 0
	err = s.Update(ctx, func(tx *Tx) error {
		if err := tx.exec("INSERT INTO keysets (purpose, wrapped) VALUES (?, ?)", keysetPurpose, wrapped); err != nil {
			return err
		}
		if err := tx.exec("INSERT INTO meta (key, value) VALUES ('epoch', ?)", epoch); err != nil {
			return err
		}
		started := Entry{Kind: "log.started", Actor: "system", Fields: map[string]string{
			"epoch": epoch, "checkpoint_key": s.signer.Name(), "checkpoints": "chained",
		}}
		tx.follow(&started, pending)
		if _, err := tx.Append(started); err != nil {
			return err
		}
		for _, a := range pending {
			if err := tx.recordAside(a); err != nil {
				return err
			}
		}
		if len(pending) == 0 {
			return nil
		}
		return tx.keepAsides(pending)
	})
	if err == nil {
		s.epoch = epoch
	}
	return err
}

// loadTree restores the tree's edge and holds it against the newest
// checkpoint: a log whose end was changed is not written on.
func (s *Store) loadTree(ctx context.Context) error {
	var size int64
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(idx) + 1, 0) FROM entries").Scan(&size); err != nil {
		return err
	}
	tree, err := logproof.RestoreTree(size, func(level int, from, to int64) ([]tlog.Hash, error) {
		return s.storedHashes(ctx, level, from, to)
	})
	if err != nil {
		return damaged(err)
	}
	var msg []byte
	if err := s.conn.QueryRowContext(ctx, "SELECT note FROM head").Scan(&msg); err != nil {
		return damaged(fmt.Errorf("newest checkpoint: %w", err))
	}
	c, err := logproof.ReadCheckpoint(msg)
	if err != nil {
		return damaged(err)
	}
	if c.Size != size || c.Root != tree.Root() {
		return damaged(fmt.Errorf("the log has %d entries that do not fit its checkpoint of %d", size, c.Size))
	}
	if c.Origin != s.signer.Name() {
		return &Error{Kind: KindKeys, Op: "open", Err: fmt.Errorf("the log was signed as %q, the checkpoint key is %q", c.Origin, s.signer.Name())}
	}
	last, err := s.wallOf(ctx, size-1)
	if err != nil {
		return err
	}
	var kept sql.NullInt64
	if err := s.conn.QueryRowContext(ctx, "SELECT wall FROM entries WHERE idx = (SELECT max(size) - 1 FROM checkpoints)").Scan(&kept); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err := s.loadChain(ctx); err != nil {
		return err
	}
	s.tree, s.kept = tree, kept.Int64
	s.state.Store(&LogState{Entries: size, Root: tree.Root(), Signed: time.Unix(0, last), note: msg})
	return nil
}

// loadChain reads what was signed over the kept checkpoints. A log that was
// begun under an earlier schema gets it here, once, over those it has.
func (s *Store) loadChain(ctx context.Context) error {
	var count int64
	var msg []byte
	if err := s.conn.QueryRowContext(ctx, "SELECT count, note FROM checkpoint_chain").Scan(&count, &msg); err != nil {
		return damaged(fmt.Errorf("list of kept checkpoints: %w", err))
	}
	if count == 0 {
		var chained int // the first entry says so of a log that always had one
		if err := s.conn.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM archives) + (SELECT count(*) FROM entries WHERE idx = 0 AND fields LIKE '%\"checkpoints\":\"chained\"%')").Scan(&chained); err != nil {
			return err
		}
		if chained > 0 {
			return damaged(errors.New("the signed list of kept checkpoints is gone"))
		}
		return s.makeChain(ctx)
	}
	chain, err := logproof.ReadChain(msg, s.signer)
	if err != nil {
		return damaged(err)
	}
	s.chain = chain
	return nil
}

func (s *Store) makeChain(ctx context.Context) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT size, note FROM checkpoints ORDER BY size")
	if err != nil {
		return err
	}
	defer rows.Close()
	var chain logproof.Chain
	for rows.Next() {
		var size int64
		var msg []byte
		if err := rows.Scan(&size, &msg); err != nil {
			return err
		}
		chain = chain.Add(size, msg)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if chain.Count == 0 {
		return nil
	}
	signed, err := chain.Sign(s.signer)
	if err == nil {
		_, err = s.conn.ExecContext(ctx, "UPDATE checkpoint_chain SET count = ?, note = ?", chain.Count, signed)
	}
	s.chain = chain
	return err
}

// storedHashes reads a run of one level of the tree. Leaves are hashed again
// from their rows; of archived entries the stored ones are taken.
func (s *Store) storedHashes(ctx context.Context, level int, from, to int64) (out []tlog.Hash, err error) {
	if level == 0 {
		if out, err = s.archivedLeaves(ctx, from, to); err != nil {
			return nil, err
		}
		from += int64(len(out))
	}
	query, args := "SELECT "+logproof.EntryColumns+" FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx", []any{from, to}
	if level > 0 {
		query, args = "SELECT hash FROM nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n", []any{level, from, to}
	}
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h tlog.Hash
		if level > 0 {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return nil, err
			}
			copy(h[:], b)
		} else {
			e, err := logproof.ScanEntry(rows)
			if err != nil {
				return nil, err
			}
			h, _ = logproof.LeafHash(nil, e)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// archivedLeaves are those of a run that belong to archived entries.
func (s *Store) archivedLeaves(ctx context.Context, from, to int64) (out []tlog.Hash, err error) {
	var live int64
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(to_idx), 0) FROM archives").Scan(&live); err != nil || from >= min(to, live) {
		return nil, err
	}
	first := from / logproof.NodeWidth
	rows, err := s.conn.QueryContext(ctx, "SELECT hashes FROM leaves WHERE n >= ? AND n * ? < ? ORDER BY n", first, logproof.NodeWidth, min(to, live))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		for ; len(b) >= tlog.HashSize; b = b[tlog.HashSize:] {
			out = append(out, tlog.Hash(b[:tlog.HashSize]))
		}
	}
	from, to = from-first*logproof.NodeWidth, min(to, live)-first*logproof.NodeWidth
	if int64(len(out)) < to {
		return nil, errors.Join(errors.New("leaves of archived entries are not all there"), rows.Err())
	}
	return out[from:to], rows.Err()
}

func (s *Store) wallOf(ctx context.Context, idx int64) (wall int64, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT wall FROM entries WHERE idx = ?", idx).Scan(&wall)
	return wall, err
}

func damaged(err error) error {
	if k := classify(err); k != KindOther {
		return wrap("open", err)
	}
	return &Error{Kind: KindDamaged, Op: "open", Err: err}
}

// LogState is the state of the audit log.
type LogState struct {
	Entries int64
	Root    tlog.Hash
	Signed  time.Time // when the newest checkpoint was signed: with the newest entry
	note    []byte
}

// LogState gives the committed state of the log; it never waits.
func (s *Store) LogState() LogState { return *s.state.Load() }

// Checkpoint gives the newest signed checkpoint. It covers every committed
// entry, for it is signed in the same transaction.
func (s *Store) Checkpoint() []byte { return append([]byte(nil), s.state.Load().note...) }

// Signer is the note signer of the checkpoints, for the witness's messages.
func (s *Store) Signer() note.Signer { return s.signer }

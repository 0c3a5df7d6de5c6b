package data

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"

	signed "golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/logproof"
)

// secretEventKey names the key that signs the log's checkpoints. It is made
// once and kept sealed.
const secretEventKey = "event-log-key"

// EventSigner gives the key that signs checkpoints of the log of events. name
// is what it is made under the first time; it stays.
func (db *DB) EventSigner(ctx context.Context, name string) (signed.Signer, string, error) {
	private, verifier, err := signed.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, "", fmt.Errorf("data: event key: %w", err)
	}
	made, err := db.seal.sealText(private+"\n"+verifier, "secrets", secretEventKey, "value")
	if err != nil {
		return nil, "", fmt.Errorf("data: event key: %w", err)
	}
	if _, err := db.one(ctx, "INSERT INTO secrets (name, value) VALUES (?,?) ON CONFLICT (name) DO NOTHING", secretEventKey, made); err != nil {
		return nil, "", fmt.Errorf("data: event key: %w", err)
	}
	return db.eventKey(ctx)
}

func (db *DB) eventKey(ctx context.Context) (signed.Signer, string, error) {
	var sealed []byte
	err := db.sql.QueryRowContext(ctx, "SELECT value FROM secrets WHERE name = ?", secretEventKey).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, "", fmt.Errorf("data: event key: %w", err)
	}
	text, err := db.seal.openText(sealed, "secrets", secretEventKey, "value")
	if err != nil {
		return nil, "", err
	}
	var private, verifier string
	if _, err := fmt.Sscanf(text, "%s\n%s", &private, &verifier); err != nil && err != io.EOF {
		return nil, "", errors.New("data: event key: it cannot be read")
	}
	signer, err := signed.NewSigner(private)
	if err != nil {
		return nil, "", errors.New("data: event key: it cannot be read") // the parser's error could quote it
	}
	return signer, verifier, nil
}

// EventTree is the tree of the log as somebody has seen it grow. Who signs
// keeps one: what was written before is not read again, so that a row that was
// changed since never gets a signature.
type EventTree struct{ tree *logproof.Tree }

// GrowEvents adds to a tree what came since; a nil one is begun from the stored
// tree.
func (db *DB) GrowEvents(ctx context.Context, seen *EventTree) (*EventTree, error) {
	var (
		size int64
		root []byte
	)
	if err := db.sql.QueryRowContext(ctx, "SELECT size, root FROM event_head WHERE id = 1").Scan(&size, &root); err != nil {
		return nil, fmt.Errorf("data: event log: %w", err)
	}
	var tree *logproof.Tree
	if seen == nil {
		tx, err := db.moment(ctx)
		if err != nil {
			return nil, fmt.Errorf("data: event log: %w", err)
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		if err := tx.QueryRow("SELECT size, root FROM event_head WHERE id = 1").Scan(&size, &root); err != nil {
			return nil, fmt.Errorf("data: event log: %w", err)
		}
		if tree, err = db.treeAt(tx, size, root); err != nil {
			return nil, fmt.Errorf("data: event log: %w", err)
		}
		return &EventTree{tree}, nil
	}
	tree = seen.tree.Clone()
	if size < tree.Size() {
		return nil, fmt.Errorf("data: event log: %w (it is shorter than it was)", ErrDamaged)
	}
	for tree.Size() < size {
		hashes, err := eventHashes(db.sql, 0, tree.Size(), min(size, tree.Size()+1000))
		if err != nil {
			return nil, fmt.Errorf("data: event log: %w", err)
		}
		if len(hashes) == 0 {
			return nil, fmt.Errorf("data: event log: %w (leaves are missing)", ErrDamaged)
		}
		for _, h := range hashes {
			tree.Add(h)
		}
	}
	tree.TakeNodes()
	if now := tree.Root(); size > 0 && string(now[:]) != string(root) {
		return nil, fmt.Errorf("data: event log: %w (the log of events is not what its head says)", ErrDamaged)
	}
	return &EventTree{tree}, nil
}

// Size is the number of events in it.
func (t *EventTree) Size() int64 { return t.tree.Size() }

// Sign makes the checkpoint of the tree.
func (t *EventTree) Sign(key signed.Signer) (string, error) {
	text, err := logproof.Sign(t.tree.Size(), t.tree.Root(), key)
	return string(text), err
}

// KeepEventCheckpoint keeps a signed checkpoint.
func (db *DB) KeepEventCheckpoint(ctx context.Context, size int64, text string) error {
	_, err := db.one(ctx, "INSERT INTO event_checkpoints (size, note, at_ms) VALUES (?,?,?) ON CONFLICT (size) DO NOTHING", size, text, db.nowMS())
	if err != nil {
		return fmt.Errorf("data: event checkpoint: %w", err)
	}
	return nil
}

// EventCheckpoint gives the newest signed checkpoint; "" when there is none.
func (db *DB) EventCheckpoint(ctx context.Context) (size int64, text string, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT size, note FROM event_checkpoints ORDER BY size DESC LIMIT 1").Scan(&size, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("data: event checkpoint: %w", err)
	}
	return size, text, nil
}

// EventCursor tells how far a receiver has confirmed the log.
func (db *DB) EventCursor(ctx context.Context, name string) (seq int64, err error) {
	err = db.sql.QueryRowContext(ctx, "SELECT seq FROM event_cursors WHERE name = ?", name).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("data: event cursor: %w", err)
	}
	return seq, nil
}

// MoveEventCursor keeps that a receiver has everything up to seq. It only goes
// forward.
func (db *DB) MoveEventCursor(ctx context.Context, name string, seq int64) error {
	_, err := db.one(ctx, `INSERT INTO event_cursors (name, seq, at_ms) VALUES (?,?,?)
		ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, at_ms = excluded.at_ms WHERE event_cursors.seq < excluded.seq`, name, seq, db.nowMS())
	if err != nil {
		return fmt.Errorf("data: event cursor: %w", err)
	}
	return nil
}

// maxExpired bounds how many events one transaction deletes.
const maxExpired = 5000

// ExpireEvents deletes what of a region's events is older than beforeMS, and
// says so in the log itself first: by that line verification tells retention
// from a hole. What a receiver has not confirmed stays (keep: its name; ""
// for none). It gives how many went; call it again while that is not 0.
func (db *DB) ExpireEvents(ctx context.Context, region string, beforeMS int64, keep string) (n int64, err error) {
	if newest := db.now().Add(-MinEventRetention).UnixMilli(); beforeMS > newest {
		return 0, errors.New("data: expire events: events are kept for 30 days at least")
	}
	upto := int64(1<<63 - 1)
	if keep != "" {
		if upto, err = db.EventCursor(ctx, keep); err != nil {
			return 0, err
		}
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		n = 0
		var last sql.NullInt64
		const old = "FROM events WHERE region = ? AND at_ms < ? AND seq <= ? AND kind <> ?"
		err := tx.QueryRow("SELECT COUNT(*), MAX(seq) FROM (SELECT seq "+old+" ORDER BY seq LIMIT ?) AS gone",
			region, beforeMS, upto, eventExpired, maxExpired).Scan(&n, &last)
		if err != nil || n == 0 {
			return err
		}
		if err := db.noteEvent(tx, Event{Kind: eventExpired, Severity: severityNotice, Personal: EventPersonal{Fields: map[string]string{
			"region": region, "before_ms": strconv.FormatInt(beforeMS, 10), "count": strconv.FormatInt(n, 10),
		}}}); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE "+old, region, beforeMS, min(upto, last.Int64), eventExpired)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("data: expire events: %w", err)
	}
	return n, nil
}

// EventRegions gives the regions that events are kept of, "" among them.
func (db *DB) EventRegions(ctx context.Context) (list []string, err error) {
	// A step of the index for each region.
	next := ""
	for first := true; ; first = false {
		query := "SELECT region FROM events WHERE region > ? ORDER BY region LIMIT 1"
		if first {
			query = "SELECT region FROM events WHERE region >= ? ORDER BY region LIMIT 1"
		}
		err := db.sql.QueryRowContext(ctx, query, next).Scan(&next)
		if errors.Is(err, sql.ErrNoRows) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("data: regions of events: %w", err)
		}
		list = append(list, next)
	}
}

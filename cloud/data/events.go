package data

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// Kinds of events that are put on record in the transaction they belong to.
const (
	eventSession     = "session.event"
	eventCertificate = "session.certificate"
	eventRead        = "record.read"
	eventIdentity    = "device.identity"
	eventExpired     = "record.expired"
)

// Severities of those (RFC 5424).
const (
	severityNotice = 5
	severityInfo   = 6
)

// Event is one line of the log of events. Seq and AtMS are given by the log.
type Event struct {
	Seq      int64
	AtMS     int64
	Kind     string
	Severity int
	Region   string
	Device   string
	Request  string
	Personal EventPersonal
}

// EventPersonal is the part that is kept sealed.
type EventPersonal struct {
	Actor   string            `json:"actor,omitempty"`
	Address string            `json:"address,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// sealedEvent is the sealed column. The salt keeps the commitment in the leaf
// from being tried against names.
type sealedEvent struct {
	Salt []byte `json:"salt"`
	EventPersonal
}

func (s sealedEvent) mac() ([]byte, error) {
	text, err := json.Marshal(s.EventPersonal) // map keys come sorted
	if err != nil {
		return nil, err
	}
	h := hmac.New(sha256.New, s.Salt)
	h.Write(text)
	return h.Sum(nil), nil
}

// eventRest is the leaf's commitment to what retention deletes.
func eventRest(e *Event, mac []byte) []byte {
	b := []byte("beckmanconnect event v1\n")
	b = appendPart(b, e.Kind)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Severity))
	b = appendPart(b, e.Device)
	b = appendPart(b, e.Request)
	b = appendPart(b, string(mac))
	sum := sha256.Sum256(b)
	return sum[:]
}

// eventLeaf is the hash in the tree.
func eventLeaf(seq, atMS int64, region string, rest []byte) tlog.Hash {
	b := []byte("beckmanconnect event leaf v1\n")
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = binary.BigEndian.AppendUint64(b, uint64(atMS))
	b = appendPart(b, region)
	b = appendPart(b, string(rest))
	return tlog.RecordHash(b)
}

func appendPart(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}

// eventTree keeps the tree's growing edge between two transactions. It is only
// used when it is that of the head in the database.
type eventTree struct {
	mu   sync.Mutex
	tree *logproof.Tree
	root string
}

// AddEvents puts events on record in one transaction, in their order.
func (db *DB) AddEvents(ctx context.Context, list []Event) error {
	err := db.update(ctx, func(tx *sql.Tx) error {
		for i := range list {
			if err := db.noteEvent(tx, list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("data: events: %w", err)
	}
	return nil
}

// noteEvent puts one event on record within a transaction.
func (db *DB) noteEvent(tx *sql.Tx, e Event) error {
	// The head first: it is what two writers wait for each other at.
	var (
		size int64
		root []byte
	)
	if err := tx.QueryRow("UPDATE event_head SET size = size + 1 WHERE id = 1 RETURNING size, root").Scan(&size, &root); err != nil {
		return err
	}
	tree, err := db.treeAt(tx, size-1, root)
	if err != nil {
		return err
	}
	e.Seq, e.AtMS = size, db.nowMS()
	sealed := sealedEvent{Salt: make([]byte, 32), EventPersonal: e.Personal}
	if _, err := rand.Read(sealed.Salt); err != nil {
		return err
	}
	mac, err := sealed.mac()
	if err != nil {
		return err
	}
	body, err := db.seal.sealJSON(sealed, "events", strconv.FormatInt(e.Seq, 10), "body")
	if err != nil {
		return err
	}
	rest := eventRest(&e, mac)
	if _, err := tx.Exec("INSERT INTO event_leaves (seq, at_ms, region, rest) VALUES (?,?,?,?)", e.Seq, e.AtMS, e.Region, rest); err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO events (seq, at_ms, kind, severity, region, device, request, who, mac, body) VALUES (?,?,?,?,?,?,?,?,?,?)",
		e.Seq, e.AtMS, e.Kind, e.Severity, e.Region, e.Device, e.Request, db.actorIndex(e.Personal.Actor), mac, body)
	if err != nil {
		return err
	}
	tree.Add(eventLeaf(e.Seq, e.AtMS, e.Region, rest))
	for _, n := range tree.TakeNodes() {
		if _, err := tx.Exec("INSERT INTO event_nodes (level, n, hash) VALUES (?,?,?)", n.Level, n.N, n.Hash[:]); err != nil {
			return err
		}
	}
	now := tree.Root()
	if _, err := tx.Exec("UPDATE event_head SET root = ? WHERE id = 1", now[:]); err != nil {
		return err
	}
	db.keepTree(tree)
	return nil
}

// actorIndex is what an actor's events are found by.
func (db *DB) actorIndex(actor string) []byte {
	if actor == "" {
		return []byte{}
	}
	return db.index.of(actor)
}

// treeAt gives the tree of a head, which the caller may add to.
func (db *DB) treeAt(tx *sql.Tx, size int64, root []byte) (*logproof.Tree, error) {
	db.edge.mu.Lock()
	kept := db.edge.tree
	same := kept != nil && kept.Size() == size && db.edge.root == string(root)
	db.edge.mu.Unlock()
	if same {
		return kept.Clone(), nil
	}
	tree, err := logproof.RestoreTree(size, func(level int, from, to int64) ([]tlog.Hash, error) { return eventHashes(tx, level, from, to) })
	if err != nil {
		return nil, err
	}
	if now := tree.Root(); size > 0 && string(now[:]) != string(root) {
		return nil, fmt.Errorf("%w (the log of events is not what its head says)", ErrDamaged)
	}
	return tree, nil
}

// keepTree remembers the edge. Should the transaction not be kept, the head
// tells that it is another's.
func (db *DB) keepTree(tree *logproof.Tree) {
	root := tree.Root()
	db.edge.mu.Lock()
	defer db.edge.mu.Unlock()
	db.edge.tree, db.edge.root = tree.Clone(), string(root[:])
}

// querier is a database or a transaction.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

// eventHashes reads stored hashes of the tree.
func eventHashes(q querier, level int, from, to int64) (list []tlog.Hash, err error) {
	var rows *sql.Rows
	if level == 0 {
		rows, err = q.Query("SELECT seq, at_ms, region, rest FROM event_leaves WHERE seq > ? AND seq <= ? ORDER BY seq", from, to)
	} else {
		rows, err = q.Query("SELECT hash FROM event_nodes WHERE level = ? AND n >= ? AND n < ? ORDER BY n", level, from, to)
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			h    tlog.Hash
			hash []byte
		)
		if level == 0 {
			var (
				seq, at int64
				region  string
			)
			if err := rows.Scan(&seq, &at, &region, &hash); err != nil {
				return nil, err
			}
			h = eventLeaf(seq, at, region, hash)
		} else {
			if err := rows.Scan(&hash); err != nil {
				return nil, err
			}
			if len(hash) != len(h) {
				return nil, errors.New("a node of the tree is no hash")
			}
			copy(h[:], hash)
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

// regionOf gives a device's region as it is now, "" for one that is not known.
func regionOf(tx *sql.Tx, device string) (region string, err error) {
	err = tx.QueryRow("SELECT region FROM devices WHERE id = ?", device).Scan(&region)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return region, err
}

// noteOf puts an event about a device on record, in its region.
func (db *DB) noteOf(tx *sql.Tx, e Event) (err error) {
	if e.Region, err = regionOf(tx, e.Device); err != nil {
		return err
	}
	return db.noteEvent(tx, e)
}

package store

import (
	"context"
	"strconv"
	"time"
)

// Outgoing is a message that waits for the cloud.
type Outgoing struct {
	Seq  uint64
	Kind string
	Made time.Time
	Body []byte
}

// Enqueue puts a message into the outbox. Its number goes up by one within the
// epoch, so that the cloud can drop what it has seen (scenario 43).
func (tx *Tx) Enqueue(kind string, body []byte) (uint64, error) {
	seq, err := tx.nextID("outbox")
	if err != nil {
		return 0, err
	}
	sealed, err := tx.s.seal.seal("outbox", strconv.FormatUint(seq, 10), "sealed", body)
	if err != nil {
		return 0, tx.fail(err)
	}
	return seq, tx.exec("INSERT INTO outbox (seq, kind, made_ms, sealed) VALUES (?, ?, ?, ?)",
		int64(seq), kind, toMS(tx.s.opt.Now()), sealed)
}

// Outbox gives up to limit waiting messages, oldest first.
func (s *Store) Outbox(ctx context.Context, limit int) ([]Outgoing, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, kind, made_ms, sealed FROM outbox ORDER BY seq LIMIT ?", clampLimit(limit))
	if err != nil {
		return nil, wrap("outbox", err)
	}
	defer rows.Close()
	var list []Outgoing
	for rows.Next() {
		var m Outgoing
		var made int64
		var sealed []byte
		if err := rows.Scan(&m.Seq, &m.Kind, &made, &sealed); err != nil {
			return nil, wrap("outbox", err)
		}
		m.Made = fromMS(made)
		if m.Body, err = s.seal.open("outbox", strconv.FormatUint(m.Seq, 10), "sealed", sealed); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, wrap("outbox", rows.Err())
}

// Sent takes every message up to seq out of the outbox: the cloud has them.
func (s *Store) Sent(ctx context.Context, seq uint64) error {
	return s.Update(ctx, func(tx *Tx) error {
		return tx.exec("DELETE FROM outbox WHERE seq <= ?", int64(seq))
	})
}

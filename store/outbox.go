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
	return tx.enqueue(kind, body, false)
}

// EnqueueAhead puts a message into the outbox that is sent before all that
// wait, in place of another one of its kind that still waits ahead. It has the
// next number like any other: the cloud takes numbers in any order.
func (tx *Tx) EnqueueAhead(kind string, body []byte) (uint64, error) {
	if err := tx.exec("DELETE FROM outbox WHERE ahead = 1 AND sent_ms = 0 AND kind = ?", kind); err != nil {
		return 0, err
	}
	return tx.enqueue(kind, body, true)
}

func (tx *Tx) enqueue(kind string, body []byte, ahead bool) (uint64, error) {
	seq, err := tx.nextID("outbox")
	if err != nil {
		return 0, err
	}
	sealed, err := tx.s.seal.seal("outbox", strconv.FormatUint(seq, 10), "sealed", body)
	if err != nil {
		return 0, tx.fail(err)
	}
	return seq, tx.exec("INSERT INTO outbox (seq, kind, made_ms, sealed, ahead) VALUES (?, ?, ?, ?, ?)",
		int64(seq), kind, toMS(tx.s.opt.Now()), sealed, ahead)
}

// Waiting says how many messages of a kind wait, and since when the oldest
// does; all says how many wait of any kind, behind what goes ahead.
func (tx *Tx) Waiting(kind string) (n, all int, oldest time.Time, err error) {
	var ms int64
	if _, err = tx.row([]any{&n, &ms}, "SELECT count(*), coalesce(min(made_ms), 0) FROM outbox WHERE sent_ms = 0 AND kind = ?", kind); err == nil {
		_, err = tx.row([]any{&all}, "SELECT count(*) FROM outbox WHERE sent_ms = 0 AND ahead = 0")
	}
	return n, all, fromMS(ms), err
}

// Outbox gives up to limit waiting messages, oldest first. One that goes ahead
// of the others comes alone.
func (s *Store) Outbox(ctx context.Context, limit int) ([]Outgoing, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, kind, made_ms, sealed FROM outbox WHERE sent_ms = 0 AND ahead = EXISTS (SELECT 1 FROM outbox WHERE ahead = 1) ORDER BY seq LIMIT ?", clampLimit(limit))
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

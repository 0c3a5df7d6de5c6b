package store

import (
	"context"
	"strconv"
)

// Waiting counts the messages that wait in the outbox.
func (s *Store) Waiting(ctx context.Context) (int, error) {
	n, err := s.number(ctx, "SELECT count(*) FROM outbox WHERE sent_ms = 0")
	return int(n), err
}

// Supersede takes messages of a kind out of the outbox that a later one of the
// same key replaces; the later one keeps its place. A message whose key is ""
// is never taken out. It says how many there were.
func (s *Store) Supersede(ctx context.Context, kind string, key func(body []byte) string) (int, error) {
	old, err := s.superseded(ctx, kind, key)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	return len(old), s.Update(ctx, func(tx *Tx) error {
		for _, seq := range old {
			if err := tx.exec("DELETE FROM outbox WHERE seq = ? AND sent_ms = 0", seq); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) superseded(ctx context.Context, kind string, key func([]byte) string) (old []int64, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT seq, sealed FROM outbox WHERE sent_ms = 0 AND kind = ? ORDER BY seq DESC", kind)
	if err != nil {
		return nil, wrap("outbox", err)
	}
	defer rows.Close()
	later := map[string]bool{}
	for rows.Next() {
		var seq int64
		var sealed []byte
		if err := rows.Scan(&seq, &sealed); err != nil {
			return nil, wrap("outbox", err)
		}
		body, err := s.seal.open("outbox", strconv.FormatInt(seq, 10), "sealed", sealed)
		if err != nil {
			return nil, err
		}
		switch k := key(body); {
		case k == "":
		case later[k]:
			old = append(old, seq)
		default:
			later[k] = true
		}
	}
	return old, wrap("outbox", rows.Err())
}

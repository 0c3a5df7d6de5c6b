package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/internal/logproof"
	"beckmanconnect/store"
	"beckmanconnect/store/keys"
)

// One round's work, in the product's log and in a bare table.
const (
	logSingles = 300
	logBatches = 20
	logBatch   = 1000
)

// logVerified is the rate at which an auditor's check has to run.
const logVerified = 200_000

// logSize is how much longer than a bare row an entry may be: it holds its leaf's
// hash, the boot, the clock since boot, and what a search needs. Our own choice:
// it is told, not asked.
const logSize = 4

// appender adds n entries in one durable transaction.
type appender interface {
	append(ctx context.Context, n int) error
}

// appendLog measures the audit log, with its proof and its sealed columns,
// against a bare table of the same driver with the same sync setting.
func appendLog(ctx context.Context, o options) ([]row, error) {
	rounds := cmp.Or(o.rounds, 5)
	dir := filepath.Join(o.dir, "store")
	log, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() {
		if log != nil {
			log.Close()
		}
	}()
	bare, err := openBare(ctx, filepath.Join(o.dir, "bare.db"))
	if err != nil {
		return nil, err
	}
	defer bare.close()

	ours, theirs := meter{to: product{log}}, meter{to: bare}
	for range rounds {
		// In turns, so that whatever else the machine does meets both.
		if err := ours.round(ctx); err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		if err := theirs.round(ctx); err != nil {
			return nil, fmt.Errorf("bare table: %w", err)
		}
	}
	path := log.Path()
	err, log = log.Close(), nil
	if err != nil {
		return nil, err
	}
	size, err := bytesEach(path, float64(rounds*(logSingles+logBatches*logBatch)))
	if err != nil {
		return nil, err
	}
	bare.close() // folds its journal into the table's file
	bareSize, err := bytesEach(filepath.Join(o.dir, "bare.db"), float64(rounds*(logSingles+logBatches*logBatch)))
	if err != nil {
		return nil, err
	}
	verified, err := verifyRate(ctx, dir, path, rounds)
	if err != nil {
		return nil, err
	}
	rows := []row{
		yields("append one by one", "entries/s", median(ours.single), "bare SQLite insert, same sync", median(theirs.single), 2),
		yields(fmt.Sprintf("append %d at a time", logBatch), "entries/s", median(ours.batched), "bare SQLite insert, same sync", median(theirs.batched), 3.333),
		yields("verify", "entries/s", verified, "limit", logVerified, 1),
		costs("size of an entry", "bytes", size, "bare SQLite insert", bareSize, logSize),
	}
	if o.entries == 0 {
		return rows, nil
	}
	long, err := searchLog(ctx, o)
	return append(rows, long...), err
}

// bytesEach is how long a file is, for each entry.
func bytesEach(path string, entries float64) (float64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / entries, nil
}

// meter keeps the rates of each round.
type meter struct {
	to              appender
	single, batched []float64 // entries a second
}

func (m *meter) round(ctx context.Context) error {
	single, err := rate(ctx, m.to, logSingles, 1)
	if err != nil {
		return err
	}
	batched, err := rate(ctx, m.to, logBatches, logBatch)
	m.single, m.batched = append(m.single, single), append(m.batched, batched)
	return err
}

// rate of entries a second, over so many transactions of n entries.
func rate(ctx context.Context, to appender, transactions, n int) (float64, error) {
	began := time.Now()
	for range transactions {
		if err := to.append(ctx, n); err != nil {
			return 0, err
		}
	}
	return float64(transactions*n) / time.Since(began).Seconds(), nil
}

// product is the product's own log.
type product struct{ log *store.Store }

func (p product) append(ctx context.Context, n int) error {
	return p.log.Update(ctx, func(tx *store.Tx) error {
		for range n {
			if _, err := tx.Append(store.Entry{Kind: "session.granted", Actor: "technician", Subject: "session-17", Fields: map[string]string{"capability": "view", "minutes": "15"}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// verifyRate is how fast the whole log is checked, from the first leaf to the
// signed checkpoint.
func verifyRate(ctx context.Context, dir, path string, rounds int) (float64, error) {
	verifiers, err := keys.CheckpointVerifiers(filepath.Join(dir, store.KeysDir))
	if err != nil {
		return 0, err
	}
	var rates []float64
	for range rounds {
		began := time.Now()
		r, err := logproof.Verify(ctx, logproof.Config{Path: path, Verifiers: verifiers})
		switch {
		case err != nil:
			return 0, fmt.Errorf("verify: %w", err)
		case r.Fault != nil:
			return 0, fmt.Errorf("verify: the log has a fault: %v", r.Fault)
		}
		rates = append(rates, float64(r.Entries)/time.Since(began).Seconds())
	}
	return median(rates), nil
}

package logexport

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/logproof"
)

// manyEntries is how long a log the test below exports. Ten million take some
// minutes: BECKMANCONNECT_EXPORT_ENTRIES=10000000, by hand.
func manyEntries(t *testing.T) int64 {
	text := os.Getenv("BECKMANCONNECT_EXPORT_ENTRIES")
	if text == "" {
		return 30_000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1000 {
		t.Fatalf("BECKMANCONNECT_EXPORT_ENTRIES=%q", text)
	}
	return n
}

// made is a log that is made again wherever it is read: nothing of it is kept
// but the roots of its complete subtrees.
type made struct {
	n     int64
	nodes map[int][]tlog.Hash
}

// record makes the entry of a number. Every thousandth clock is set back.
func (m *made) record(r *Record, i int64) {
	wall := 1_772_000_000_000_000_000 + i*250_000_000
	if i%1000 == 999 {
		wall -= 3_600_000_000_000
	}
	*r = Record{Back: i%1000 == 999, Entry: logproof.Entry{Index: i, Version: logproof.LeafVersion, Wall: wall, Mono: i * 1000, Boot: "1f0c5a7e",
		Kind: "session.granted", Actor: "technician", Subject: "session-" + strconv.FormatInt(i/40, 10),
		Fields: fmt.Appendf(nil, `{"capability":"view","duration":"15min","generation":"%d","prompt":"p%d"}`, i%9, i)}}
	r.Entry.Hash, _ = logproof.LeafHash(nil, &r.Entry)
}

func (m *made) stored(level int, from, to int64) (out []tlog.Hash, err error) {
	if level > 0 {
		return m.nodes[level][from:to], nil
	}
	var r Record
	for i := from; i < to; i++ {
		m.record(&r, i)
		out = append(out, r.Entry.Hash)
	}
	return out, nil
}

// scenario 51: an export of ten million entries with a clock that jumps
// verifies offline, whole and in part, in memory that does not grow with it.
func TestManyEntriesVerifyOffline(t *testing.T) {
	m := &made{n: manyEntries(t), nodes: map[int][]tlog.Hash{}}
	skey, vkey, err := note.GenerateKey(&seed{}, "beckmanconnect-log-many")
	if err != nil {
		t.Fatal(err)
	}
	signer, _ := note.NewSigner(skey)
	verifier, _ := note.NewVerifier(vkey)
	var tree logproof.Tree
	var r Record
	for i := range m.n {
		m.record(&r, i)
		tree.Add(r.Entry.Hash)
		for _, node := range tree.TakeNodes() {
			m.nodes[node.Level] = append(m.nodes[node.Level], node.Hash)
		}
	}
	signed, err := logproof.Sign(m.n, tree.Root(), signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name     string
		from, to int64
	}{{"whole", 0, m.n}, {"a tenth", m.n/2 + 1, m.n/2 + m.n/10}} {
		began := time.Now()
		pr, pw := io.Pipe()
		go func() {
			pw.CloseWithError(func() error {
				x, err := New(JSONL, pw)
				if err != nil {
					return err
				}
				if err := x.Begin(&Meta{Checkpoint: signed, Stored: m.stored, From: part.from, To: part.to}); err != nil {
					return err
				}
				var r Record
				for i := part.from; i < part.to; i++ {
					m.record(&r, i)
					if err := x.Record(&r); err != nil {
						return err
					}
				}
				return x.End()
			}())
		}()
		peak, size := uint64(0), int64(0)
		got, err := Check(context.Background(), pr, CheckConfig{Log: []note.Verifier{verifier}, Progress: func(entries, bytes int64) {
			if size = bytes; entries%(64<<10) < checkEvery {
				var s runtime.MemStats
				runtime.ReadMemStats(&s)
				peak = max(peak, s.HeapInuse+s.StackInuse)
			}
		}})
		if err != nil {
			t.Fatalf("%s: %v", part.name, err)
		}
		if want := part.to - part.from; got.Entries != want || got.First != part.from || got.Last != part.to-1 || got.TimeJumps == 0 {
			t.Errorf("%s: %+v", part.name, got)
		}
		if peak > 64<<20 {
			t.Errorf("%s: %d MiB of memory", part.name, peak>>20)
		}
		t.Logf("%s: %d entries, %d MiB, written and checked in %v, %d MiB of memory", part.name, got.Entries, size>>20, time.Since(began).Round(time.Millisecond), peak>>20)
	}
}

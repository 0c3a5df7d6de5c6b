package logexport

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
)

// rigLog is a log in memory, written by the same rules as the store's.
type rigLog struct {
	t        testing.TB
	signer   note.Signer
	verifier note.Verifier
	now      time.Time
	records  []Record // with all values shown
	nodes    [][]tlog.Hash
}

// seed makes the keys of a test the same every time: goldens hang on them.
type seed struct{ n byte }

func (s *seed) Read(b []byte) (int, error) {
	for i := range b {
		s.n++
		b[i] = s.n
	}
	return len(b), nil
}

func newLog(t testing.TB) *rigLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(&seed{}, "beckmanconnect-log-3f2a")
	if err != nil {
		t.Fatal(err)
	}
	l := &rigLog{t: t, now: time.Date(2026, 3, 4, 9, 30, 0, 0, time.UTC)}
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if l.verifier, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

// add appends an entry, a second and a half after the last.
func (l *rigLog) add(kind, actor, subject string, fields, personal map[string]string) int64 {
	l.t.Helper()
	l.now = l.now.Add(1500 * time.Millisecond)
	e := logproof.Entry{Index: int64(len(l.records)), Version: logproof.LeafVersion, Wall: l.now.UnixNano(), Mono: int64(len(l.records)) * 1e9, Boot: "boot-1", Kind: kind, Actor: actor, Subject: subject}
	var err error
	if e.Fields, err = logproof.EncodeFields(fields); err != nil {
		l.t.Fatal(err)
	}
	r := Record{}
	commitments := map[string][32]byte{}
	for _, name := range slices.Sorted(maps.Keys(personal)) {
		salt := make([]byte, logproof.SaltSize)
		(&seed{n: byte(len(l.records))}).Read(salt)
		commitments[name] = logproof.Commitment(salt, e.Index, name, personal[name])
		r.Personal = append(r.Personal, Personal{Name: name, State: Shown, Value: personal[name], Salt: salt})
	}
	if e.Personal, err = logproof.EncodeCommitments(commitments); err != nil {
		l.t.Fatal(err)
	}
	e.Hash, _ = logproof.LeafHash(nil, &e)
	r.Entry = e
	r.Back = len(l.records) > 0 && e.Wall < l.records[len(l.records)-1].Entry.Wall
	l.records = append(l.records, r)
	return e.Index
}

// stored gives the hashes as the database would.
func (l *rigLog) stored(level int, from, to int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for n := from; n < to; n++ {
		width := int64(1) << (8 * level)
		if (n+1)*width > int64(len(l.records)) {
			return nil, fmt.Errorf("no hash %d of level %d", n, level)
		}
		var f logproof.Fold
		for _, r := range l.records[n*width : (n+1)*width] {
			f.Add(r.Entry.Hash)
		}
		out = append(out, f.Root())
	}
	return out, nil
}

// checkpoint is the signed checkpoint over the first n entries.
func (l *rigLog) checkpoint(n int) []byte {
	l.t.Helper()
	var f logproof.Fold
	for _, r := range l.records[:n] {
		f.Add(r.Entry.Hash)
	}
	b, err := logproof.Sign(int64(n), f.Root(), l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *rigLog) meta() *Meta {
	n := len(l.records)
	return &Meta{Checkpoint: l.checkpoint(n), Stored: l.stored, To: int64(n), Program: "beckmanctl 1.4.0", WithNames: true}
}

// export writes the records that keep lets through.
func (l *rigLog) export(format string, m *Meta, keep func(*Record) bool) []byte {
	l.t.Helper()
	b, err := l.try(format, m, keep)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *rigLog) try(format string, m *Meta, keep func(*Record) bool) ([]byte, error) {
	var out bytes.Buffer
	x, err := New(format, &out)
	if err == nil {
		err = x.Begin(m)
	}
	for i := range l.records {
		if r := &l.records[i]; err == nil && r.Entry.Index >= m.From && r.Entry.Index < m.To && (keep == nil || keep(r)) {
			err = x.Record(r)
		}
	}
	if err == nil {
		err = x.End()
	}
	return out.Bytes(), err
}

// sealed leaves the HMACs alone, as beckmanctl writes them.
func (l *rigLog) sealed() {
	for i := range l.records {
		l.records[i].Personal = nil
	}
}

// rigWitness cosigns, as c2sp.org/tlog-cosignature says.
type rigWitness struct {
	signer *cosign.Signer
	now    time.Time
}

func newWitness(t testing.TB, name string) *rigWitness {
	t.Helper()
	w := &rigWitness{}
	key, _, err := cosign.GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	if w.signer, err = cosign.NewSigner(key, func() time.Time { return w.now }); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *rigWitness) cosign(t testing.TB, signed []byte, at time.Time) []byte {
	t.Helper()
	w.now = at
	n := &note.Note{}
	n.Text, _, _ = strings.Cut(string(signed), "\n\n")
	n.Text += "\n"
	line, err := note.Sign(n, w.signer)
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(signed), line[len(n.Text)+1:]...)
}

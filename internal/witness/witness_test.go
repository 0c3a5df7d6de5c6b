package witness

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beckmanconnect/internal/cloudapi"
	"beckmanconnect/internal/cosign"
	"beckmanconnect/internal/logproof"
)

// testLog is a log with its key, in memory.
type testLog struct {
	signer   note.Signer
	verifier note.Verifier
	vkey     string
	hashes   []tlog.Hash
	size     int64
}

func newLog(t testing.TB, name string) *testLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	l := &testLog{vkey: vkey}
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if l.verifier, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *testLog) ReadHashes(idx []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(idx))
	for i, x := range idx {
		if x >= int64(len(l.hashes)) {
			return nil, errors.New("beyond the end")
		}
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *testLog) add(entries ...string) *testLog {
	for _, e := range entries {
		more, err := tlog.StoredHashes(l.size, []byte(e), l)
		if err != nil {
			panic(err)
		}
		l.hashes = append(l.hashes, more...)
		l.size++
	}
	return l
}

func (l *testLog) grow(n int, kind byte) *testLog {
	for range n {
		l.add(string([]byte{kind, byte(l.size), byte(l.size >> 8)}))
	}
	return l
}

// at is a copy of the log as it was: the same key, an older end.
func (l *testLog) at(size int64) *testLog {
	c := *l
	c.size, c.hashes = size, l.hashes[:tlog.StoredHashCount(size):tlog.StoredHashCount(size)]
	return &c
}

func (l *testLog) root() tlog.Hash {
	root, err := tlog.TreeHash(l.size, l)
	if err != nil {
		panic(err)
	}
	return root
}

func (l *testLog) note() []byte {
	msg, err := logproof.Sign(l.size, l.root(), l.signer)
	if err != nil {
		panic(err)
	}
	return msg
}

// from is a request with the proof that starts at old.
func (l *testLog) from(old int64) Request {
	r := Request{Old: old, Note: l.note()}
	if old > 0 && old < l.size {
		proof, err := tlog.ProveTree(l.size, old, l)
		if err != nil {
			panic(err)
		}
		r.Proof = proof
	}
	return r
}

// memory is a State that keeps everything.
type memory struct {
	log  note.Verifier
	all  map[int64]tlog.Hash
	seen Seen
	fail error
}

func (m *memory) Newest(_ context.Context, origin string) (note.Verifier, Seen, error) {
	if m.log == nil || origin != m.log.Name() {
		return nil, Seen{}, ErrUnknown
	}
	return m.log, m.seen, nil
}

func (m *memory) Earlier(_ context.Context, _ string, size int64, root tlog.Hash) (bool, error) {
	known, ok := m.all[size]
	return ok && known == root, nil
}

func (m *memory) Keep(_ context.Context, _ string, next Seen) error {
	if m.fail != nil {
		return m.fail
	}
	if m.all == nil {
		m.all = map[int64]tlog.Hash{}
	}
	m.seen, m.all[next.Size] = next, next.Root
	return nil
}

func newSigner(t testing.TB, name string) *cosign.Signer {
	t.Helper()
	skey, vkey, err := cosign.GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := cosign.NewSigner(skey, func() time.Time { return time.Unix(1_700_000_000, 0) })
	if err != nil || s.VerifierKey() != vkey {
		t.Fatal(err, s)
	}
	return s
}

// Every way a checkpoint may stand to the newest one, and what is said to it.
func TestAdd(t *testing.T) { // scenario 48
	s := newSigner(t, "witness.example")
	log := newLog(t, "log-1").grow(300, 'a')
	other := newLog(t, "log-1").grow(310, 'a') // of the same name, with another key
	fork := log.at(250)
	fork.grow(100, 'f')
	forged := log.at(300)
	forged.grow(10, 'a')
	bad := forged.from(200)
	bad.Proof[0][0] ^= 1
	long := forged.from(200)
	long.Proof = append(long.Proof, tlog.Hash{})
	for name, row := range map[string]struct {
		request Request
		code    string
		size    int64 // afterwards
	}{
		"grown":                        {forged.from(200), "", 310},
		"the same once more":           {log.at(200).from(0), "", 200},
		"the same with another proof":  {log.at(200).from(150), "", 200},
		"from the wrong size":          {forged.from(150), cloudapi.WitnessOld, 200},
		"without a proof":              {Request{Note: forged.note()}, cloudapi.WitnessOld, 200},
		"from a size never cosigned":   {forged.from(250), cloudapi.WitnessOld, 200},
		"an older one, cosigned":       {log.at(100).from(0), cloudapi.WitnessOld, 200},
		"an older one, never seen":     {log.at(150).from(100), cloudapi.WitnessShrunk, 200},
		"another of the same size":     {newFork(log, 100, 200).from(0), cloudapi.WitnessForked, 200},
		"another history":              {newFork(log, 100, 300).from(200), cloudapi.WitnessProof, 200},
		"a changed proof":              {bad, cloudapi.WitnessProof, 200},
		"a proof with more":            {long, cloudapi.WitnessProof, 200},
		"no proof from the right size": {Request{Old: 200, Note: forged.note()}, cloudapi.WitnessProof, 200},
		"another key":                  {other.from(200), cloudapi.WitnessSignature, 0},
		"another log":                  {newLog(t, "log-2").grow(1, 'a').from(0), cloudapi.WitnessUnknown, 0},
		"forked after what was seen":   {fork.from(200), "", 350},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{log: log.verifier}
			for _, size := range []int64{100, 200} {
				if a, err := Add(t.Context(), s, m, log.at(size).from(m.seen.Size)); err != nil || a.Code != "" {
					t.Fatal(a, err)
				}
			}
			a, err := Add(t.Context(), s, m, row.request)
			if err != nil || a.Code != row.code || a.Seen.Size != row.size {
				t.Fatalf("%q (%s), size %d, %v; want %q, %d", a.Code, a.Why, a.Seen.Size, err, row.code, row.size)
			}
			if row.code == "" {
				c, err := Open(a.Seen.Note, log.verifier, s.Verifier())
				if err != nil || c.Size != row.size || c.Time.Unix() != 1_700_000_000 {
					t.Fatal(c, err)
				}
			} else if row.size > 0 && m.seen.Size != 200 {
				t.Fatal("a refusal changed what is kept")
			}
		})
	}
}

// newFork is a log that goes its own way from an entry on, under the same key.
func newFork(l *testLog, from, to int64) *testLog {
	f := l.at(from)
	return f.grow(int(to-from), 'x')
}

// What cannot be kept is not answered with a signature.
func TestKeptBeforeAnswered(t *testing.T) {
	log := newLog(t, "log-1").grow(3, 'a')
	m := &memory{log: log.verifier, fail: errors.New("disk full")}
	if a, err := Add(t.Context(), newSigner(t, "w"), m, log.from(0)); err == nil || len(a.Seen.Note) > 0 {
		t.Fatal(a, err)
	}
}

// A message with anything in it that is not signed is refused or left out.
func TestOnlyWhatIsSigned(t *testing.T) {
	s, log := newSigner(t, "w"), newLog(t, "log-1").grow(5, 'a')
	m := &memory{log: log.verifier}
	extra := append(log.note(), []byte("— other "+base64.StdEncoding.EncodeToString(make([]byte, 68))+"\n")...)
	a, err := Add(t.Context(), s, m, Request{Note: extra})
	if err != nil || a.Code != "" || bytes.Contains(a.Seen.Note, []byte("other")) {
		t.Fatal(a, err)
	}
	body := logproof.Checkpoint{Origin: "log-1", Size: 5, Root: log.root()}.Body() + "an extension line\n"
	msg, err := note.Sign(&note.Note{Text: body}, log.signer)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Add(t.Context(), s, m, Request{Note: msg}); !errors.Is(err, ErrMalformed) {
		t.Fatal(a, err)
	}
	for _, r := range []Request{{}, {Note: []byte("no note")}, {Old: -1, Note: log.note()}, {Proof: make([]tlog.Hash, 65), Note: log.note()}, {Note: make([]byte, MaxNote+1)}} {
		if a, err := Add(t.Context(), s, m, r); !errors.Is(err, ErrMalformed) {
			t.Fatal(a, err)
		}
	}
	empty, err := logproof.Sign(0, tlog.Hash{}, log.signer)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := Add(t.Context(), s, &memory{log: log.verifier}, Request{Note: empty}); err != nil || a.Code == "" {
		t.Fatal(a, err)
	}
}

// A cosigned checkpoint is one of this log by this witness, and nothing else.
func TestOpen(t *testing.T) {
	s, log := newSigner(t, "w"), newLog(t, "log-1").grow(5, 'a')
	a, err := Add(t.Context(), s, &memory{log: log.verifier}, log.from(0))
	if err != nil {
		t.Fatal(err)
	}
	msg := a.Seen.Note
	if _, err := Open(msg, log.verifier, s.Verifier()); err != nil {
		t.Fatal(err)
	}
	for i := range msg {
		changed := bytes.Clone(msg)
		changed[i] ^= 1
		if _, err := Open(changed, log.verifier, s.Verifier()); err == nil {
			t.Fatalf("byte %d may be changed", i)
		}
	}
	for name, bad := range map[string][]byte{"not cosigned": log.note(), "empty": nil, "more": append(bytes.Clone(msg), '\n')} {
		if _, err := Open(bad, log.verifier, s.Verifier()); err == nil {
			t.Error(name)
		}
	}
	if _, err := Open(msg, log.verifier, newSigner(t, "w").Verifier()); err == nil {
		t.Error("another witness of the same name")
	}
	line, err := a.SignatureLine(s)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := Join(log.note(), line, log.verifier, s.Verifier())
	if err != nil || !bytes.Equal(joined, msg) {
		t.Fatalf("%s %v", joined, err)
	}
	if _, err := Join(log.at(4).note(), line, log.verifier, s.Verifier()); err == nil {
		t.Error("joined with another checkpoint")
	}
}

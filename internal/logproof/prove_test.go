package logproof

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"beckmanconnect/internal/cosign"
)

// proofLog is a log in memory with the keys to it.
type proofLog struct {
	t        testing.TB
	signer   note.Signer
	verifier note.Verifier
	entries  []Entry
	salts    []map[string][]byte
	values   []map[string]string
}

func newProofLog(t testing.TB) *proofLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "beckmanconnect-log-1")
	if err != nil {
		t.Fatal(err)
	}
	l := &proofLog{t: t}
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if l.verifier, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *proofLog) add(subject string, fields, personal map[string]string) {
	l.t.Helper()
	e := Entry{Index: int64(len(l.entries)), Version: LeafVersion, Wall: 1_772_000_000_123_456_789 + int64(len(l.entries)), Mono: 5, Boot: "b", Kind: "session.granted", Actor: "technician", Subject: subject}
	salts, commitments := map[string][]byte{}, map[string][32]byte{}
	for name, value := range personal {
		salts[name] = make([]byte, SaltSize)
		rand.Read(salts[name])
		commitments[name] = Commitment(salts[name], e.Index, name, value)
	}
	var err error
	if e.Fields, err = EncodeFields(fields); err != nil {
		l.t.Fatal(err)
	}
	if e.Personal, err = EncodeCommitments(commitments); err != nil {
		l.t.Fatal(err)
	}
	e.Hash, _ = LeafHash(nil, &e)
	l.entries, l.salts, l.values = append(l.entries, e), append(l.salts, salts), append(l.values, personal)
}

func (l *proofLog) stored(level int, from, to int64) (out []tlog.Hash, err error) {
	for n := from; n < to; n++ {
		var f Fold
		for _, e := range l.entries[n<<(NodeHeight*level) : (n+1)<<(NodeHeight*level)] {
			f.Add(e.Hash)
		}
		out = append(out, f.Root())
	}
	return out, nil
}

func (l *proofLog) checkpoint(size int) []byte {
	l.t.Helper()
	var f Fold
	for _, e := range l.entries[:size] {
		f.Add(e.Hash)
	}
	b, err := Sign(int64(size), f.Root(), l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// prove gives the proof as a file.
func (l *proofLog) prove(n, size int, disclose ...string) []byte {
	l.t.Helper()
	line := Line{Entry: l.entries[n], Values: map[string]Value{}}
	for _, name := range disclose {
		line.Values[name] = Value{Text: l.values[n][name], Salt: l.salts[n][name]}
	}
	p, err := Prove(line, l.checkpoint(size), l.stored)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *proofLog) check(b []byte, witnesses ...*cosign.Verifier) (*Proof, *Cosigned, error) {
	p, err := ParseProof(b)
	if err != nil {
		return nil, nil, err
	}
	c, err := p.Check([]note.Verifier{l.verifier}, witnesses)
	return p, c, err
}

// issue: one entry with its proof, checkable without the database: any entry of
// any log, with any text, through the file and back.
func TestAnyEntryIsProven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newProofLog(t)
		size := rapid.IntRange(1, 600).Draw(rt, "size")
		n := rapid.IntRange(0, size-1).Draw(rt, "entry")
		text := rapid.String()
		for i := range size {
			if i != n {
				l.add(fmt.Sprint(i), nil, nil)
				continue
			}
			names := rapid.StringN(1, 20, 60)
			l.add(text.Draw(rt, "subject"), rapid.MapOfN(names, text, 0, 4).Draw(rt, "fields"),
				rapid.MapOfN(names, text, 0, 4).Draw(rt, "personal"))
		}
		var disclosed []string
		for name := range l.values[n] {
			if rapid.Bool().Draw(rt, "disclose") {
				disclosed = append(disclosed, name)
			}
		}
		b := l.prove(n, size, disclosed...)
		p, c, err := l.check(b)
		if err != nil {
			rt.Fatalf("%v\n%s", err, b)
		}
		e, want := &p.Line.Entry, &l.entries[n]
		if c.Size != int64(size) || e.Hash != want.Hash || e.Subject != want.Subject || e.Wall != want.Wall || !bytes.Equal(e.Fields, want.Fields) || !bytes.Equal(e.Personal, want.Personal) {
			rt.Fatalf("proved %+v, want %+v", e, want)
		}
		for _, name := range disclosed {
			if p.Line.Values[name].Text != l.values[n][name] {
				rt.Fatalf("disclosed %q", p.Line.Values[name].Text)
			}
		}
		// scenario 49: the file does nothing to a terminal.
		for _, r := range string(b) {
			if r != '\n' && r != '—' && !strings.ContainsRune(Printable(string(r)), r) {
				rt.Fatalf("%U stands in the file", r)
			}
		}
	})
}

// scenario 48: nothing in a proof can be changed.
func TestAChangedProofDoesNotHold(t *testing.T) {
	l := newProofLog(t)
	for i := range 300 {
		l.add(fmt.Sprint("session-", i), map[string]string{"capability": "view"}, map[string]string{"account": "anna", "name": "Anna"})
	}
	good := l.prove(77, 300, "name")
	if _, _, err := l.check(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, _, err := l.check(bad); err == nil {
			t.Fatalf("byte %d (after %q) changed, and the proof holds", i, good[max(0, i-20):i])
		}
	}
	for i := range len(good) {
		if _, _, err := l.check(good[:i]); err == nil {
			t.Fatalf("cut after %d bytes, and the proof holds", i)
		}
	}
	// The proof of one entry does not fit another, nor another log.
	other := l.prove(78, 300)
	at, rest := bytes.Index(good, []byte("\n\n")), bytes.Index(other, []byte("\n\n"))
	if _, _, err := l.check(append(bytes.Clone(good[:at]), other[rest:]...)); err == nil {
		t.Error("another entry's proof was taken")
	}
	if _, _, err := newProofLog(t).check(good); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("another log's key: %v", err)
	}
	if _, err := Prove(Line{Entry: l.entries[250]}, l.checkpoint(200), l.stored); err == nil {
		t.Error("an entry above the checkpoint was proven")
	}
	wrong := l.entries[5]
	wrong.Subject = "another"
	if _, err := Prove(Line{Entry: wrong}, l.checkpoint(200), l.stored); err == nil {
		t.Error("an entry that is not in the log was proven")
	}
}

// Witnesses are named when their keys are given; other lines say nothing.
func TestWitnessesOfAProof(t *testing.T) {
	l := newProofLog(t)
	for i := range 3 {
		l.add(fmt.Sprint(i), nil, nil)
	}
	at := time.Unix(1_772_000_100, 0)
	skey, vkey, err := cosign.GenerateKey("witness.vendor.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cosign.NewSigner(skey, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Open(l.checkpoint(3), note.VerifierList(l.verifier))
	if err != nil {
		t.Fatal(err)
	}
	both, err := note.Sign(signed, signer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Prove(Line{Entry: l.entries[1]}, both, l.stored)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	witness, err := cosign.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	_, c, err := l.check(b, witness)
	if err != nil || len(c.By) != 1 || c.By[0].Name != "witness.vendor.example" || !c.By[0].Time.Equal(at) || len(c.Unknown) != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	_, c, err = l.check(b)
	if err != nil || len(c.By) != 0 || len(c.Unknown) != 1 {
		t.Fatalf("without its key: %+v, %v", c, err)
	}
	// A witness alone is not the log.
	alone, err := note.Sign(&note.Note{Text: signed.Text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCosigned(alone, []note.Verifier{l.verifier}, []*cosign.Verifier{witness}); err == nil || !strings.Contains(err.Error(), "the log's own key") {
		t.Errorf("a witness alone: %v", err)
	}
}

// Cover and Fold together are the tree, wherever something is left out.
func TestFoldGoesOverWhatIsLeftOut(t *testing.T) {
	l := newProofLog(t)
	for i := range 700 {
		l.add(fmt.Sprint(i), nil, nil)
	}
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.Int64Range(0, 700).Draw(rt, "size")
		var f, want Fold
		for _, e := range l.entries[:size] {
			want.Add(e.Hash)
		}
		for f.Size() < size {
			to := rapid.Int64Range(f.Size()+1, size).Draw(rt, "to")
			cover, err := Cover(l.stored, f.Size(), to)
			if err != nil {
				rt.Fatal(err)
			}
			if len(cover) > 2*10 {
				rt.Fatalf("%d hashes", len(cover))
			}
			g := f
			g.stack, g.heights = append([]tlog.Hash{}, f.stack...), append([]int{}, f.heights...)
			if err := g.Skip(to, append(cover, tlog.Hash{})); err == nil {
				rt.Fatal("one hash too many was taken")
			}
			g = f
			g.stack, g.heights = append([]tlog.Hash{}, f.stack...), append([]int{}, f.heights...)
			if err := g.Skip(to, cover[1:]); err == nil {
				rt.Fatal("one hash too few was taken")
			}
			if err := f.Skip(to, cover); err != nil {
				rt.Fatal(err)
			}
			if f.Size() < size {
				f.Add(l.entries[f.Size()].Hash)
			}
		}
		if f.Root() != want.Root() {
			rt.Fatal("another root")
		}
	})
	// And the tree of x/mod itself says the same.
	var f Fold
	for _, e := range l.entries {
		f.Add(e.Hash)
	}
	root, err := tlog.TreeHash(700, Hashes(l.stored))
	if err != nil || root != f.Root() {
		t.Fatalf("%v, %v", root, err)
	}
}

func FuzzParseProof(f *testing.F) {
	l := newProofLog(f)
	for i := range 5 {
		l.add(fmt.Sprint("s\u202e", i), map[string]string{"a": "b\x00"}, map[string]string{"account": "anna", "name": "Anna"})
	}
	f.Add(l.prove(0, 1))
	f.Add(l.prove(3, 5, "name"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseProof(b)
		if err != nil {
			return
		}
		again, err := p.Marshal()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%v: %q became %q", err, b, again)
		}
		if _, err := p.Check([]note.Verifier{l.verifier}, nil); err == nil && p.Line.Entry.Hash != l.entries[p.Line.Entry.Index].Hash {
			t.Fatal("another entry was proven")
		}
	})
}

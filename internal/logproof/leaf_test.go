package logproof

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

// Version 1 of the leaf, pinned by a hash that another program computed from
// the description in AppendLeaf, Commitment and EncodeCommitments: a log
// written today must verify for ever.
func TestLeafIsPinned(t *testing.T) {
	fields, err := EncodeFields(map[string]string{"b": "2", "a": "<1>\n"})
	if err != nil {
		t.Fatal(err)
	}
	commitments, err := EncodeCommitments(map[string][32]byte{"name": Commitment(bytes.Repeat([]byte{7}, SaltSize), 258, "name", "Erika")})
	if err != nil {
		t.Fatal(err)
	}
	e := &Entry{Index: 258, Version: 1, Wall: 1_700_000_000_000_000_000, Mono: 5, Boot: "boot", Kind: "a.b", Actor: "it", Subject: "s", Fields: fields, Personal: commitments}
	const wantHash = "67a018bd7ac62d700fb16d0d31f370abc26069465efa4ed39ba1117b3794e56e"
	h, _ := LeafHash(nil, e)
	if hex.EncodeToString(h[:]) != wantHash {
		t.Fatalf("the leaf's hash changed: %s", hex.EncodeToString(h[:]))
	}
}

// Two different entries never share a leaf.
func TestLeafIsInjective(t *testing.T) {
	draw := func(t *rapid.T, label string) *Entry {
		text := rapid.SampledFrom([]string{"", "a", "b", "ab", "aa", "\x00", "\x00\x00\x00\x01"})
		return &Entry{
			Index: rapid.Int64Range(0, 1).Draw(t, label), Wall: rapid.Int64Range(0, 1).Draw(t, label), Mono: rapid.Int64Range(0, 1).Draw(t, label),
			Boot: text.Draw(t, label), Kind: text.Draw(t, label), Actor: text.Draw(t, label), Subject: text.Draw(t, label),
			Fields: []byte(text.Draw(t, label)), Personal: []byte(text.Draw(t, label)),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		same := a.Index == b.Index && a.Wall == b.Wall && a.Mono == b.Mono && a.Boot == b.Boot && a.Kind == b.Kind &&
			a.Actor == b.Actor && a.Subject == b.Subject && bytes.Equal(a.Fields, b.Fields) && bytes.Equal(a.Personal, b.Personal)
		if bytes.Equal(AppendLeaf(nil, a), AppendLeaf(nil, b)) != same {
			t.Fatalf("%+v and %+v share a leaf", a, b)
		}
	})
}

func TestFieldsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.StringN(1, 8, -1), rapid.String()).Draw(t, "fields")
		b, err := EncodeFields(m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeFields(b)
		if err != nil || !maps.Equal(m, back) {
			t.Fatalf("%q became %q (%v)", m, back, err)
		}
	})
	for _, bad := range []string{"", "null", "[]", `{"a":1}`, `{"a":"1","a":"2"}`, `{"b":"","a":""}`, `{ }`, `{"a":"<"}`, `{"":""}`, `{"a":"1"} `, `{"a":null}`} {
		if m, err := DecodeFields([]byte(bad)); err == nil {
			t.Errorf("%s read as %v", bad, m)
		}
	}
}

// The commitment hides the value behind its salt and binds place and name.
func TestCommitmentBinds(t *testing.T) {
	salt := bytes.Repeat([]byte{1}, SaltSize)
	base := Commitment(salt, 1, "name", "Erika")
	for what, c := range map[string][sha256.Size]byte{
		"salt":           Commitment(bytes.Repeat([]byte{2}, SaltSize), 1, "name", "Erika"),
		"index":          Commitment(salt, 2, "name", "Erika"),
		"name":           Commitment(salt, 1, "nam", "eErika"),
		"value":          Commitment(salt, 1, "name", "Erike"),
		"name and value": Commitment(salt, 1, "nameE", "rika"),
	} {
		if c == base {
			t.Errorf("another %s gives the same commitment", what)
		}
	}
}

func FuzzDecodeCommitments(f *testing.F) {
	ok, _ := EncodeCommitments(map[string][32]byte{"a": {1}, "b": {2}})
	f.Add(ok)
	f.Add([]byte{0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := DecodeCommitments(b)
		if err != nil {
			return
		}
		m := map[string][32]byte{}
		for _, c := range list {
			m[c.Name] = c.HMAC
		}
		if again, err := EncodeCommitments(m); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x has another spelling %x (%v)", b, again, err)
		}
	})
}

// Every accepted note is, byte for byte, the one that was signed: anything
// else, also a second spelling of the same signature, is refused (scenario 48).
func FuzzOpenCheckpoint(f *testing.F) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "beckmanconnect-log-test")
	if err != nil {
		f.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		f.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		f.Fatal(err)
	}
	msg, err := Sign(17, Commitment(nil, 0, "", ""), signer)
	if err != nil {
		f.Fatal(err)
	}
	known := note.VerifierList(verifier)
	for i := range msg {
		f.Add(i, byte(1))
		f.Add(i, byte(4))
	}
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		b := bytes.Clone(msg)
		if at >= 0 && at < len(b) {
			b[at] ^= flip
		}
		c, err := OpenCheckpoint(b, known)
		if err == nil != bytes.Equal(b, msg) {
			t.Fatalf("byte %d ^ %x: %v", at, flip, err)
		}
		if err == nil && (c.Size != 17 || c.Origin != "beckmanconnect-log-test") {
			t.Fatalf("%+v", c)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add("o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("o\n-1\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseBody(s); err == nil && c.Body() != s {
			t.Fatalf("%q has another spelling", s)
		}
	})
}

package cosign

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// The form is that of c2sp.org/tlog-cosignature: a key of type 4, the time in
// front of the signature and in what is signed.
func TestCosignature(t *testing.T) {
	skey, _, err := GenerateKey("witness.example/w1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(skey, func() time.Time { return time.Unix(1_700_000_000, 0) })
	if err != nil {
		t.Fatal(err)
	}
	text := "log\n1\nAAAA\n"
	sig, err := s.Sign([]byte(text))
	if err != nil || len(sig) != 72 || !bytes.Equal(sig[:8], []byte{0, 0, 0, 0, 0x65, 0x53, 0xf1, 0}) {
		t.Fatalf("%x %v", sig, err)
	}
	v, err := NewVerifier(s.VerifierKey())
	if err != nil || !v.Verify([]byte(text), sig) || v.Key() != s.VerifierKey() || v.KeyHash() != s.KeyHash() {
		t.Fatal(err)
	}
	raw, _ := base64.StdEncoding.DecodeString(strings.SplitN(s.VerifierKey(), "+", 3)[2])
	if len(raw) != 33 || raw[0] != 4 {
		t.Fatalf("%x", raw)
	}
	for i := range sig {
		changed := bytes.Clone(sig)
		changed[i] ^= 1
		if v.Verify([]byte(text), changed) {
			t.Fatalf("byte %d of the signature may be changed", i)
		}
	}
	if at, ok := Stamp(note.Signature{Base64: base64.StdEncoding.EncodeToString(append(make([]byte, 4), sig...))}); !ok || at.Unix() != 1_700_000_000 {
		t.Fatal(at, ok)
	}
	if v.Verify([]byte(text), sig[8:]) || v.Verify([]byte(text+"x"), sig) {
		t.Fatal("verified something else")
	}
}

func TestKeysAreReadStrictly(t *testing.T) {
	skey, vkey, err := GenerateKey("w")
	if err != nil {
		t.Fatal(err)
	}
	plain, plainKey, err := note.GenerateKey(nil, "w")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "w", "w+00000000", strings.Replace(vkey, "w+", "v+", 1), plainKey, vkey + "=", skey} {
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("verifier %q was taken", bad)
		}
	}
	for _, bad := range []string{"", vkey, plain, strings.Replace(skey, "+w+", "+v+", 1)} {
		if _, err := NewSigner(bad, nil); err == nil {
			t.Errorf("signer %q was taken", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Error("the error quotes the key")
		}
	}
	for _, bad := range []string{"", "a b", "a+b", "a\n", strings.Repeat("x", 201)} {
		if _, _, err := GenerateKey(bad); err == nil {
			t.Errorf("name %q was taken", bad)
		}
	}
}

package conformance

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// signer is a key with the form in which metadata names it.
type signer struct {
	key    *metadata.Key
	id     string
	signer signature.Signer
}

// newSigner makes a key. Edit may change what metadata say of it before it has
// an ID.
func newSigner(t testing.TB, kind string, edit func(*metadata.Key)) signer {
	t.Helper()
	var s signer
	var private crypto.Signer
	var err error
	switch kind {
	case "rsa":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ecdsa":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		s.signer, err = signature.LoadRSAPSSSigner(k, crypto.SHA256, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash})
	case ed25519.PrivateKey:
		s.signer, err = signature.LoadSigner(k, crypto.Hash(0))
	default:
		s.signer, err = signature.LoadSigner(k, crypto.SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.key, err = metadata.KeyFromPublicKey(private.Public()); err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(s.key)
	}
	if s.id, err = s.key.ID(); err != nil {
		t.Fatal(err)
	}
	return s
}

// sign signs metadata, by each once and in this order, and returns its bytes.
func sign[T metadata.Roles](t testing.TB, m *metadata.Metadata[T], by []signer) []byte {
	t.Helper()
	m.ClearSignatures()
	for _, s := range by {
		if _, err := m.Sign(s.signer); err != nil {
			t.Fatal(err)
		}
		m.Signatures[len(m.Signatures)-1].KeyID = s.id // of the edited key
	}
	text, err := m.ToBytes(true)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

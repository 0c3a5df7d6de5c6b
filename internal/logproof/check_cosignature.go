package logproof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is the signature type of cosignature/v1 in a verifier key.
const algCosignature = 0x04

// A CosignatureVerifier checks the cosignatures of one witness, of type
// cosignature/v1 in c2sp.org/tlog-cosignature. It is a note.Verifier.
type CosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// NewCosignatureVerifier reads a witness's verifier key: its name, the key's
// hash and the key, with plus signs between.
func NewCosignatureVerifier(vkey string) (*CosignatureVerifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash16, key64, _ := strings.Cut(rest, "+")
	hash, err := hex.DecodeString(hash16)
	if err != nil || len(hash) != 4 || name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
		return nil, errVerifier
	}
	key, err := base64.StdEncoding.Strict().DecodeString(key64)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algCosignature {
		return nil, errVerifier
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	v := &CosignatureVerifier{name: name, hash: binary.BigEndian.Uint32(sum[:]), key: key[1:]}
	if v.hash != binary.BigEndian.Uint32(hash) {
		return nil, errVerifier
	}
	return v, nil
}

// Name is the witness's name.
func (v *CosignatureVerifier) Name() string { return v.name }

// KeyHash is the hash of name and key.
func (v *CosignatureVerifier) KeyHash() uint32 { return v.hash }

// Verify checks one cosignature of a checkpoint's body.
func (v *CosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if at > math.MaxInt64 {
		return false
	}
	return ed25519.Verify(v.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, msg), sig[8:])
}

// cosignedAt is the time in a cosignature that was verified.
func cosignedAt(s note.Signature) (time.Time, error) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) < 12 {
		return time.Time{}, fmt.Errorf("signature of %q: cut short", s.Name)
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0), nil
}

// Package cosign makes and verifies the signatures of witnesses of logs:
// cosignature/v1 of c2sp.org/tlog-cosignature, Ed25519 with the time, in the
// form of notes.
package cosign

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// algorithm is that of a timestamped Ed25519 cosignature in a note key.
const algorithm = 4

const stampSize = 8 // of the time in front of a signature

var (
	errSigner   = errors.New("this is no witness's signing key")
	errVerifier = errors.New("this is no witness's verifier key")
)

// GenerateKey makes a witness's key pair in the form of note keys. The name may
// hold no space and no plus sign; an address without its scheme is usual.
func GenerateKey(name string) (signer, verifier string, err error) {
	if !ValidName(name) {
		return "", "", fmt.Errorf("%.80q is no name for a witness: it may hold no space and no plus sign", name)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	hash := keyHash(name, public)
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, hash, encodeKey(private.Seed())), encodeVerifier(name, public), nil
}

// Signer cosigns. It is safe for concurrent use.
type Signer struct {
	name   string
	public ed25519.PublicKey
	key    ed25519.PrivateKey
	now    func() time.Time
}

// NewSigner reads a signing key that GenerateKey made. now may be nil.
func NewSigner(text string, now func() time.Time) (*Signer, error) {
	rest, ok := strings.CutPrefix(text, "PRIVATE+KEY+")
	name, hash, seed, okKey := splitKey(rest)
	if !ok || !okKey {
		return nil, errSigner
	}
	s := &Signer{name: name, key: ed25519.NewKeyFromSeed(seed), now: now}
	s.public = s.key.Public().(ed25519.PublicKey)
	if keyHash(name, s.public) != hash {
		return nil, errSigner
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Name is the witness's own.
func (s *Signer) Name() string { return s.name }

// KeyHash tells keys of one name apart.
func (s *Signer) KeyHash() uint32 { return keyHash(s.name, s.public) }

// VerifierKey is the public half, as NewVerifier reads it.
func (s *Signer) VerifierKey() string { return encodeVerifier(s.name, s.public) }

// Verifier verifies what s signs.
func (s *Signer) Verifier() *Verifier { return &Verifier{name: s.name, key: s.public} }

// Now is the witness's clock.
func (s *Signer) Now() time.Time { return s.now() }

// Sign signs the text of a checkpoint together with the present time.
func (s *Signer) Sign(text []byte) ([]byte, error) {
	unix := s.now().Unix()
	if unix < 0 {
		return nil, errors.New("the witness's clock is not set")
	}
	sig := binary.BigEndian.AppendUint64(nil, uint64(unix))
	return append(sig, ed25519.Sign(s.key, signed(uint64(unix), text))...), nil
}

// Verifier verifies cosignatures of one witness; it is a note.Verifier.
type Verifier struct {
	name string
	key  ed25519.PublicKey
}

// NewVerifier reads a witness's verifier key, strictly: a key of another kind,
// or one whose hash is not its own, is refused.
func NewVerifier(text string) (*Verifier, error) {
	name, hash, key, ok := splitKey(text)
	if !ok || keyHash(name, key) != hash {
		return nil, errVerifier
	}
	return &Verifier{name: name, key: key}, nil
}

// Name is the witness's.
func (v *Verifier) Name() string { return v.name }

// KeyHash tells keys of one name apart.
func (v *Verifier) KeyHash() uint32 { return keyHash(v.name, v.key) }

// Key is the verifier key as text.
func (v *Verifier) Key() string { return encodeVerifier(v.name, v.key) }

// Verify reports whether sig is v's cosignature on a checkpoint's text.
func (v *Verifier) Verify(text, sig []byte) bool {
	return len(sig) == stampSize+ed25519.SignatureSize && ed25519.Verify(v.key, signed(binary.BigEndian.Uint64(sig), text), sig[stampSize:])
}

// signed is what the signature is over.
func signed(unix uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", unix), text...)
}

// Stamp is when a cosignature was made, by the witness's clock.
func Stamp(s note.Signature) (time.Time, bool) {
	b, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(b) != 4+stampSize+ed25519.SignatureSize {
		return time.Time{}, false
	}
	unix := binary.BigEndian.Uint64(b[4:])
	if unix > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(unix), 0), true
}

func splitKey(text string) (name string, hash uint32, key []byte, ok bool) {
	name, rest, _ := strings.Cut(text, "+")
	hex, encoded, _ := strings.Cut(rest, "+")
	n, err := strconv.ParseUint(hex, 16, 32)
	raw, errKey := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || errKey != nil || len(hex) != 8 || !ValidName(name) || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algorithm {
		return "", 0, nil, false
	}
	return name, uint32(n), raw[1:], true
}

func encodeKey(key []byte) string {
	return base64.StdEncoding.EncodeToString(append([]byte{algorithm}, key...))
}

func encodeVerifier(name string, public ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, public), encodeKey(public))
}

func keyHash(name string, public []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n\x04"), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// ValidName says whether name may stand in a note key: not empty, without spaces
// and plus signs.
func ValidName(name string) bool {
	return name != "" && len(name) <= 200 && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '+' || unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}

// Package kms is where the cloud's data keys are kept safe: a wrapping key, RSA
// of 2048 bits or more, in a file or on a PKCS#11 token, and sets of AES-256
// keys that are written down only under it (P15, B13).
//
// A wrapping key does one thing: it opens a secret of 32 bytes that was
// encrypted to it by RSA-OAEP. It is used once a start, so that a token or a
// security module that answers slowly slows nothing down.
package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // OAEP's hash where a token knows no other; see sha1OAEP
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/cloud/releases/token"
)

// Bits of wrapping keys: of those made here, and the fewest taken (P15).
const (
	Bits    = 3072
	MinBits = 2048
)

// SecretSize is the size of what is wrapped.
const SecretSize = 32

// How a secret was encrypted. OAEP's security does not rest on collisions of
// its hash; sha1OAEP is for tokens that know nothing else.
const (
	sha256OAEP = "RSA-OAEP-SHA256"
	sha1OAEP   = "RSA-OAEP-SHA1"
)

var hashes = map[string]struct {
	id  crypto.Hash
	new func() hash.Hash
}{sha256OAEP: {crypto.SHA256, sha256.New}, sha1OAEP: {crypto.SHA1, sha1.New}}

// ErrNone: there is no key where it should be.
var ErrNone = errors.New("there is no such key")

// ErrOther: something was wrapped for another key.
var ErrOther = errors.New("it is wrapped for another key")

// Wrapped is a secret for the holder of one key.
type Wrapped struct {
	Key       string `json:"key"` // ID of the wrapping key
	Algorithm string `json:"algorithm"`
	Secret    []byte `json:"secret"`
}

// Key is an open wrapping key.
type Key struct {
	id        string
	public    *rsa.PublicKey
	private   crypto.Decrypter
	algorithm string
	close     func() error
}

// ID names the key: the beginning of the SHA-256 of its public half, in hex.
func (k *Key) ID() string { return k.id }

// Public is the key's public half.
func (k *Key) Public() *rsa.PublicKey { return k.public }

// Close ends the use of the key.
func (k *Key) Close() error { return k.close() }

// Wrap encrypts a secret to the key.
func (k *Key) Wrap(secret []byte) (Wrapped, error) { return wrap(k.public, k.algorithm, secret) }

// WrapFor encrypts a secret to a public key whose private half is elsewhere.
func WrapFor(public *rsa.PublicKey, secret []byte) (Wrapped, error) {
	return wrap(public, sha256OAEP, secret)
}

func wrap(public *rsa.PublicKey, algorithm string, secret []byte) (Wrapped, error) {
	if len(secret) != SecretSize {
		return Wrapped{}, fmt.Errorf("kms: a secret of %d bytes, %d are wrapped", len(secret), SecretSize)
	}
	if bits := public.N.BitLen(); bits < MinBits {
		return Wrapped{}, fmt.Errorf("kms: an RSA key of %d bits, %d are needed", bits, MinBits)
	}
	id, err := ID(public)
	if err != nil {
		return Wrapped{}, err
	}
	sealed, err := rsa.EncryptOAEP(hashes[algorithm].new(), rand.Reader, public, secret, nil)
	if err != nil {
		return Wrapped{}, fmt.Errorf("kms: wrap: %w", err)
	}
	return Wrapped{Key: id, Algorithm: algorithm, Secret: sealed}, nil
}

// Unwrap opens what was wrapped for this key. ErrOther for what was not.
func (k *Key) Unwrap(w Wrapped) ([]byte, error) {
	if w.Key != k.id {
		return nil, fmt.Errorf("kms: %w: %s, this is %s", ErrOther, w.Key, k.id)
	}
	h, ok := hashes[w.Algorithm]
	if !ok {
		return nil, fmt.Errorf("kms: unknown algorithm %q", w.Algorithm)
	}
	secret, err := k.private.Decrypt(rand.Reader, w.Secret, &rsa.OAEPOptions{Hash: h.id})
	if err != nil || len(secret) != SecretSize {
		return nil, errors.New("kms: it does not open: damaged, or another key")
	}
	return secret, nil
}

// ID names a public key.
func ID(public *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("kms: %w", err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8]), nil
}

// Open opens a wrapping key: a file's path, or a key on a token,
// "pkcs11:token=…;object=…?module-path=…&pin-source=file:…". ErrNone where
// there is none.
func Open(ref string) (*Key, error) {
	if strings.HasPrefix(ref, token.Scheme) {
		return openToken(ref)
	}
	text, err := os.ReadFile(ref)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("kms: %s: %w", ref, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	private, err := ParsePrivate(text)
	if err != nil {
		return nil, fmt.Errorf("kms: %s: %w", ref, err)
	}
	return newKey(private, func() error { return nil })
}

// ParsePrivate reads a private RSA key, PKCS#8 in PEM.
func ParsePrivate(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("this is not a PEM key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok || private.N.BitLen() < MinBits {
		return nil, fmt.Errorf("this is not an RSA key of %d bits or more", MinBits)
	}
	return private, nil
}

// Make makes a wrapping key in a file that is not there yet.
func Make(path string) (*Key, error) {
	if strings.HasPrefix(path, token.Scheme) {
		return nil, fmt.Errorf("kms: %s: %w; a key on a token is made by its own tools", path, ErrNone)
	}
	private, err := rsa.GenerateKey(rand.Reader, Bits)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if err := writeNew(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return newKey(private, func() error { return nil })
}

// writeNew writes a file that must survive a power cut, or not appear, and
// never replaces one.
func writeNew(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // for its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func newKey(private crypto.Decrypter, closing func() error) (*Key, error) {
	public, ok := private.Public().(*rsa.PublicKey)
	if !ok || public.N.BitLen() < MinBits {
		return nil, fmt.Errorf("kms: this is not an RSA key of %d bits or more", MinBits)
	}
	id, err := ID(public)
	if err != nil {
		return nil, err
	}
	return &Key{id: id, public: public, private: private, algorithm: sha256OAEP, close: closing}, nil
}

// openToken opens a key on a token, and finds out which hash the token knows.
func openToken(ref string) (*Key, error) {
	on, err := token.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if on.PINFile == "" {
		return nil, errors.New("kms: pin-source=file:PATH is missing: nobody is there to be asked for the PIN")
	}
	signer, closing, err := on.Open(nil)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	k, err := fromToken(signer, closing)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w (%s on %s)", err, on.Object, on.Token), closing())
	}
	return k, nil
}

func fromToken(signer crypto.Signer, closing func() error) (*Key, error) {
	private, ok := signer.(crypto.Decrypter)
	if !ok {
		return nil, errors.New("kms: this key does not decrypt")
	}
	k, err := newKey(private, closing)
	if err != nil {
		return nil, err
	}
	probe := make([]byte, SecretSize)
	for _, k.algorithm = range []string{sha256OAEP, sha1OAEP} {
		w, err := k.Wrap(probe)
		if err != nil {
			return nil, err
		}
		if _, err = k.Unwrap(w); err == nil {
			return k, nil
		}
	}
	return nil, errors.New("kms: this token knows no RSA-OAEP")
}

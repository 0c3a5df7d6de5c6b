package releases

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"beckmanconnect/internal/trust"
)

// Endings of a holder's two files.
const (
	privateEnding = ".key"
	publicEnding  = ".pub"
)

// minPassphrase is the shortest passphrase a key is kept under, in bytes.
const minPassphrase = 12

// Public is the public half of one key of one role, with the person who holds
// the private half. Root is made of these.
type Public struct {
	Role   string
	Holder string
	Key    *metadata.Key
	ID     string // the key's name in metadata: SHA-256, hex
}

// Card is what a holder writes down and reads out when root is made, so that no
// key slips in.
func (p Public) Card() string {
	var groups []string
	for part := range slices.Chunk([]byte(p.ID), 4) {
		groups = append(groups, string(part))
	}
	half := len(groups) / 2
	return fmt.Sprintf("role    %s\nholder  %s\nkind    %s\nkey     %s\n        %s\n", p.Role, p.Holder, p.Key.Type,
		strings.Join(groups[:half], " "), strings.Join(groups[half:], " "))
}

func newPublic(role, holder string, public crypto.PublicKey) (Public, error) {
	if trust.TUFKeys[role] == 0 {
		return Public{}, fmt.Errorf("releases: there is no role %q; there are root, targets, snapshot and timestamp", role)
	}
	if strings.TrimSpace(holder) == "" || strings.ContainsAny(holder, "\r\n:") {
		return Public{}, errors.New("releases: the holder's name is needed, without colons")
	}
	key, err := metadata.KeyFromPublicKey(public)
	if err != nil {
		return Public{}, fmt.Errorf("releases: key of %s: %w", role, err)
	}
	id, err := key.ID()
	if err != nil {
		return Public{}, fmt.Errorf("releases: key of %s: %w", role, err)
	}
	return Public{Role: role, Holder: holder, Key: key, ID: id}, nil
}

// NewKey makes one key for one holder: ROLE-ID.key, encrypted under the
// passphrase (scrypt and NaCl's secretbox), and ROLE-ID.pub, in a folder that
// is the holder's own. It is Ed25519.
func NewKey(role, holder, dir string, passphrase []byte) (Public, error) {
	if len(passphrase) < minPassphrase {
		return Public{}, fmt.Errorf("releases: a passphrase of %d or more letters is needed", minPassphrase)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Public{}, fmt.Errorf("releases: new key: %w", err)
	}
	p, err := newPublic(role, holder, public)
	if err != nil {
		return p, err
	}
	sealed, err := cryptoutils.MarshalPrivateKeyToEncryptedDER(private, cryptoutils.StaticPasswordFunc(passphrase))
	if err != nil {
		return p, fmt.Errorf("releases: new key: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, fmt.Errorf("releases: new key: %w", err)
	}
	text := cryptoutils.PEMEncode(cryptoutils.EncryptedSigstorePrivateKeyPEMType, sealed)
	if err := create(p.file(dir, privateEnding), text, 0o600); err != nil {
		return p, err
	}
	return p, p.write(dir, public)
}

// NewTokenKey writes the public half of a key that a token keeps.
func NewTokenKey(role, holder, dir string, key crypto.Signer) (Public, error) {
	p, err := newPublic(role, holder, key.Public())
	if err != nil {
		return p, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return p, fmt.Errorf("releases: new key: %w", err)
	}
	return p, p.write(dir, key.Public())
}

func (p Public) file(dir, ending string) string {
	return filepath.Join(dir, p.Role+"-"+p.ID[:8]+ending)
}

func (p Public) write(dir string, public crypto.PublicKey) error {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return fmt.Errorf("releases: new key: %w", err)
	}
	block := &pem.Block{Type: "PUBLIC KEY", Headers: map[string]string{"Role": p.Role, "Holder": p.Holder}, Bytes: der}
	return create(p.file(dir, publicEnding), pem.EncodeToMemory(block), 0o644)
}

// create never overwrites: a key that is gone is gone.
func create(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("releases: %w", err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("releases: write %s: %w", path, err)
	}
	return nil
}

// ReadPublic reads a .pub file.
func ReadPublic(path string) (Public, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Public{}, fmt.Errorf("releases: public key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
		return Public{}, fmt.Errorf("releases: %s is not a public key", path)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Public{}, fmt.Errorf("releases: %s: %w", path, err)
	}
	p, err := newPublic(block.Headers["Role"], block.Headers["Holder"], public)
	if err != nil {
		return p, fmt.Errorf("%w (%s)", err, path)
	}
	return p, nil
}

// ReadPublics reads every .pub file of a folder.
func ReadPublics(dir string) ([]Public, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+publicEnding))
	if err != nil {
		return nil, fmt.Errorf("releases: public keys: %w", err)
	}
	var all []Public
	for _, path := range paths {
		p, err := ReadPublic(path)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("releases: %s holds no public keys", dir)
	}
	return all, nil
}

// OpenKey reads a private key from a file. passphrase is asked only for an
// encrypted one.
func OpenKey(path string, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("releases: open key: %w", err)
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(text, func(bool) ([]byte, error) { return passphrase() })
	if err != nil {
		return nil, fmt.Errorf("releases: open key %s: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("releases: open key %s: it cannot sign", path)
	}
	return signer, nil
}

// signs fits any crypto.Signer, on a token too, to what signs metadata.
type signs struct{ crypto.Signer }

func (s signs) PublicKey(...signature.PublicKeyOption) (crypto.PublicKey, error) {
	return s.Public(), nil
}

// SignMessage signs as a key's TUF scheme has it: Ed25519 the message, others
// its SHA-256.
func (s signs) SignMessage(message io.Reader, _ ...signature.SignOption) ([]byte, error) {
	text, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	if _, ok := s.Public().(ed25519.PublicKey); ok {
		return s.Sign(rand.Reader, text, crypto.Hash(0))
	}
	h := crypto.SHA256.New()
	h.Write(text)
	return s.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
}

// keyID is a key's name in metadata.
func keyID(key crypto.Signer) (string, error) {
	k, err := metadata.KeyFromPublicKey(key.Public())
	if err != nil {
		return "", fmt.Errorf("releases: %w", err)
	}
	id, err := k.ID()
	if err != nil {
		return "", fmt.Errorf("releases: %w", err)
	}
	return id, nil
}

// Package logbackup is the form of a backup of the log: one encrypted file that
// only the hospital's key or passphrase opens, with all that is needed to read
// and prove the log elsewhere.
//
// A file is the magic, the length of the header (4 bytes, big-endian), the
// header in JSON, and a Tink streaming ciphertext (AES-256-GCM-HKDF, segments of
// 1 MiB) whose associated data is everything before it: a header that was
// changed, a piece that is missing, doubled or moved, and a file that was cut
// short do not open. Inside is a tar archive, see Pack.
package logbackup

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
	"golang.org/x/crypto/argon2"

	"beckmanconnect/internal/rsakey"
)

const (
	magic      = "BCLOGBK\x01" // the last byte is the version
	segment    = 1 << 20
	keyBytes   = 32
	maxHeader  = 16 << 10
	modeRSA    = "rsa-oaep-sha256"
	modeArgon  = "argon2id"
	oaepLabel  = "beckmanconnect log backup v1"
	leastWords = 12 // characters of a passphrase
	argonTime  = 3
	argonKiB   = 64 << 10
	argonLanes = 4
)

// ErrKey: the file is a backup, and the key or passphrase does not open it.
var ErrKey = errors.New("the key or passphrase does not open this backup")

// Header is what stands before the ciphertext. It is authenticated by it.
type Header struct {
	Mode      string `json:"mode"`
	Recipient string `json:"recipient,omitempty"` // SHA-256 of the RSA key, hex
	Wrapped   []byte `json:"wrapped,omitempty"`   // the file's key under the RSA key
	Salt      []byte `json:"salt,omitempty"`      // of argon2id
	Time      uint32 `json:"time,omitempty"`
	MemoryKiB uint32 `json:"memoryKiB,omitempty"`
	Lanes     uint8  `json:"lanes,omitempty"`
	MadeMS    int64  `json:"madeMs"`
}

// Recipient is who can open a backup: one of the two.
type Recipient struct {
	Public     *rsa.PublicKey
	Passphrase string
}

// Check refuses what protects nothing.
func (r Recipient) Check() error {
	switch {
	case (r.Public == nil) == (r.Passphrase == ""):
		return errors.New("a backup needs a public key or a passphrase, one of the two")
	case r.Public != nil && r.Public.N.BitLen() < rsakey.MinBits:
		return fmt.Errorf("the RSA key has %d bits; %d are the least", r.Public.N.BitLen(), rsakey.MinBits)
	case r.Public == nil && utf8.RuneCountInString(r.Passphrase) < leastWords:
		return fmt.Errorf("the passphrase has less than %d characters", leastWords)
	}
	return nil
}

// Name says in the log who can open it.
func (r Recipient) Name() string {
	if r.Public == nil {
		return "passphrase"
	}
	return "rsa " + Fingerprint(r.Public)
}

// Fingerprint is the SHA-256 of a public key as X.509 writes it, hex.
func Fingerprint(k *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Create begins a backup on w; what is written is encrypted. Close ends it and
// does not close w: a backup without it does not open.
func Create(w io.Writer, to Recipient, madeMS int64) (io.WriteCloser, error) {
	if err := to.Check(); err != nil {
		return nil, err
	}
	key := make([]byte, keyBytes)
	rand.Read(key)
	defer clear(key)
	h := Header{MadeMS: madeMS}
	if to.Public != nil {
		h.Mode, h.Recipient = modeRSA, Fingerprint(to.Public)
		var err error
		if h.Wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, to.Public, key, []byte(oaepLabel)); err != nil {
			return nil, err
		}
	} else {
		h.Mode, h.Salt, h.Time, h.MemoryKiB, h.Lanes = modeArgon, make([]byte, 16), argonTime, argonKiB, argonLanes
		rand.Read(h.Salt)
		copy(key, h.derive(to.Passphrase))
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	head := append([]byte(magic), binary.BigEndian.AppendUint32(nil, uint32(len(text)))...)
	head = append(head, text...)
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	a, err := subtle.NewAESGCMHKDF(key, "SHA256", keyBytes, segment, 0)
	if err != nil {
		return nil, err
	}
	return a.NewEncryptingWriter(w, head)
}

func (h Header) derive(passphrase string) []byte {
	return argon2.IDKey([]byte(passphrase), h.Salt, h.Time, h.MemoryKiB, h.Lanes, keyBytes)
}

// Secret opens backups: the one of the two that the header asks for is used.
type Secret struct {
	Private    *rsa.PrivateKey
	Passphrase string
}

// Recipient is who can open what this secret opens.
func (s Secret) Recipient() Recipient {
	if s.Private != nil {
		return Recipient{Public: &s.Private.PublicKey}
	}
	return Recipient{Passphrase: s.Passphrase}
}

// ReadHeader reads what stands before the ciphertext; head is its exact bytes.
// It is trusted only once the ciphertext opens with it.
func ReadHeader(r io.Reader) (h Header, head []byte, err error) {
	head = make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil || !bytes.Equal(head[:len(magic)-1], []byte(magic)[:len(magic)-1]) {
		return h, nil, errors.New("this is no backup of a BeckmanConnect log")
	}
	if v := head[len(magic)-1]; v != magic[len(magic)-1] {
		return h, nil, fmt.Errorf("a backup of version %d is not known to this program", v)
	}
	n := binary.BigEndian.Uint32(head[len(magic):])
	if n > maxHeader {
		return h, nil, errors.New("the backup's header is too long")
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, nil, errors.New("the backup is cut short")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, nil, fmt.Errorf("the backup's header: %w", err)
	}
	return h, append(head, text...), nil
}

// Open reads a backup. What the reader gives is authentic as far as it was
// read; that nothing is missing is certain at io.EOF alone.
func Open(r io.Reader, secret Secret) (io.Reader, Header, error) {
	h, head, err := ReadHeader(r)
	if err != nil {
		return nil, h, err
	}
	var key []byte
	switch h.Mode {
	case modeRSA:
		if secret.Private == nil {
			return nil, h, fmt.Errorf("the backup was made for the RSA key %s; its private half is needed", h.Recipient)
		}
		if key, err = rsa.DecryptOAEP(sha256.New(), nil, secret.Private, h.Wrapped, []byte(oaepLabel)); err != nil || len(key) != keyBytes {
			return nil, h, ErrKey
		}
	case modeArgon:
		if secret.Passphrase == "" {
			return nil, h, errors.New("the backup was made with a passphrase; it is needed")
		}
		// A header may be anybody's: it does not say how much is computed.
		if h.Time < 1 || h.Time > 10 || h.MemoryKiB < 8<<10 || h.MemoryKiB > 1<<20 || h.Lanes < 1 || h.Lanes > 16 || len(h.Salt) != 16 {
			return nil, h, errors.New("the backup's header asks for what this program does not do")
		}
		key = h.derive(secret.Passphrase)
	default:
		return nil, h, errors.New("the backup is protected in a way that this program does not know")
	}
	defer clear(key)
	a, err := subtle.NewAESGCMHKDF(key, "SHA256", keyBytes, segment, 0)
	if err != nil {
		return nil, h, err
	}
	plain, err := a.NewDecryptingReader(r, head)
	return plain, h, err
}

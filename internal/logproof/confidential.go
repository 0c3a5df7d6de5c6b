package logproof

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// A confidential field is one that only the hospital reads (P15): its salt and
// value lie in an envelope that the private half of the hospital's RSA key
// opens. One AES-256-GCM key an entry is encrypted by RSA-OAEP with SHA-256,
// labelled with the log and the entry; each field is sealed under it, bound to
// log, entry and field.
//
// An envelope is a version byte, the first 8 bytes of the SHA-256 of the public
// key (PKIX, DER), the length of the encrypted key (two bytes), the encrypted
// key, and nonce and ciphertext.
const envelopeVersion = 1

// The sizes of an RSA key that confidential fields are sealed to, in bits.
const (
	MinRSABits = 2048
	MaxRSABits = 8192
)

const envelopeKeyID = 8

// Envelopes seals the confidential fields of one entry.
type Envelopes struct {
	head   []byte
	label  []byte
	fields cipher.AEAD
}

// NewEnvelopes makes the key of one entry of the log called origin.
func NewEnvelopes(key *rsa.PublicKey, origin string, index int64) (*Envelopes, error) {
	if bits := key.N.BitLen(); bits < MinRSABits || bits > MaxRSABits {
		return nil, fmt.Errorf("the RSA key has %d bits; %d to %d will do", bits, MinRSABits, MaxRSABits)
	}
	id, err := rsaKeyID(key)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	defer clear(secret)
	label := envelopeLabel(origin, index)
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, secret, label)
	if err != nil {
		return nil, err
	}
	head := append([]byte{envelopeVersion}, id[:envelopeKeyID]...)
	head = binary.BigEndian.AppendUint16(head, uint16(len(wrapped)))
	fields, err := envelopeAEAD(secret)
	return &Envelopes{head: append(head, wrapped...), label: label, fields: fields}, err
}

// Seal puts one field into an envelope.
func (e *Envelopes) Seal(name string, salt []byte, value string) []byte {
	plain := append(append(make([]byte, 0, len(salt)+len(value)), salt...), value...)
	return e.fields.Seal(append([]byte(nil), e.head...), nil, plain, fieldLabel(e.label, name))
}

// ErrOtherKey says that an envelope is for the owner of another key.
var ErrOtherKey = errors.New("sealed to another RSA key")

// OpenEnvelope gives salt and value of a confidential field to the owner of the
// private key. Whether they are what the log commits to, Commitment says.
func OpenEnvelope(key *rsa.PrivateKey, origin string, index int64, name string, envelope []byte) (salt []byte, value string, err error) {
	if len(envelope) < 1+envelopeKeyID+2 || envelope[0] != envelopeVersion {
		return nil, "", errors.New("no envelope that this version knows")
	}
	id, err := rsaKeyID(&key.PublicKey)
	if err != nil {
		return nil, "", err
	}
	if string(envelope[1:1+envelopeKeyID]) != string(id[:envelopeKeyID]) {
		return nil, "", ErrOtherKey
	}
	rest := envelope[1+envelopeKeyID:]
	n := int(binary.BigEndian.Uint16(rest))
	if rest = rest[2:]; len(rest) < n {
		return nil, "", errors.New("the envelope is cut short")
	}
	label := envelopeLabel(origin, index)
	secret, err := rsa.DecryptOAEP(sha256.New(), nil, key, rest[:n], label)
	if err != nil {
		return nil, "", errors.New("the envelope is of another entry or log, or was changed")
	}
	defer clear(secret)
	fields, err := envelopeAEAD(secret)
	if err != nil {
		return nil, "", err
	}
	plain, err := fields.Open(nil, nil, rest[n:], fieldLabel(label, name))
	if err != nil || len(plain) < SaltSize {
		return nil, "", errors.New("the envelope is of another field, or was changed")
	}
	return plain[:SaltSize], string(plain[SaltSize:]), nil
}

// RSAKeyHash names a public key: the SHA-256 of it in PKIX form, hex.
func RSAKeyHash(key *rsa.PublicKey) (string, error) {
	id, err := rsaKeyID(key)
	return hex.EncodeToString(id[:]), err
}

func rsaKeyID(key *rsa.PublicKey) ([sha256.Size]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return sha256.Sum256(der), err
}

func envelopeLabel(origin string, index int64) []byte {
	label := append([]byte("beckmanconnect confidential v1\x00"), origin...)
	return binary.BigEndian.AppendUint64(append(label, 0), uint64(index))
}

func fieldLabel(label []byte, name string) []byte {
	return append(append([]byte(nil), label...), name...)
}

func envelopeAEAD(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

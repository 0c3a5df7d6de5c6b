package lane

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// KeySize is that of AES-256 (P9).
const KeySize = 32

// Cipher is AES-256-GCM under one key. Each method appends to dst, which may be
// the beginning of the same memory that it reads, and is called by one goroutine
// at a time.
type Cipher interface {
	Seal(dst, nonce, plain, additional []byte) ([]byte, error)
	Open(dst, nonce, sealed, additional []byte) ([]byte, error)
}

// NewCipher makes a Cipher. It may keep nothing of key itself: the caller
// overwrites it.
type NewCipher func(key []byte) (Cipher, error)

// AES is the processor's own.
func AES(key []byte) (Cipher, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("lane: a key of %d bytes", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("lane: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("lane: %w", err)
	}
	return native{gcm}, nil
}

type native struct{ gcm cipher.AEAD }

func (n native) Seal(dst, nonce, plain, additional []byte) ([]byte, error) {
	return n.gcm.Seal(dst, nonce, plain, additional), nil
}

func (n native) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	return n.gcm.Open(dst, nonce, sealed, additional)
}

package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
)

// Memory wraps under a key that ends with the process: what it wrapped cannot be
// opened afterwards. It serves a store that stands in for another one.
type Memory struct{ aead cipher.AEAD }

// NewMemory makes one with a key of its own.
func NewMemory() (Memory, error) {
	key := make([]byte, masterSize)
	rand.Read(key)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return Memory{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Memory{aead}, err
}

func (m Memory) Wrap(secret []byte, context string) ([]byte, error) {
	return m.aead.Seal(nil, nil, secret, []byte(context)), nil
}

func (m Memory) Unwrap(wrapped []byte, context string) ([]byte, error) {
	secret, err := m.aead.Open(nil, nil, wrapped, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("the key in memory: %w", ErrWrong)
	}
	return secret, nil
}

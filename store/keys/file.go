package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// MasterFile is the name of the key file a File wrapper uses in its folder.
const MasterFile = "master.key"

const masterSize = 32 // AES-256

// File wraps under a random AES-256 key in a file that only its owner reads.
// It is Linux's default; its strength is that of the file's rights.
type File struct{ Dir string }

// Wrap makes the key file when there is none yet.
func (f File) Wrap(secret []byte, context string) ([]byte, error) {
	aead, err := f.open()
	if errors.Is(err, ErrMissing) {
		if err = f.create(); err == nil {
			aead, err = f.open()
		}
	}
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, secret, []byte(context)), nil
}

// Unwrap never makes a key file: a new key could not open what an old one
// wrapped.
func (f File) Unwrap(wrapped []byte, context string) ([]byte, error) {
	aead, err := f.open()
	if err != nil {
		return nil, err
	}
	secret, err := aead.Open(nil, nil, wrapped, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path(), ErrWrong)
	}
	return secret, nil
}

func (f File) path() string { return filepath.Join(f.Dir, MasterFile) }

func (f File) create() error {
	if err := MakeDir(f.Dir); err != nil {
		return err
	}
	key := make([]byte, masterSize)
	rand.Read(key)
	return WriteFile(f.path(), key, 0o600)
}

func (f File) open() (cipher.AEAD, error) {
	key, err := os.ReadFile(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", f.path(), ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(f.path()); err != nil {
		return nil, err
	}
	if len(key) != masterSize {
		return nil, fmt.Errorf("%s: %w: it has %d bytes instead of %d", f.path(), ErrWrong, len(key), masterSize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

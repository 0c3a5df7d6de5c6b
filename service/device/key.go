package device

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"beckmanconnect/store/keys"
)

// KeyFile is the device key's file in the keys folder, AES-256 wrapped (P10).
const KeyFile = "device.key"

// ErrKey: what is kept as the device key is none.
var ErrKey = errors.New("device: no key")

// loadKey gives the device key and makes it on first use. A file that is there
// but cannot be opened is an error, never replaced: a new key would be another
// device.
func loadKey(dir string, wrapper keys.Wrapper) (*ecdsa.PrivateKey, error) {
	plain, err := keys.ReadSecret(wrapper, dir, KeyFile)
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, keys.ErrMissing) {
		return makeKey(dir, wrapper)
	}
	if err != nil {
		return nil, fmt.Errorf("device: the key in %s cannot be opened; restore the keys folder, or remove %s and register this PC again: %w", dir, KeyFile, err)
	}
	defer clear(plain)
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: it is not P-256", ErrKey)
	}
	return key, nil
}

func makeKey(dir string, wrapper keys.Wrapper) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("device: make key: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("device: encode key: %w", err)
	}
	defer clear(plain)
	if err := keys.WriteSecret(wrapper, dir, KeyFile, plain); err != nil {
		return nil, fmt.Errorf("device: keep key: %w", err)
	}
	return key, nil
}

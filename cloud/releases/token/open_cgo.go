//go:build cgo

package token

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/ThalesGroup/crypto11"
)

// Open finds the key. Its signer works until it is closed. ask is asked for the
// PIN where the reference names no file.
func (k Key) Open(ask func() ([]byte, error)) (crypto.Signer, func() error, error) {
	c, err := k.connect(ask)
	if err != nil {
		return nil, nil, err
	}
	pairs, err := c.FindKeyPairs(nil, []byte(k.Object))
	if err == nil && len(pairs) != 1 {
		err = fmt.Errorf("there are %d keys of that label", len(pairs))
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("token: %s on %s: %w", k.Object, k.Token, err), c.Close())
	}
	return pairs[0], c.Close, nil
}

// Make makes the key on the token (ECDSA P-256, which every token knows) and
// opens it. A label that is taken is an error.
func (k Key) Make(ask func() ([]byte, error)) (crypto.Signer, func() error, error) {
	c, err := k.connect(ask)
	if err != nil {
		return nil, nil, err
	}
	fail := func(err error) (crypto.Signer, func() error, error) {
		return nil, nil, errors.Join(fmt.Errorf("token: make %s on %s: %w", k.Object, k.Token, err), c.Close())
	}
	switch pairs, err := c.FindKeyPairs(nil, []byte(k.Object)); {
	case err != nil:
		return fail(err)
	case len(pairs) > 0:
		return fail(errors.New("there is a key of that label already"))
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return fail(err)
	}
	pair, err := c.GenerateECDSAKeyPairWithLabel(id, []byte(k.Object), elliptic.P256())
	if err != nil {
		return fail(err)
	}
	return pair, c.Close, nil
}

func (k Key) connect(ask func() ([]byte, error)) (*crypto11.Context, error) {
	pin, err := k.pin(ask)
	if err != nil {
		return nil, fmt.Errorf("token: PIN of %s: %w", k.Token, err)
	}
	c, err := crypto11.Configure(&crypto11.Config{Path: k.Module, TokenLabel: k.Token, Pin: pin})
	if err != nil {
		return nil, fmt.Errorf("token: open %s: %w", k.Token, err)
	}
	return c, nil
}

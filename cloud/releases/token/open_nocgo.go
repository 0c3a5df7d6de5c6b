//go:build !cgo

package token

import (
	"crypto"
	"errors"
)

var errNoCgo = errors.New("token: this build cannot load a token's library; use one that was built with cgo")

// Open is not possible without cgo.
func (k Key) Open(func() ([]byte, error)) (crypto.Signer, func() error, error) {
	return nil, nil, errNoCgo
}

// Make is not possible without cgo.
func (k Key) Make(func() ([]byte, error)) (crypto.Signer, func() error, error) {
	return nil, nil, errNoCgo
}

//go:build js && wasm

package main

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"syscall/js"

	"beckmanconnect/session/channel"
)

// webKey is an RSA-PSS key inside WebCrypto that cannot be taken out: neither
// this program nor the page ever sees its private half.
type webKey struct {
	private js.Value
	public  *rsa.PublicKey
}

var _ crypto.MessageSigner = (*webKey)(nil)

const saltLength = 32 // that of SHA-256, as TLS wants it

func newKey(context.Context) (crypto.Signer, error) {
	algorithm := map[string]any{
		"name": "RSA-PSS", "hash": "SHA-256", "modulusLength": channel.KeyBits,
		"publicExponent": toJS([]byte{1, 0, 1}),
	}
	pair, err := await(subtle().Call("generateKey", algorithm, false, []any{"sign", "verify"}))
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	spki, err := await(subtle().Call("exportKey", "spki", pair.Get("publicKey")))
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	public, err := x509.ParsePKIXPublicKey(fromJS(spki))
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	rsaKey, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the browser made a %T", public)
	}
	return &webKey{private: pair.Get("privateKey"), public: rsaKey}, nil
}

func (k *webKey) Public() crypto.PublicKey { return k.public }

// Sign would need the digest; WebCrypto hashes by itself. crypto/tls and
// crypto/x509 use SignMessage where there is one.
func (k *webKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("a WebCrypto key signs messages, not digests")
}

func (k *webKey) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, pss := opts.(*rsa.PSSOptions); !pss || opts.HashFunc() != crypto.SHA256 {
		return nil, fmt.Errorf("this key signs RSA-PSS with SHA-256, not %T with %v", opts, opts.HashFunc())
	}
	algorithm := map[string]any{"name": "RSA-PSS", "saltLength": saltLength}
	signature, err := await(subtle().Call("sign", algorithm, k.private, toJS(message)))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return fromJS(signature), nil
}

func subtle() js.Value { return js.Global().Get("crypto").Get("subtle") }

func fromJS(buffer js.Value) []byte {
	array := js.Global().Get("Uint8Array").New(buffer)
	out := make([]byte, array.Get("length").Int())
	js.CopyBytesToGo(out, array)
	return out
}

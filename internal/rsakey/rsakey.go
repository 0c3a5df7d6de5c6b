// Package rsakey reads the public RSA key that a hospital gives the product, to
// which fields of the log and backups are sealed (P15).
package rsakey

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// MinBits and MaxBits bound the keys taken. Below is too weak (P15); above
// costs more time than a session should wait.
const (
	MinBits = 2048
	MaxBits = 8192
)

// ParsePublic reads the public half in PEM form, as a key or in a certificate.
// There must be one block and nothing behind it. The error reads on after the
// name of the field or file.
func ParsePublic(text []byte) (*rsa.PublicKey, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("is no PEM block: it begins with -----BEGIN PUBLIC KEY-----")
	case strings.Contains(block.Type, "PRIVATE"):
		return nil, errors.New("holds a private key: only the public half may stand here; make a new pair, for this one was shown")
	case len(strings.TrimSpace(string(rest))) > 0:
		return nil, errors.New("holds more than one key")
	}
	key, err := decode(block)
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("is no RSA key but %T", key)
	}
	if bits := public.N.BitLen(); bits < MinBits || bits > MaxBits {
		return nil, fmt.Errorf("has %d bits; an RSA key of %d to %d bits is needed", bits, MinBits, MaxBits)
	}
	if public.E < 3 || public.E%2 == 0 {
		return nil, errors.New("has a public exponent that no RSA key has")
	}
	return public, nil
}

func decode(block *pem.Block) (key any, err error) {
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var c *x509.Certificate
		if c, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = c.PublicKey
		}
	default:
		return nil, fmt.Errorf("is a PEM block %q; there are PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return key, nil
}

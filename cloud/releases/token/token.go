// Package token signs with keys that a PKCS#11 token keeps: a smart card, a
// USB key, a security module. The key never leaves it.
package token

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// Scheme begins a reference to a key on a token.
const Scheme = "pkcs11:"

// Key is a reference to a key on a token, as RFC 7512 writes it:
//
//	pkcs11:token=root-1;object=tuf-root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin
//
// A PIN in it is refused: what is typed as an argument is seen by others.
type Key struct {
	Token   string // label of the token
	Object  string // label of the key
	Module  string // the token maker's library
	PINFile string // "": it is asked for
}

// Parse reads a reference.
func Parse(ref string) (Key, error) {
	k, err := parse(ref)
	if err != nil {
		return Key{}, fmt.Errorf("token: %w", err)
	}
	return k, nil
}

func parse(ref string) (Key, error) {
	rest, ok := strings.CutPrefix(ref, Scheme)
	if !ok {
		return Key{}, errors.New("a key on a token is named pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY")
	}
	path, query, _ := strings.Cut(rest, "?")
	var k Key
	var pin string
	known := map[string]*string{"token": &k.Token, "object": &k.Object, "module-path": &k.Module, "pin-source": &pin}
	seen := map[string]bool{}
	for _, part := range append(strings.Split(path, ";"), strings.Split(query, "&")...) {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if name == "pin-value" {
			return Key{}, errors.New("a PIN does not belong in an argument; leave it out to be asked, or name a file by pin-source")
		}
		to := known[name]
		if to == nil || seen[name] {
			return Key{}, fmt.Errorf("%q is not known, or there twice; there are token, object, module-path and pin-source", name)
		}
		seen[name] = true
		decoded, err := url.PathUnescape(value)
		if err != nil {
			return Key{}, fmt.Errorf("%s: %w", name, err)
		}
		*to = decoded
	}
	for _, need := range []string{"token", "object", "module-path"} {
		if *known[need] == "" {
			return Key{}, fmt.Errorf("%s is missing", need)
		}
	}
	if pin != "" {
		if k.PINFile, ok = strings.CutPrefix(pin, "file:"); !ok {
			return Key{}, errors.New("pin-source must be file:PATH")
		}
	}
	return k, nil
}

// pin is the token's PIN, from its file or by ask.
func (k Key) pin(ask func() ([]byte, error)) (string, error) {
	if k.PINFile == "" {
		pin, err := ask()
		return string(pin), err
	}
	text, err := os.ReadFile(k.PINFile)
	return strings.TrimRight(string(text), "\r\n"), err
}

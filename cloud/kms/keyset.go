package kms

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Keyset is a set of Tink's keys as it is written down: under a secret that is
// wrapped for one or more holders.
type Keyset struct {
	For    []Wrapped `json:"for"`
	Sealed []byte    `json:"sealed"` // AES-256-GCM, bound to its name
}

const keysetBound = "beckmanconnect keyset v1|"

// Seal writes a set down for a key. name says which set it is.
func Seal(name string, set *keyset.Handle, k *Key) ([]byte, error) {
	secret := make([]byte, SecretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	w, err := k.Wrap(secret)
	if err != nil {
		return nil, err
	}
	return seal(name, set, secret, []Wrapped{w})
}

func seal(name string, set *keyset.Handle, secret []byte, holders []Wrapped) ([]byte, error) {
	under, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	var sealed bytes.Buffer
	if err := set.WriteWithAssociatedData(keyset.NewBinaryWriter(&sealed), under, []byte(keysetBound+name)); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return json.Marshal(Keyset{For: holders, Sealed: sealed.Bytes()})
}

// Unseal reads a set that is written down for this key.
func Unseal(name string, text []byte, k *Key) (*keyset.Handle, error) {
	set, _, _, err := unseal(name, text, k)
	return set, err
}

func unseal(name string, text []byte, k *Key) (*keyset.Handle, []byte, Keyset, error) {
	var s Keyset
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, nil, s, fmt.Errorf("kms: the keyset %q is not one", name)
	}
	i := slices.IndexFunc(s.For, func(w Wrapped) bool { return w.Key == k.ID() })
	if i < 0 {
		return nil, nil, s, fmt.Errorf("kms: the keyset %q: %w; this is %s", name, ErrOther, k.ID())
	}
	secret, err := k.Unwrap(s.For[i])
	if err != nil {
		return nil, nil, s, err
	}
	under, err := subtle.NewAESGCM(secret)
	if err != nil {
		return nil, nil, s, fmt.Errorf("kms: %w", err)
	}
	set, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(s.Sealed)), under, []byte(keysetBound+name))
	if err != nil {
		return nil, nil, s, fmt.Errorf("kms: the keyset %q does not open: damaged, or another one", name)
	}
	return set, secret, s, nil
}

// Change writes a set that k opens down with other keys in it, for the holders
// that there are.
func Change(name string, text []byte, k *Key, change func(*keyset.Handle) (*keyset.Handle, error)) ([]byte, error) {
	set, secret, old, err := unseal(name, text, k)
	if err != nil {
		return nil, err
	}
	if set, err = change(set); err != nil {
		return nil, err
	}
	return seal(name, set, secret, old.For)
}

// AddHolder lets another key open a set too. One that does already changes
// nothing.
func AddHolder(name string, text []byte, k, other *Key) ([]byte, error) {
	set, secret, old, err := unseal(name, text, k)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(old.For, func(w Wrapped) bool { return w.Key == other.ID() }) {
		return text, nil
	}
	w, err := other.Wrap(secret)
	if err != nil {
		return nil, err
	}
	return seal(name, set, secret, append(old.For, w))
}

// Holders gives the IDs of the keys that a set is written down for.
func Holders(text []byte) ([]string, error) {
	var s Keyset
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, errors.New("kms: this is not a keyset")
	}
	ids := make([]string, len(s.For))
	for i, w := range s.For {
		ids[i] = w.Key
	}
	return ids, nil
}

package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"

	"beckmanconnect/session/cpace"
)

const keySize = 32

// Key is what an end needs to come back to a session. The zero Key fits
// nothing. It prints as stars and is never written down: with the process the
// session is gone (B5).
type Key struct{ b *[keySize]byte }

func newKey(k *cpace.Key) (Key, error) {
	raw, err := k.Derive(resumeName, keySize)
	if err != nil {
		return Key{}, err
	}
	return keyOf(raw), nil
}

func keyOf(raw []byte) Key {
	b := [keySize]byte(raw)
	return Key{&b}
}

// Known is false for the zero Key.
func (k Key) Known() bool { return k.b != nil }

func (k Key) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "***") }
func (k Key) MarshalText() ([]byte, error) { return []byte("***"), nil }

func (k Key) mac(what string, over []byte) []byte {
	m := hmac.New(sha256.New, k.b[:])
	m.Write(cpace.LV([]byte(what), over))
	return m.Sum(nil)
}

func (k Key) fits(what string, over, mac []byte) bool {
	if k.b == nil {
		return false
	}
	return hmac.Equal(k.mac(what, over), mac)
}

func (k Key) next(over []byte) Key { return keyOf(k.mac("next", over)) }

// Claim is the engineer's proof over the binding of the channel it came back
// on.
func (k Key) Claim(binding []byte) []byte {
	if k.b == nil {
		return nil
	}
	return k.mac(engineer, binding)
}

// Accept holds the host's answer to Claim against what it must be, and gives
// the key for the next time. Without it this is not the host: never go on.
func (k Key) Accept(binding, answer []byte) (Key, error) {
	if !k.fits(host, binding, answer) {
		return Key{}, ErrWrong
	}
	return k.next(binding), nil
}

// Resumption is what the host keeps of a session: the newest key, and the one
// before it while nobody has used the newest.
type Resumption struct{ newest, before Key }

// NewResumption begins with the key that the code gave.
func NewResumption(k Key) Resumption { return Resumption{newest: k} }

// Admit holds an engineer's claim against what it must be, in constant time. It
// gives the host's answer and what to keep from then on.
func (r Resumption) Admit(binding, claim []byte) (answer []byte, kept Resumption, ok bool) {
	newest, before := r.newest.fits(engineer, binding, claim), r.before.fits(engineer, binding, claim)
	k := r.newest
	switch {
	case newest:
	case before:
		k = r.before
	default:
		return nil, r, false
	}
	return k.mac(host, binding), Resumption{newest: k.next(binding), before: k}, true
}

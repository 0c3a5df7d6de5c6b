package support

import (
	"fmt"
	"io"
	"log/slog"
)

// Alphabet holds the 32 characters of a code: no 0 and O, no 1 and I, so that
// a code survives being read out. Eight of them are 40 bits (P23).
const Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// CodeLength is how many characters a code has.
const CodeLength = 8

// Secret is text that must not reach a log, a message or a disk. It prints as
// stars whichever way it is formatted; Reveal is the one way to read it, and
// easy to search for (scenario 25). It holds a pointer because fmt prints the
// unexported fields of a struct without asking for a String method.
type Secret struct{ text *string }

// SecretOf makes text secret.
func SecretOf(text string) Secret { return Secret{&text} }

// Reveal gives the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

func (s Secret) String() string               { return "***" }
func (s Secret) GoString() string             { return "***" }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, "***") }
func (s Secret) LogValue() slog.Value         { return slog.StringValue("***") }
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// NewCode makes a one-time code from r.
func NewCode(r io.Reader) (Secret, error) {
	var raw [CodeLength]byte
	if _, err := io.ReadFull(r, raw[:]); err != nil {
		return Secret{}, fmt.Errorf("support: make a code: %w", err)
	}
	for i, b := range raw {
		raw[i] = Alphabet[int(b)%len(Alphabet)] // 32 divides 256: every character is equally likely
	}
	return SecretOf(string(raw[:])), nil
}

// Grouped is the code as it is shown: "ABCD EFGH".
func Grouped(code Secret) Secret {
	t := code.Reveal()
	if len(t) != CodeLength {
		return code
	}
	return SecretOf(t[:CodeLength/2] + " " + t[CodeLength/2:])
}

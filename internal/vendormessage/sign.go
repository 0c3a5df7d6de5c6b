package vendormessage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"
)

// file is the text below the header.
type file struct {
	ID       string          `toml:"id"`
	Number   uint64          `toml:"number"`
	Issued   time.Time       `toml:"issued"`
	Expires  time.Time       `toml:"expires"`
	Severity string          `toml:"severity"`
	To       To              `toml:"to"`
	Texts    map[string]Text `toml:"texts"`
}

// ErrUnsigned: the note is not one of the vendor's key.
var ErrUnsigned = errors.New("not signed with the vendor's key")

// Sign checks a message and makes the note. phones are the telephone numbers
// that may stand in it.
func Sign(m Message, signer note.Signer, phones ...string) ([]byte, error) {
	m.Issued, m.Expires = m.Issued.UTC().Truncate(time.Second), m.Expires.UTC().Truncate(time.Second)
	if err := m.Check(phones...); err != nil {
		return nil, fmt.Errorf("vendor message: %w", err)
	}
	var body bytes.Buffer
	encoder := toml.NewEncoder(&body)
	encoder.Indent = "" // a signed note holds no tabs
	if err := encoder.Encode(file(m)); err != nil {
		return nil, fmt.Errorf("vendor message: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: Header + "\n" + body.String()}, signer)
	if err != nil {
		return nil, fmt.Errorf("vendor message: %w", err)
	}
	if len(signed) > MaxSize {
		return nil, errors.New("vendor message: too large")
	}
	return signed, nil
}

// Parse opens a signed note. What is not understood is an error, as is every
// text that is not plain: phones are the telephone numbers configured on this
// PC. The signature is looked at before anything else.
func Parse(signed []byte, vendor note.Verifiers, phones ...string) (*Message, error) {
	if len(signed) > MaxSize {
		return nil, errors.New("vendor message: larger than one can be")
	}
	if vendor == nil {
		return nil, fmt.Errorf("vendor message: %w: there is no key to verify it with", ErrUnsigned)
	}
	opened, err := note.Open(signed, vendor)
	if err != nil {
		return nil, fmt.Errorf("vendor message: %w", ErrUnsigned)
	}
	m, err := decode(opened.Text)
	if err == nil {
		err = m.Check(phones...)
	}
	if err != nil {
		return nil, fmt.Errorf("vendor message: %w", err)
	}
	return m, nil
}

func decode(text string) (*Message, error) {
	header, body, _ := strings.Cut(text, "\n")
	if header != Header {
		return nil, errors.New("this is not a message")
	}
	var f file
	meta, err := toml.Decode(body, &f)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%q is not known", unknown[0].String())
	}
	m := Message(f)
	return &m, nil
}

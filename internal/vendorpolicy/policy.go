// Package vendorpolicy is the vendor's signed policy: what it is, how the cloud
// signs it and how an instrument PC reads it. It can only narrow (B2): it
// switches capabilities off and revokes accounts and certificates of engineers.
// There is no word in it that allows anything.
//
// It is a signed note of the vendor's key, as the signed time is; its first
// line keeps the two apart, so that none can be taken for the other.
package vendorpolicy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/account"
)

// Header is the note's first line.
const Header = "beckmanconnect vendor policy v1"

// MaxSize is the largest signed policy, so that it fits a message to a device.
// Certificates live for minutes, so lists of serial numbers stay short.
const MaxSize = 32 << 10

// Policy is a vendor's policy, verified. It never changes.
type Policy struct {
	Number uint64
	Issued time.Time
	Hash   string // SHA-256 of the signed note, hex

	off, accounts, serials map[string]bool
}

// file is the text below the header.
type file struct {
	Number       uint64            `toml:"number"`
	Issued       time.Time         `toml:"issued"`
	Capabilities map[string]string `toml:"capabilities"`
	Accounts     []string          `toml:"revoked_accounts"`
	Serials      []string          `toml:"revoked_serials"`
}

// ErrUnsigned: the note is not one of the vendor's key.
var ErrUnsigned = errors.New("not signed with the vendor's key")

// Parse opens a signed note. Anything that is not understood is an error, but
// for capabilities that this version does not know: they are off anyway.
func Parse(signed []byte, vendor note.Verifiers) (*Policy, error) {
	if len(signed) > MaxSize {
		return nil, errors.New("vendor policy: larger than one can be")
	}
	if vendor == nil {
		return nil, fmt.Errorf("vendor policy: %w: there is no key to verify it with", ErrUnsigned)
	}
	opened, err := note.Open(signed, vendor)
	if err != nil {
		return nil, fmt.Errorf("vendor policy: %w", ErrUnsigned)
	}
	p, err := decode(opened.Text)
	if err != nil {
		return nil, fmt.Errorf("vendor policy: %w", err)
	}
	sum := sha256.Sum256(signed)
	p.Hash = hex.EncodeToString(sum[:])
	return p, nil
}

func decode(text string) (*Policy, error) {
	header, body, _ := strings.Cut(text, "\n")
	if header != Header {
		return nil, errors.New("this is not a vendor policy")
	}
	var f file
	meta, err := toml.Decode(body, &f)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%q is not known", unknown[0].String())
	}
	if f.Number == 0 || f.Issued.IsZero() {
		return nil, errors.New("number or issued is missing")
	}
	p := &Policy{Number: f.Number, Issued: f.Issued}
	return p, p.take(f)
}

var capabilityName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

func (p *Policy) take(f file) error {
	p.off, p.accounts, p.serials = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name, value := range f.Capabilities {
		if !capabilityName.MatchString(name) {
			return fmt.Errorf("capabilities: %q is not a name", name)
		}
		if value != "off" { // B2: the vendor's cloud may only switch off
			return fmt.Errorf("capabilities: %s must be \"off\"", name)
		}
		p.off[name] = true
	}
	for _, text := range f.Accounts {
		plain, ok := account.Canonical(text)
		if !ok {
			return fmt.Errorf("revoked_accounts: %q is not an account: use name@organisation in plain letters", text)
		}
		p.accounts[plain] = true
	}
	for _, text := range f.Serials {
		plain, ok := Serial(text)
		if !ok {
			return fmt.Errorf("revoked_serials: %q is not a serial number in hexadecimal digits", text)
		}
		p.serials[plain] = true
	}
	return nil
}

// Serial is the one form serial numbers of certificates are compared in, as
// big.Int.Text(16) gives it: lower case, no zeros in front. RFC 5280 allows 20
// octets.
func Serial(text string) (string, bool) {
	plain := strings.TrimLeft(strings.ToLower(text), "0")
	if plain == "" || len(plain) > 40 || strings.Trim(plain, "0123456789abcdef") != "" {
		return "", false
	}
	return plain, true
}

package channel

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Identity is the person an engineer's certificate names, as the staff
// sign-in verified it.
type Identity struct {
	Account      string   // the stable account, an address
	Name         string   // of the person
	Organisation string   // who employs them
	Regions      []string // trained for (P20)
	Request      string   // the one request it was issued for; empty: any
}

const (
	uriScheme = "beckmanconnect"
	uriHost   = "staff"

	maxText    = 200
	maxRegions = 32
)

// EngineerTemplate is what the cloud's staff CA signs for an engineer.
func EngineerTemplate(id Identity, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	if err := id.check(); err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	uris := []*url.URL{staffURI("account", id.Account)}
	for _, r := range id.Regions {
		uris = append(uris, staffURI("region", r))
	}
	if id.Request != "" {
		uris = append(uris, staffURI("request", id.Request))
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: id.Name, Organization: []string{id.Organisation}},
		URIs:                  uris,
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}, nil
}

// EngineerIdentity reads the person out of a certificate. It does not verify
// the certificate: Host did that before it hands one out.
func EngineerIdentity(cert *x509.Certificate) (Identity, error) {
	id := Identity{Name: cert.Subject.CommonName}
	if len(cert.Subject.Organization) == 1 {
		id.Organisation = cert.Subject.Organization[0]
	}
	for _, u := range cert.URIs {
		if u.Scheme != uriScheme || u.Host != uriHost {
			continue
		}
		kind, value, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		if !ok || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return Identity{}, errors.New("channel: identity: unreadable name in the certificate")
		}
		switch kind {
		case "account":
			if id.Account != "" {
				return Identity{}, errors.New("channel: identity: two accounts in one certificate")
			}
			id.Account = value
		case "region":
			id.Regions = append(id.Regions, value)
		case "request":
			if id.Request != "" {
				return Identity{}, errors.New("channel: identity: two requests in one certificate")
			}
			id.Request = value
		default:
			return Identity{}, fmt.Errorf("channel: identity: unknown kind of name %q", kind)
		}
	}
	if err := id.check(); err != nil {
		return Identity{}, err
	}
	return id, nil
}

// check refuses what could mislead the technician who reads it (scenario 15).
func (id Identity) check() error {
	if id.Account == "" || id.Name == "" || id.Organisation == "" {
		return errors.New("channel: identity: account, name and organisation are needed")
	}
	if len(id.Regions) > maxRegions {
		return errors.New("channel: identity: too many regions")
	}
	for _, s := range append(slices.Clone(id.Regions), id.Account, id.Name, id.Organisation, id.Request) {
		if !plain(s) {
			return fmt.Errorf("channel: identity: %q cannot be shown safely", s)
		}
	}
	for _, s := range []string{id.Name, id.Organisation} {
		if !readable(s) {
			return fmt.Errorf("channel: identity: %q has letters that can be taken for others: write it in Latin, Chinese, Japanese or Korean letters", s)
		}
	}
	return nil
}

// plain is true for text without control and direction marks, of sane length.
func plain(s string) bool {
	if len(s) > maxText || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func staffURI(kind, value string) *url.URL {
	return &url.URL{Scheme: uriScheme, Host: uriHost, Path: "/" + kind + "/" + value}
}

func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("channel: serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40 // positive, and never short
	return new(big.Int).SetBytes(b), nil
}

package policy

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"beckmanconnect/internal/cosign"
)

// MaxWitnesses bounds how many a site's policy may name.
const MaxWitnesses = 4

// A table [[witness]]: a witness of the hospital's own.
type witnessFile struct {
	Name string          `toml:"name"`
	URL  upgradeMirror   `toml:"url"` // an address of the same form
	Key  witnessVerifier `toml:"key"`
	CA   witnessCA       `toml:"ca"`
}

type (
	witnessVerifier string
	witnessCA       struct{ pool *x509.CertPool }
)

var witnessName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (k *witnessVerifier) UnmarshalText(text []byte) error {
	v, err := cosign.NewVerifier(string(text))
	if err != nil {
		return fmt.Errorf("%.200q is not the verifier key that \"beckmanctl witness init\" prints", text)
	}
	*k = witnessVerifier(v.Key())
	return nil
}

func (c *witnessCA) UnmarshalText(text []byte) error {
	c.pool = x509.NewCertPool()
	rest, n := text, 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return errors.New("must hold certificates in PEM and nothing else")
		}
		c.pool.AddCert(certificate)
		n++
	}
	if n == 0 || strings.TrimSpace(string(rest)) != "" {
		return errors.New("must hold certificates in PEM and nothing else")
	}
	return nil
}

func (s *Site) readWitnesses(list []witnessFile) error {
	if len(list) > MaxWitnesses {
		return fmt.Errorf("policy: witness: %d are named; %d may be", len(list), MaxWitnesses)
	}
	for _, f := range list {
		switch {
		case !witnessName.MatchString(f.Name) || f.Name == "cloud":
			return fmt.Errorf("policy: witness: %.80q is no name for one: lower-case letters, digits and hyphens, and not \"cloud\"", f.Name)
		case slices.ContainsFunc(s.Witnesses, func(w Witness) bool { return w.Name == f.Name }):
			return fmt.Errorf("policy: witness: %q is named twice", f.Name)
		case f.URL == "" || f.Key == "":
			return fmt.Errorf("policy: witness: %q needs a url and a key", f.Name)
		}
		s.Witnesses = append(s.Witnesses, Witness{Name: f.Name, URL: string(f.URL), Verifier: string(f.Key), CA: f.CA.pool})
	}
	return nil
}

// Witnesses are the hospital's own, as the signed policy in force names them.
// A refused policy names none: they are dialled (scenario 28).
func (e *Effective) Witnesses() []Witness {
	site := e.inForce()
	if site == nil {
		return nil
	}
	return site.Witnesses
}

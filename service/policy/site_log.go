package policy

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Limits of what a site's policy may say about the log.
const (
	minKeep         = 30 * 24 * time.Hour
	maxKeep         = 100 * 365 * 24 * time.Hour
	maxConfidential = 64 // names

	minRSABits, maxRSABits = 2048, 8192 // as logproof seals to
)

// The table [log]. Each value checks itself while it is read, so that an error
// names the line it stands in.
type logFile struct {
	Keep            logKeep         `toml:"keep"`
	ConfidentialKey confidentialKey `toml:"confidential_key"`
	Confidential    confidentialSet `toml:"confidential"`
}

type (
	logKeep         time.Duration
	confidentialKey struct{ *rsa.PublicKey }
	confidentialSet []string
)

// UnmarshalText takes days, as "90d", or a time, as "2160h".
func (k *logKeep) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if days, is := strings.CutSuffix(string(text), "d"); is {
		var n int64
		n, err = strconv.ParseInt(days, 10, 64)
		d = time.Duration(min(max(n, 0), math.MaxInt64/int64(24*time.Hour))) * 24 * time.Hour
	}
	if err != nil || d < minKeep || d > maxKeep {
		return fmt.Errorf("%.40q must be a time from 30d to %dd; without it entries stay where they are", text, maxKeep/(24*time.Hour))
	}
	*k = logKeep(d)
	return nil
}

// UnmarshalText takes the public half of an RSA key in PEM form.
func (k *confidentialKey) UnmarshalText(text []byte) error {
	block, rest := pem.Decode(text)
	if block == nil {
		return errors.New("is no PEM block: it begins with -----BEGIN PUBLIC KEY-----")
	}
	if strings.Contains(block.Type, "PRIVATE") {
		return errors.New("holds a private key: only the public half may stand in a policy; make a new pair, for this one was shown")
	}
	if len(strings.TrimSpace(string(rest))) > 0 {
		return errors.New("holds more than one key")
	}
	key, err := parseRSA(block)
	if err != nil {
		return err
	}
	if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
		return fmt.Errorf("has %d bits; an RSA key of %d to %d bits is needed", bits, minRSABits, maxRSABits)
	}
	if key.E < 3 || key.E%2 == 0 {
		return errors.New("has a public exponent that no RSA key has")
	}
	k.PublicKey = key
	return nil
}

func parseRSA(block *pem.Block) (*rsa.PublicKey, error) {
	var key any
	var err error
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
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("is no RSA key but %T", key)
	}
	return public, nil
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func (c *confidentialSet) UnmarshalTOML(value any) error {
	list, ok := value.([]any)
	if !ok {
		return errors.New(`must be a list of names of personal fields, such as ["name", "reason"]`)
	}
	if len(list) == 0 || len(list) > maxConfidential {
		return fmt.Errorf("%d names; 1 to %d may stand here, and without it the product's list counts", len(list), maxConfidential)
	}
	for _, v := range list {
		name, ok := v.(string)
		if !ok || !fieldName.MatchString(name) {
			return fmt.Errorf("%.80q is no name of a personal field: small letters, digits and underscores", fmt.Sprint(v))
		}
		*c = append(*c, name)
	}
	return nil
}

// readLog takes the table as it was read. A list without a key would be a
// promise that nothing keeps.
func (s *Site) readLog(f *logFile) error {
	if f == nil {
		return nil
	}
	if len(f.Confidential) > 0 && f.ConfidentialKey.PublicKey == nil {
		return errors.New("policy: log: confidential names fields, but there is no confidential_key to seal them to")
	}
	s.Log = Log{Keep: time.Duration(f.Keep), ConfidentialKey: f.ConfidentialKey.PublicKey, Confidential: f.Confidential}
	return nil
}

// Log is what the signed site policy says about the log. While what stands in
// its place is refused, only what tightens holds on: the hospital's key
// (scenario 28).
func (e *Effective) Log() Log {
	switch {
	case e.layers.Site == nil:
		return Log{}
	case e.inForce() == nil:
		return Log{ConfidentialKey: e.layers.Site.Log.ConfidentialKey, Confidential: e.layers.Site.Log.Confidential}
	}
	return e.layers.Site.Log
}

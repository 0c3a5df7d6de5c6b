package policy

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"beckmanconnect/internal/rsakey"
)

// Limits of what a site's policy may say about the log.
const (
	minKeep         = 30 * 24 * time.Hour
	maxKeep         = 100 * 365 * 24 * time.Hour
	maxConfidential = 64 // names
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
func (k *confidentialKey) UnmarshalText(text []byte) (err error) {
	k.PublicKey, err = rsakey.ParsePublic(text)
	return err
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

package policy

import (
	"strings"
	"unicode"
)

// patientDataTypes is P25's list, in the form of plainName. These hold
// patient data whatever a policy or a registration says.
var patientDataTypes = []string{
	"navios", // and Navios EX
	"dxflex",
	"aquioscl",
	"cellmeksps",
	"instrumentmanager", // Data Innovations
}

// classOf gives the class of an instrument. site is what the signed policy
// says, types are all names known for it: the policy's and what was typed at
// registration. A name can only tighten (defaults.md): one on P25's list makes
// it patient data, and so does one that cannot be compared safely, such as
// look-alike letters (scenario 26).
func classOf(site Class, types ...string) (Class, string) {
	for _, name := range types {
		if name == "" {
			continue
		}
		plain, safe := plainName(name)
		if !safe {
			return PatientData, "the instrument's type has letters that cannot be compared; it counts as patient data"
		}
		for _, listed := range patientDataTypes {
			if strings.Contains(plain, listed) {
				return PatientData, "instruments of this type always count as patient data"
			}
		}
	}
	if site == General {
		return General, "the signed site policy says so"
	}
	if site == PatientData {
		return PatientData, "the signed site policy says so"
	}
	return PatientData, "no signed site policy names the class, and unknown counts as patient data"
}

// plainName keeps ASCII letters and digits in lower case. Any other letter or
// digit, or a character that is invisible, makes a name unsafe to compare.
func plainName(name string) (plain string, safe bool) {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r > unicode.MaxASCII && !isPlainSign(r):
			return "", false
		case r < ' ' || r == 0x7f:
			return "", false
		}
	}
	return b.String(), true
}

// isPlainSign lets through the signs that brand names carry.
func isPlainSign(r rune) bool { return r == '®' || r == '™' || r == '–' }

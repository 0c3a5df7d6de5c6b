package registry

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cloudapi"
)

var (
	region  = regexp.MustCompile(`^[a-z][a-z0-9-]{1,15}$`)
	machine = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// MachineID tells whether a text has the form of cloudapi.MachineID.
func MachineID(s string) bool { return machine.MatchString(s) }

// Region tells whether a text has the form of a region's name.
func Region(s string) bool { return region.MatchString(s) }

// check says what is wrong with a registration, or "". Texts are refused
// rather than cleaned: what staff reads later is what was typed (scenarios 15, 49).
func check(r *cloudapi.RegisterRequest) string {
	switch {
	case r.V != cloudapi.Version:
		return "This version of the message is not known here."
	case r.TermsVersion == "": // P19
		return "The terms of service must be accepted first."
	case !plain(r.TermsVersion, 32):
		return "The version of the terms is not a plain text of at most 32 characters."
	case !plain(r.Name, 100):
		return "The name must be a plain text of 1 to 100 characters."
	case !email(r.Email):
		return "The e-mail address is not one."
	case !plain(r.InstrumentType, 100):
		return "The instrument type must be a plain text of 1 to 100 characters."
	case !plain(r.Serial, 64):
		return "The serial number must be a plain text of 1 to 64 characters."
	case !region.MatchString(r.Region):
		return "The region is not one."
	}
	if r.LogVerifier != "" {
		if _, err := note.NewVerifier(r.LogVerifier); err != nil || len(r.LogVerifier) > 300 {
			return "The log's verifier key cannot be read."
		}
	}
	switch {
	case len(r.LogBinding) > 200 || r.LogBinding != "" && r.LogVerifier == "":
		return "The signature of the log's verifier key is not one."
	case r.Machine != "" && !MachineID(r.Machine):
		return "The PC's mark is not one."
	}
	return ""
}

// plain is true for text without control and direction marks.
func plain(s string, max int) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > max || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func email(s string) bool {
	if !plain(s, 254) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

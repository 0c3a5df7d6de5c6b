// Package release is what the vendor's side says about a release and the
// upgrade service reads: the custom metadata of a TUF target. It travels under
// the signatures of both targets keys.
package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
)

// Product is what every target names in its custom metadata. A target of
// another product is never offered, even well signed (scenario 39).
const Product = "com.beckmanconnect.remotesupport"

// Channels. Stable is offered unless a site's policy names another; who takes
// the pilot is offered both.
const (
	Stable = "stable"
	Pilot  = "pilot"
)

// What an installation does to the instrument.
const (
	DisturbsNothing    = "nothing"
	DisturbsConnection = "connection" // alarms and support pause for a moment
	DisturbsInstrument = "instrument" // its software has to be restarted
)

// SignedAt is the field of the repository's timestamp that holds the time of
// signing (RFC 3339). A client takes no earlier time for the present, whatever
// its clock says (scenario 36).
const SignedAt = "x-signed-at"

// Release describes a target.
type Release struct {
	Product  string `json:"product"`
	Version  string `json:"version"`
	Platform string `json:"platform"` // "linux-amd64", "windows-amd64"
	Channel  string `json:"channel"`
	// Digest is the release's name: the SHA-256 (hex) of its archive before it
	// was compressed to travel. What is fetched, full or delta, ends as exactly
	// these bytes.
	Digest string `json:"digest"`
	// Lines are the instrument families (types, as the site's policy names them)
	// it is for; none: all.
	Lines          []string `json:"lines,omitempty"`
	InstallSeconds int      `json:"installSeconds,omitempty"` // how long the switch takes
	Disturbs       string   `json:"disturbs,omitempty"`       // "": DisturbsConnection
	// Mandatory: the vendor wants it everywhere. It becomes so where the site's
	// policy agrees.
	Mandatory bool   `json:"mandatory,omitempty"`
	Notes     []Note `json:"notes"` // "en" is always there
	// From is, for a delta, the digest of the release it starts from.
	From string `json:"from,omitempty"`
	// Capabilities that the version brings. Each is off until the site
	// authorises it at installation (P25, scenario 40).
	Capabilities []string `json:"capabilities,omitempty"`
}

// Note says in one language what is new.
type Note struct {
	Language string `json:"language"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

var archiveName = regexp.MustCompile(`^beckmanconnect-(\d{1,6}\.\d{1,6}\.\d{1,6})-((?:linux|windows)-amd64)\.tar\.gz$`)

// ArchiveName is the file name of a release's archive, and the target's.
func ArchiveName(version, platform string) string {
	return "beckmanconnect-" + version + "-" + platform + ".tar.gz"
}

// Named reads version and platform out of an archive's file name.
func Named(archive string) (version, platform string, err error) {
	m := archiveName.FindStringSubmatch(filepath.Base(archive))
	if m == nil {
		return "", "", fmt.Errorf("release: %q is not named like a release archive (beckmanconnect-1.2.3-linux-amd64.tar.gz)", filepath.Base(archive))
	}
	return m[1], m[2], nil
}

// Encode checks r and returns it as custom metadata.
func (r Release) Encode() (*json.RawMessage, error) {
	if r.Product != Product || r.Version == "" || r.Platform == "" || r.Channel == "" {
		return nil, errors.New("release: product, version, platform and channel are needed")
	}
	english := false
	for _, n := range r.Notes {
		english = english || n.Language == "en"
	}
	if !english {
		return nil, errors.New("release: notes in English are needed")
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("release: encode: %w", err)
	}
	raw := json.RawMessage(b)
	return &raw, nil
}

// Decode reads custom metadata of the target with this name. A name that says
// another version or platform than the metadata is an error.
func Decode(name string, custom *json.RawMessage) (Release, error) {
	var r Release
	if custom == nil {
		return r, fmt.Errorf("release: %q has no description", name)
	}
	if err := json.Unmarshal(*custom, &r); err != nil {
		return r, fmt.Errorf("release: description of %q: %w", name, err)
	}
	if r.Product != Product {
		return r, fmt.Errorf("release: %q is of the product %q", name, r.Product)
	}
	if ArchiveName(r.Version, r.Platform) != name || !archiveName.MatchString(name) {
		return r, fmt.Errorf("release: %q does not fit its description (version %q, platform %q)", name, r.Version, r.Platform)
	}
	return r, nil
}

// Package release is what the vendor's side says about a release and the
// upgrade service reads: the custom metadata of a TUF target. It travels under
// the signatures of both targets keys.
package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	// Unpacked is the length of that archive before it was compressed, bytes: a
	// PC asks for room before it fetches, and takes no byte more.
	Unpacked int64 `json:"unpacked,omitempty"`
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

// Encode checks r and returns it as custom metadata. A delta needs no notes:
// those of the release it leads to hold.
func (r Release) Encode() (*json.RawMessage, error) {
	if r.Product != Product || r.Version == "" || r.Platform == "" || r.Channel == "" {
		return nil, errors.New("release: product, version, platform and channel are needed")
	}
	if err := r.checkDigests(); err != nil {
		return nil, err
	}
	english := slices.ContainsFunc(r.Notes, func(n Note) bool { return n.Language == "en" })
	if !english && r.From == "" {
		return nil, errors.New("release: notes in English are needed")
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("release: encode: %w", err)
	}
	raw := json.RawMessage(b)
	return &raw, nil
}

func (r Release) checkDigests() error {
	switch {
	case !digestForm.MatchString(r.Digest):
		return fmt.Errorf("release: %q is not the digest of a release", r.Digest)
	case r.Unpacked < 0 || r.Unpacked > MaxUnpacked:
		return fmt.Errorf("release: no release unpacks to %d bytes", r.Unpacked)
	case r.From != "" && (!digestForm.MatchString(r.From) || r.From == r.Digest):
		return fmt.Errorf("release: %q is not the digest of a release that a delta can start from", r.From)
	}
	return nil
}

// Decode reads custom metadata of the target with this name. A name that says
// another version, platform or source of a delta than the metadata is an error.
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
	if err := r.checkDigests(); err != nil {
		return r, fmt.Errorf("%w (%q)", err, name)
	}
	want := ArchiveName(r.Version, r.Platform)
	if r.From != "" {
		want = DeltaName(r.Version, r.Platform, r.From)
	}
	if want != name || !fileName.MatchString(name) {
		return r, fmt.Errorf("release: %q does not fit its description (version %q, platform %q)", name, r.Version, r.Platform)
	}
	return r, nil
}

// Package releases is the vendor's side of upgrades (P4, P8, P12): a TUF
// repository of plain files that any static host can serve, and the steps by
// which releases get into it.
//
//	REPO/metadata/1.root.json … timestamp.json   (consistent snapshots)
//	REPO/targets/<sha256>.<archive>
//
// Root is signed by 2 of 3 keys and targets by both of 2, so that no single
// stolen key installs anything (scenarios 36, 39). Only the timestamp is meant
// to be signed unattended. There are no delegations; product, version,
// platform and channel are custom metadata of each target.
package releases

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Product is what every target names in its custom metadata. A target of
// another product is never offered, even well signed (scenario 39).
const Product = "com.beckmanconnect.remotesupport"

// Stable is the channel that is offered unless a site's policy names another.
const Stable = "stable"

// Release describes a target; it travels as its custom metadata, so that the
// targets keys vouch for it too.
type Release struct {
	Product  string `json:"product"`
	Version  string `json:"version"`
	Platform string `json:"platform"` // "linux-amd64", "windows-amd64"
	Channel  string `json:"channel"`
	Notes    []Note `json:"notes"` // "en" is always there
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

func (r Release) encode() (*json.RawMessage, error) {
	if r.Product != Product || r.Version == "" || r.Platform == "" || r.Channel == "" {
		return nil, errors.New("releases: a release needs product, version, platform and channel")
	}
	english := false
	for _, n := range r.Notes {
		english = english || n.Language == "en"
	}
	if !english {
		return nil, errors.New("releases: a release needs notes in English")
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("releases: encode: %w", err)
	}
	raw := json.RawMessage(b)
	return &raw, nil
}

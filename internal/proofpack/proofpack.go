// Package proofpack writes what the laboratory's IT asks about the product into
// one folder (B11): what the doctor found on this PC, what is dialled and what
// is sent, answers in the order of MDS2, the safe defaults, the programs with
// their digests and signature, the log's checkpoint, and the bill of materials;
// as pages to read and print, and as JSON. Files are listed with their SHA-256.
//
// It holds no personal data and no secrets: whoever makes a Pack leaves them out.
package proofpack

import (
	"time"

	"beckmanconnect/internal/datasheet"
	"beckmanconnect/internal/endpoints"
	"beckmanconnect/internal/mds2"
)

// States of a Finding.
const (
	OK      = "ok"
	Note    = "note"
	Failed  = "failed"
	Skipped = "skipped"
)

// Finding is one check of the doctor's.
type Finding struct {
	Check  string `json:"check"` // "rights data", "endpoint HOST:PORT"
	State  string `json:"state"`
	Code   string `json:"code,omitempty"` // its advice is the text "doctor.do.CODE"
	Detail string `json:"detail"`
}

// Default is one row of the safe defaults (P27).
type Default struct {
	Capability    string `json:"capability"`
	General       string `json:"general"`       // as installed
	GeneralMost   string `json:"generalMost"`   // the most a signed site policy can make of it
	Patient       string `json:"patientData"`   // as installed, with patient data
	PatientMost   string `json:"patientMost"`   // the most
	Prompt        string `json:"prompt"`        // how the technician is asked
	InForce       string `json:"inForce"`       // here and now; empty: the service did not say
	InForceReason string `json:"inForceReason"` // which layer made it so
}

// Program is an installed file with its digest.
type Program struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Programs is the installed version.
type Programs struct {
	Version   string    `json:"version"`
	Release   string    `json:"release"`   // digest of the release; empty: none is installed
	Publisher string    `json:"publisher"` // as the trust roots name it
	Signed    bool      `json:"signed"`    // the publisher's signature holds for every byte
	Files     []Program `json:"files"`
}

// Witness is who cosigned the log.
type Witness struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Entries uint64    `json:"entries"`
	At      time.Time `json:"at"`
}

// Log is where the log stands.
type Log struct {
	Known      bool      `json:"known"` // the service said it
	Origin     string    `json:"origin"`
	Verifier   string    `json:"verifier"` // public key of the checkpoints
	Entries    uint64    `json:"entries"`
	RootHash   string    `json:"rootHash"`
	Checkpoint time.Time `json:"checkpoint"`
	Witnesses  []Witness `json:"witnesses"`
}

// Pack is everything.
type Pack struct {
	Product  string    `json:"product"`
	Version  string    `json:"version"`
	Platform string    `json:"platform"` // "linux-amd64"
	Region   string    `json:"region"`
	Class    string    `json:"class"` // of the instrument; empty: not known
	Policy   string    `json:"policy"`
	Vendor   string    `json:"vendorPolicy"`
	Made     time.Time `json:"made"`
	Findings []Finding `json:"findings"`

	Network  endpoints.Table     `json:"-"`
	Data     []datasheet.Message `json:"-"`
	MDS2     []mds2.Section      `json:"-"`
	Defaults []Default           `json:"-"`
	Programs Programs            `json:"-"`
	Log      Log                 `json:"-"`
	// SBOM is the bill of materials, CycloneDX; SBOMFrom says where it came from:
	// "release" (beside the programs) or "programs" (read out of them).
	SBOM     []byte `json:"-"`
	SBOMFrom string `json:"sbomFrom"`
}

// Count is how many findings have this state.
func (p *Pack) Count(state string) (n int) {
	for _, f := range p.Findings {
		if f.State == state {
			n++
		}
	}
	return n
}

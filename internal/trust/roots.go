package trust

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/sumdb/note"

	"beckmanconnect/internal/cosign"
)

// ErrDevelopment means that a production build was pointed at development roots.
var ErrDevelopment = errors.New("these are development trust roots, which this build does not accept; install the roots that came with the package")

// maxRootFile bounds what is read into memory; real roots are a few kilobytes.
const maxRootFile = 1 << 20

// Roots is one loaded folder.
type Roots struct {
	Name        string // of the set, for people
	Development bool

	CloudCA, DeviceCA, StaffCA          *x509.CertPool
	CloudCAPEM, DeviceCAPEM, StaffCAPEM []byte

	Policy, Vendor                 note.Verifiers
	PolicyVerifier, VendorVerifier note.Verifier

	// Witness verifies what the cloud cosigns of this PC's log; nil: this set has
	// no witness, and nothing counts as witnessed by the cloud.
	Witness *cosign.Verifier

	TUFRoot []byte // nil: this set offers no upgrades

	// The second gate of upgrades (package codesign): who signs releases, under
	// which CA. The system's own certificates have no say in it.
	CodeCA    *x509.CertPool
	CodeCAPEM []byte
	Publisher Publisher
	// Revoked are the SHA-256 (hex, lower case) of code-signing certificates, and
	// of CAs between them and CodeCA, that are not believed any more.
	Revoked []string
}

// Publisher is the subject of the certificates that sign releases: both words
// have to be exactly so.
type Publisher struct {
	Organisation string `toml:"organisation"` // O
	Name         string `toml:"name"`         // CN
}

// manifest is roots.toml.
type manifest struct {
	Name        string `toml:"name"`
	Development bool   `toml:"development"`
	Code        struct {
		Publisher
		Revoked []string `toml:"revoked"`
	} `toml:"code"`
}

// Load reads a folder of roots. Every root must be there and readable, except
// the upgrade repository's, without which no upgrade is ever accepted.
func Load(dir string) (*Roots, error) {
	var r Roots
	err := r.load(dir)
	switch {
	case errors.Is(err, ErrDevelopment): // says itself what to do
		return nil, fmt.Errorf("trust: load roots from %s: %w", dir, err)
	case err != nil:
		return nil, fmt.Errorf("trust: load roots from %s: %w; install the roots that came with the package, or correct \"trust\" or \"roots\" in the configuration", dir, err)
	}
	return &r, nil
}

func (r *Roots) load(dir string) error {
	if err := r.loadManifest(dir); err != nil {
		return err
	}
	for _, ca := range []struct {
		file string
		pool **x509.CertPool
		pem  *[]byte
	}{
		{FileCloudCA, &r.CloudCA, &r.CloudCAPEM},
		{FileDeviceCA, &r.DeviceCA, &r.DeviceCAPEM},
		{FileStaffCA, &r.StaffCA, &r.StaffCAPEM},
		{FileCodeCA, &r.CodeCA, &r.CodeCAPEM},
	} {
		data, err := readRoot(dir, ca.file)
		if err != nil {
			return err
		}
		pool, development, err := parseCA(data)
		if err != nil {
			return fmt.Errorf("%s: %w", ca.file, err)
		}
		r.Development = r.Development || development
		*ca.pool, *ca.pem = pool, data
	}
	if r.Development && !developmentAllowed {
		return ErrDevelopment
	}
	var err error
	if r.PolicyVerifier, err = loadVerifier(dir, FilePolicy); err != nil {
		return err
	}
	if r.VendorVerifier, err = loadVerifier(dir, FileVendor); err != nil {
		return err
	}
	r.Policy, r.Vendor = note.VerifierList(r.PolicyVerifier), note.VerifierList(r.VendorVerifier)
	if err := r.loadWitness(dir); err != nil {
		return err
	}
	r.TUFRoot, err = readRoot(dir, FileTUFRoot)
	if errors.Is(err, fs.ErrNotExist) {
		r.TUFRoot, err = nil, nil
	}
	return err
}

// loadWitness: sets made before there was a witness have none.
func (r *Roots) loadWitness(dir string) error {
	data, err := readRoot(dir, FileWitness)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.Witness, err = cosign.NewVerifier(strings.TrimSpace(string(data))); err != nil {
		return fmt.Errorf("%s: %w", FileWitness, err)
	}
	return nil
}

func (r *Roots) loadManifest(dir string) error {
	data, err := readRoot(dir, FileRoots)
	if err != nil {
		return err
	}
	var m manifest
	meta, err := toml.Decode(string(data), &m)
	if err != nil {
		return fmt.Errorf("%s: %w", FileRoots, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("%s: unknown key %q", FileRoots, unknown[0].String())
	}
	if !meta.IsDefined("development") {
		return fmt.Errorf("%s: the key \"development\" is missing", FileRoots)
	}
	r.Name, r.Development = m.Name, m.Development
	return r.takePublisher(m)
}

// takePublisher: without a publisher no release could be told from another
// signed under the same CA, so a set without one is no set.
func (r *Roots) takePublisher(m manifest) error {
	if m.Code.Organisation == "" || m.Code.Name == "" {
		return fmt.Errorf("%s: \"organisation\" and \"name\" of the publisher are missing in [code]", FileRoots)
	}
	for _, sum := range m.Code.Revoked {
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size || strings.ToLower(sum) != sum {
			return fmt.Errorf("%s: %q in \"revoked\" is not the SHA-256 of a certificate in lower-case hex", FileRoots, sum)
		}
	}
	r.Publisher, r.Revoked = m.Code.Publisher, m.Code.Revoked
	r.Development = r.Development || m.Code.Organisation == DevelopmentOrganisation
	return nil
}

// parseCA reads one or more CA certificates; development tells whether any of
// them carries the development organisation.
func parseCA(data []byte) (pool *x509.CertPool, development bool, err error) {
	pool = x509.NewCertPool()
	rest, count := data, 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, false, fmt.Errorf("holds %q, only certificates belong here", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, false, err
		}
		if !cert.BasicConstraintsValid || !cert.IsCA || cert.KeyUsage&x509.KeyUsageCertSign == 0 {
			return nil, false, fmt.Errorf("%q is not a certificate authority", cert.Subject.CommonName)
		}
		development = development || slices.Contains(cert.Subject.Organization, DevelopmentOrganisation)
		pool.AddCert(cert)
		count++
	}
	if count == 0 || strings.TrimSpace(string(rest)) != "" {
		return nil, false, errors.New("is not a list of PEM certificates")
	}
	return pool, development, nil
}

func loadVerifier(dir, file string) (note.Verifier, error) {
	data, err := readRoot(dir, file)
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: not a note verifier key: %w", file, err)
	}
	return v, nil
}

func readRoot(dir, file string) ([]byte, error) {
	path := filepath.Join(dir, file)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxRootFile {
		return nil, fmt.Errorf("%s: not a plain file of sane size", file)
	}
	return os.ReadFile(path)
}

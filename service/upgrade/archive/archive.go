// Package archive is the form of a release: a tar with the programs of one
// platform, flat. release.json comes first and names each with its SHA-256,
// then release.json.p7s, the publisher's signature over release.json, then the
// programs. The SHA-256 of the tar is the release's digest, and its name.
//
// A tar travels compressed (zstd) or as a delta; the digest is of what comes
// out. Packing is reproducible: the same programs and signature give the same
// bytes, and so do the files of an installed version (Repack).
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/internal/release"
)

// Manifest is release.json.
type Manifest struct {
	Product  string            `json:"product"`
	Version  string            `json:"version"`
	Platform string            `json:"platform"`
	Programs map[string]string `json:"programs"` // file name → SHA-256, hex
	// Capabilities that the version brings (P25).
	Capabilities []string `json:"capabilities,omitempty"`
}

const (
	manifestName  = "release.json"
	signatureName = "release.json.p7s"
)

// Bounds of what is unpacked (scenario 32): far above a real release, far
// below a disk.
const (
	maxManifest  = 1 << 20
	maxSignature = 1 << 20
	maxProgram   = 512 << 20
)

// ErrUnsigned: the publisher's signature is missing or does not hold.
var ErrUnsigned = errors.New("the publisher's signature does not hold")

// Names are the programs a release holds, all of them; nothing else is
// unpacked.
func Names(platform string) []string {
	names := []string{"beckmanconnect", "beckmanconnect-tray", "beckmanconnect-desktop", "beckmanconnect-service", "beckmanconnect-upgrade", "beckmanctl"}
	if strings.HasPrefix(platform, "windows") {
		for i := range names {
			names[i] += ".exe"
		}
	}
	return names
}

// Packing says what is packed.
type Packing struct {
	Dir               string // of the programs
	Version, Platform string
	Capabilities      []string
	// Sign returns the publisher's signature over release.json. Without it the
	// archive is unsigned, and no PC takes it: officers compare such ones before
	// one of them signs (Sign).
	Sign func(manifest []byte) (signature []byte, err error)
}

// Pack writes the compressed archive of the programs in a folder, and returns
// the release's digest.
func Pack(w io.Writer, p Packing) (digest string, err error) {
	digest, err = p.pack(w)
	if err != nil {
		return "", fmt.Errorf("archive: pack: %w", err)
	}
	return digest, nil
}

func (p Packing) pack(w io.Writer) (string, error) {
	text, err := p.manifest()
	if err != nil {
		return "", err
	}
	signature, err := signed(text, p.Sign)
	if err != nil {
		return "", err
	}
	t, err := open(p.Dir, p.Platform, map[string][]byte{manifestName: text, signatureName: signature})
	if err != nil {
		return "", err
	}
	defer t.Close()
	return compressed(w, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(t, 0, t.Size()))
		return err
	})
}

func signed(manifest []byte, sign func([]byte) ([]byte, error)) ([]byte, error) {
	if sign == nil {
		return []byte{}, nil
	}
	signature, err := sign(manifest)
	if err == nil && len(signature) == 0 {
		err = fmt.Errorf("%w: it is empty", ErrUnsigned)
	}
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", manifestName, err)
	}
	return signature, nil
}

// compressed compresses a tar to w and returns its digest.
func compressed(w io.Writer, fill func(io.Writer) error) (string, error) {
	zip, err := release.Compress(w)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	err = fill(io.MultiWriter(hash, zip))
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, zip.Close())
}

func (p Packing) manifest() ([]byte, error) {
	m := Manifest{Product: release.Product, Version: p.Version, Platform: p.Platform, Programs: map[string]string{}, Capabilities: p.Capabilities}
	for _, name := range Names(p.Platform) {
		sum, err := hashFile(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		m.Programs[name] = sum
	}
	return json.MarshalIndent(m, "", "  ")
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

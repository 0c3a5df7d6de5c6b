package releases

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"beckmanconnect/internal/release"
)

// A release's archive begins with these two.
const (
	manifestName  = "release.json"
	signatureName = "release.json.p7s"
	maxManifest   = 1 << 20
)

// CheckCode has verify look at the code signature of every published archive:
// at the exact bytes of its manifest and at the signature (codesign.Gate.Manifest).
// It returns how many it was asked about.
func (r Repository) CheckCode(verify func(manifest, signature []byte) error) (int, error) {
	targets, _, _, err := r.published()
	if err != nil {
		return 0, err
	}
	checked := 0
	for name, target := range targets.Signed.Targets {
		if !strings.Contains(name, ".tar.") { // a delta, whose result is one of the others
			continue
		}
		manifest, signature, err := signedManifest(filepath.Join(r.Dir, "targets", target.Hashes["sha256"].String()+"."+name))
		if err == nil {
			err = verify(manifest, signature)
		}
		if err != nil {
			return checked, fmt.Errorf("releases: check %s: %w", name, err)
		}
		checked++
	}
	return checked, nil
}

// signedManifest reads the beginning of an archive.
func signedManifest(path string) (manifest, signature []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	plain, err := release.Decompress(f)
	if err != nil {
		return nil, nil, err
	}
	defer plain.Close()
	t := tar.NewReader(plain)
	for _, part := range []struct {
		name string
		to   *[]byte
	}{{manifestName, &manifest}, {signatureName, &signature}} {
		head, err := t.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		if err != nil || head.Name != part.name || head.Typeflag != tar.TypeReg || head.Size > maxManifest {
			return nil, nil, fmt.Errorf("there is no %s where it has to be", part.name)
		}
		if *part.to, err = io.ReadAll(t); err != nil {
			return nil, nil, err
		}
	}
	return manifest, signature, nil
}

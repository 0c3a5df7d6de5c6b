package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/semver"

	"beckmanconnect/internal/release"
	"beckmanconnect/internal/rights"
	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/versions"
)

// adopting is the folder a package's version is unpacked into.
const adopting = "adopted.new"

// Adoption is a package's part: it brings a release archive and the launcher.
type Adoption struct {
	Install  versions.Install
	Platform string
	Package  string // release archive
	// Launcher is the program that is copied under each program's name; empty
	// where the package lays them itself.
	Launcher string
	// Manifest is an error unless signature is the publisher's over a release's
	// manifest. Without it nothing is adopted.
	Manifest func(manifest, signature []byte) error
}

// Adopt unpacks the archive as a version and makes it current unless a newer
// one is: repairing a package never brings an old version back (scenario 38).
// It returns the version that is current then.
func Adopt(a Adoption) (string, error) {
	version, err := a.adopt()
	if err != nil {
		return "", fmt.Errorf("upgrade: adopt %s: %w", filepath.Base(a.Package), err)
	}
	return version, nil
}

func (a Adoption) adopt() (string, error) {
	if err := rights.Protect(filepath.Join(a.Install.Dir, "versions")); err != nil {
		return "", err
	}
	digest, manifest, err := a.unpack()
	if err != nil {
		return "", err
	}
	if err := a.launchers(); err != nil {
		return "", err
	}
	current, err := a.Install.Current()
	if err == nil && current != "" {
		before, err := archive.Read(a.Install.Version(current))
		if err == nil && semver.Compare("v"+before.Version, "v"+manifest.Version) > 0 {
			return before.Version, nil
		}
	}
	// No pointer, a damaged one or one to a version that is gone: this package
	// is what there is.
	return manifest.Version, a.Install.SetCurrent(digest)
}

func (a Adoption) unpack() (string, archive.Manifest, error) {
	f, err := os.Open(a.Package)
	if err != nil {
		return "", archive.Manifest{}, err
	}
	defer f.Close()
	tar, err := release.Decompress(f)
	if err != nil {
		return "", archive.Manifest{}, err
	}
	defer tar.Close()
	next := a.Install.Version(adopting)
	digest, manifest, err := unpackInto(io.LimitReader(tar, release.MaxUnpacked), next, a.Platform, a.Manifest)
	if err == nil {
		err = a.place(next, digest)
	}
	if err != nil {
		return "", manifest, errors.Join(err, removeWhole(a.Install.Dir, next))
	}
	return digest, manifest, nil
}

// place repairs a version that is there but not whole, and leaves one that is.
func (a Adoption) place(next, digest string) error {
	if archive.Check(a.Install.Version(digest), digest, a.Manifest) == nil {
		return removeWhole(a.Install.Dir, next)
	}
	if err := versions.SyncDir(next); err != nil {
		return err
	}
	target := a.Install.Version(digest)
	if err := removeWhole(a.Install.Dir, target); err != nil {
		return err
	}
	if err := versions.Rename(next, target); err != nil {
		return err
	}
	return versions.SyncDir(filepath.Dir(target))
}

func (a Adoption) launchers() error {
	if a.Launcher == "" {
		return nil
	}
	program, err := os.ReadFile(a.Launcher)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.Install.Bin(), 0o755); err != nil {
		return err
	}
	for _, name := range archive.Names(a.Platform) {
		if err := versions.WriteFile(filepath.Join(a.Install.Bin(), name), program, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// Package versions is the folder of installed versions and the one pointer
// that says which of them runs:
//
//	INSTALL/bin/<program>             the launcher, which packages own
//	INSTALL/current                   the digest of the version that runs
//	INSTALL/previous                  the digest of the one before, to go back to
//	INSTALL/trial                     the digest that has not proven itself, how often it was started, and in which boot
//	INSTALL/versions/<digest>/…       the programs of one version
//
// An upgrade never touches a running version: it adds a folder and replaces
// the pointer by one rename, so that power loss at any write leaves the old or
// the new version (scenario 41), and repair by dpkg or MSI brings back no old
// one. It is small because the launcher is made of it.
package versions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Install is an installation's folder.
type Install struct {
	Dir  string
	Boot func() (string, error) // names this boot of the machine; nil: boot.ID
}

const digestLength = 64

// ValidDigest tells whether s is a SHA-256 in lower-case hex: the only names
// that become part of a path.
func ValidDigest(s string) bool {
	return len(s) == digestLength && strings.Trim(s, "0123456789abcdef") == ""
}

// Current is the digest of the version that runs; "" when none was installed.
func (i Install) Current() (string, error) { return i.pointer(current) }

// Previous is the digest of the version before the current one, to which Back
// leads; "" when there is none.
func (i Install) Previous() (string, error) { return i.pointer(previous) }

// The files that name a version.
const (
	current  = "current"
	previous = "previous"
)

func (i Install) pointer(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(i.Dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("versions: read the %s version: %w", name, err)
	}
	digest := strings.TrimSpace(string(text))
	if !ValidDigest(digest) {
		return "", fmt.Errorf("versions: the pointer to the %s version is damaged; %s", name, Repair)
	}
	return digest, nil
}

// Repair is what to do about a damaged installation.
const Repair = "install the product again, or repair it"

// SetCurrent makes digest the version that runs from the next start on. It is
// on disk when it returns.
func (i Install) SetCurrent(digest string) error {
	if err := i.there(digest); err != nil {
		return fmt.Errorf("versions: make current: %w", err)
	}
	if err := i.point(current, digest); err != nil {
		return fmt.Errorf("versions: make current: %w", err)
	}
	return nil
}

func (i Install) point(name, digest string) error {
	return WriteFile(filepath.Join(i.Dir, name), []byte(digest+"\n"), 0o644)
}

// there is an error unless a version has a folder of its own: a link that
// somebody put in its place is none.
func (i Install) there(digest string) error {
	if !ValidDigest(digest) {
		return fmt.Errorf("%q is not a digest", digest)
	}
	info, err := os.Lstat(i.Version(digest))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", i.Version(digest))
	}
	return nil
}

// Version is the folder of a version.
func (i Install) Version(digest string) string { return filepath.Join(i.Dir, "versions", digest) }

// Bin is the folder of the launchers.
func (i Install) Bin() string { return filepath.Join(i.Dir, "bin") }

// WriteFile replaces a file in one step: it holds the old or the new content
// whatever happens, and the new one is on disk when WriteFile returns. What it
// leaves behind when it is cut short, the next WriteFile takes away.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// Made anew: a link that was put there is not followed.
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return SyncDir(filepath.Dir(path))
}

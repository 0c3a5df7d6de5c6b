// Package versions is the folder of installed versions and the one pointer
// that says which of them runs:
//
//	INSTALL/bin/<program>             the launcher, which packages own
//	INSTALL/current                   the digest of the version that runs
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
type Install struct{ Dir string }

const digestLength = 64

// ValidDigest tells whether s is a SHA-256 in lower-case hex: the only names
// that become part of a path.
func ValidDigest(s string) bool {
	return len(s) == digestLength && strings.Trim(s, "0123456789abcdef") == ""
}

// Current is the digest of the version that runs; "" when none was installed.
func (i Install) Current() (string, error) {
	text, err := os.ReadFile(filepath.Join(i.Dir, "current"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("versions: read the current version: %w", err)
	}
	digest := strings.TrimSpace(string(text))
	if !ValidDigest(digest) {
		return "", errors.New("versions: the pointer to the current version is damaged; install the product again")
	}
	return digest, nil
}

// SetCurrent makes digest the version that runs from the next start on. It is
// on disk when it returns.
func (i Install) SetCurrent(digest string) error {
	if !ValidDigest(digest) {
		return fmt.Errorf("versions: %q is not a digest", digest)
	}
	if _, err := os.Stat(i.Version(digest)); err != nil {
		return fmt.Errorf("versions: make current: %w", err)
	}
	if err := WriteFile(filepath.Join(i.Dir, "current"), []byte(digest+"\n"), 0o644); err != nil {
		return fmt.Errorf("versions: make current: %w", err)
	}
	return nil
}

// Version is the folder of a version.
func (i Install) Version(digest string) string { return filepath.Join(i.Dir, "versions", digest) }

// Bin is the folder of the launchers.
func (i Install) Bin() string { return filepath.Join(i.Dir, "bin") }

// WriteFile replaces a file in one step: it holds the old or the new content
// whatever happens, and the new one is on disk when WriteFile returns.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

package upgrade

import (
	"fmt"
	"os"

	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
)

// wholeRelease returns the check that is made right before a version is
// switched to: its folder holds the release that was offered, byte for byte and
// under the publisher's signature, and nothing else that could be loaded beside
// its programs (scenarios 37, 38).
func wholeRelease(manifest func(manifest, signature []byte) error) func(dir string, o source.Offer) error {
	return func(dir string, o source.Offer) error {
		info, err := os.Lstat(dir)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		if err := archive.Check(dir, o.Digest, manifest); err != nil {
			return err
		}
		m, err := archive.Read(dir)
		if err != nil {
			return err
		}
		if m.Version != o.Version {
			return fmt.Errorf("it holds version %s", m.Version)
		}
		return trial{Dir: dir, Manifest: m}.nothingElse()
	}
}

package upgrade

import (
	"fmt"
	"os"

	"beckmanconnect/service/upgrade/archive"
	"beckmanconnect/service/upgrade/source"
)

// beside are the files of a version's folder that are no programs.
var beside = []string{"release.json", "release.json.p7s"}

// wholeRelease returns the check that is made right before a version is
// switched to: its folder holds the programs that its manifest names, nothing
// else that could be loaded beside them (scenario 38), and is, byte for byte and
// under the publisher's signature, what was offered.
func wholeRelease(platform string, manifest func(manifest, signature []byte) error) func(dir string, o source.Offer) error {
	return func(dir string, o source.Offer) error {
		info, err := os.Lstat(dir)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", dir)
		}
		m, err := archive.Read(dir)
		if err != nil {
			return err
		}
		if m.Version != o.Version || m.Platform != platform {
			return fmt.Errorf("it holds version %s for %s", m.Version, m.Platform)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, name := range beside {
			known[name] = true
		}
		for name := range m.Programs {
			known[name] = true
		}
		for _, e := range entries {
			if !known[e.Name()] {
				return fmt.Errorf("%q does not belong there", e.Name())
			}
		}
		return archive.Check(dir, o.Digest, manifest)
	}
}

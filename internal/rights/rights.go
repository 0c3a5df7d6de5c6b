// Package rights tells whether a file or folder can be changed by nobody but
// administrators, the system and this program's own account. What a privileged
// program believes or runs must lie in such a place (scenarios 31, 37).
package rights

import (
	"fmt"
	"os"
	"path/filepath"
)

// Ours is an error that says what is wrong, unless each of these is there, is no
// link, belongs to an administrator or this account and can be changed by no
// other.
func Ours(paths ...string) error {
	for _, p := range paths {
		info, err := os.Lstat(p)
		if err != nil {
			return err
		}
		if info.Mode()&(os.ModeSymlink|os.ModeIrregular) != 0 {
			return fmt.Errorf("%s is a link", p)
		}
		if err := ours(p, info); err != nil {
			return err
		}
	}
	return nil
}

// Folder is Ours for a folder, and an error too when somebody else could put
// another in its place: none of the folders above may let others rename what is
// in it.
func Folder(dir string) error {
	if err := Ours(dir); err != nil {
		return err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return err
	}
	// The way as it was named may lead over links, which must be safe as well as
	// where they lead.
	for _, way := range []string{abs, resolved} {
		for at := filepath.Dir(way); ; at = filepath.Dir(at) {
			info, err := os.Lstat(at)
			if err == nil {
				err = above(at, info)
			}
			if err != nil {
				return err
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return nil
}

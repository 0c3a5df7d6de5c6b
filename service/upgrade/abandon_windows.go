package upgrade

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/windows"
)

// removeLater removes what os.RemoveAll could not, name by name, and has Windows
// remove what is in use at its next start: a tray that still runs must not keep
// a package from being removed. Such a file gets another name first, because an
// installation that comes before that start brings files of the old names, which
// must stay.
func removeLater(dir, path string) error {
	var paths []string
	err := filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		paths = append(paths, p)
		return err
	})
	if err != nil {
		return err
	}
	slices.Reverse(paths) // what is in a folder goes before it
	var all error
	for _, p := range paths {
		err := os.Remove(p)
		if info, statErr := os.Lstat(p); err != nil && statErr == nil && info.Mode().IsRegular() {
			err = removeAside(p, filepath.Join(dir, removedPrefix+rand.Text()))
		}
		all = errors.Join(all, err)
	}
	return all
}

func removeAside(path, aside string) error {
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(aside)
	if err == nil {
		err = windows.MoveFileEx(name, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT)
	}
	if err != nil {
		return fmt.Errorf("remove %s at the next start: %w", aside, err)
	}
	return nil
}

package upgrade

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/sys/windows"
)

// removeLater has Windows remove what is in use at its next start: a tray that
// still runs must not keep a package from being removed.
func removeLater(path string) error {
	var all []string
	err := filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		all = append(all, p)
		return err
	})
	slices.Reverse(all) // what is in a folder goes before it
	for _, p := range all {
		name, nameErr := windows.UTF16PtrFromString(p)
		if nameErr != nil {
			return errors.Join(err, nameErr)
		}
		err = errors.Join(err, windows.MoveFileEx(name, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT))
	}
	return err
}

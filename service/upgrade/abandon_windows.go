package upgrade

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// removeLater has Windows remove what is in use at its next start: a tray that
// still runs must not keep a package from being removed. Each file gets another
// name first, because an installation that comes before that start brings files
// of the old names, which must stay.
func removeLater(dir, path string) error {
	var all error
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || os.Remove(p) == nil {
			return err
		}
		aside := filepath.Join(dir, "removed-"+rand.Text())
		if err := os.Rename(p, aside); err != nil {
			all = errors.Join(all, err)
			return nil
		}
		name, err := windows.UTF16PtrFromString(aside)
		if err == nil {
			err = windows.MoveFileEx(name, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT)
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("remove %s at the next start: %w", aside, err))
		}
		return nil
	})
	return errors.Join(all, err, os.RemoveAll(path))
}

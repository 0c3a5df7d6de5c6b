package upgrade

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// enough asks for room for the archive and its programs, before anything is
// written.
func enough(dir string, size int64) error {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return fmt.Errorf("space in %s: %w", dir, err)
	}
	return need(int64(free), size)
}

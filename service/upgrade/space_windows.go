package upgrade

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// enough asks for room for what is fetched and its programs, before anything
// is written.
func enough(dir string, fetch, unpacked int64) error {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return fmt.Errorf("space in %s: %w", dir, err)
	}
	return need(int64(free), fetch, unpacked)
}

// full tells whether an error says that the disk is.
func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

package upgrade

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// enough asks for room for what is fetched and its programs, before anything
// is written.
func enough(dir string, fetch, unpacked int64) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("space in %s: %w", dir, err)
	}
	return need(int64(fs.Bavail)*fs.Bsize, fetch, unpacked)
}

// full tells whether an error says that the disk is.
func full(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

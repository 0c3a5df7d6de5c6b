package upgrade

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// enough asks for room for the archive and its programs, before anything is
// written.
func enough(dir string, size int64) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("space in %s: %w", dir, err)
	}
	return need(int64(fs.Bavail)*fs.Bsize, size)
}

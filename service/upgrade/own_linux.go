package upgrade

import (
	"fmt"
	"os"
	"syscall"
)

// noSpace is what the system says of a full disk.
var noSpace error = syscall.ENOSPC

// noFollow opens no link in a file's place.
const noFollow = syscall.O_NOFOLLOW

// own is an error when somebody else could write into a folder that this
// service keeps its state and staged programs in, or made it (scenarios 37, 58).
func own(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(s.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s is not this service's own folder, or others may write to it; remove it", dir)
	}
	return nil
}

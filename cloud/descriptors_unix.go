//go:build unix

package cloud

import "syscall"

// descriptors is how many files this process may open at a time. Go raises the
// soft limit to the hard one at its start.
func descriptors() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return uint64(limit.Cur), nil
}

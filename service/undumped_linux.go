package service

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// undumped keeps what the process has in memory (keys, what people typed, lines
// with patients' names) out of core files, whatever limits it was started with,
// and away from other processes of its account. A crash still prints its stacks.
func undumped() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("core files: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("core files: %w", err)
	}
	return nil
}

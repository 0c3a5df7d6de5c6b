package program

import (
	"fmt"
	"syscall"
)

// become keeps the process: whoever waits for it, or ends it, goes on doing so.
func become(launcher string, args, environment []string) error {
	err := syscall.Exec(launcher, append([]string{launcher}, args...), environment)
	return fmt.Errorf("program: start %s: %w", launcher, err)
}

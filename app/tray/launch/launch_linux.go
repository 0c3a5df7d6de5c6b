package launch

import (
	"os/exec"
	"syscall"
)

// prepare puts a program into a group of its own. The kernel's own "death of
// the parent" signal follows the thread that started it, which Go may end at
// any time; the end of the helper's standard input is what ends it with us.
func prepare(cmd *exec.Cmd, tied bool) (tie func() error, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return func() error { return nil }, nil
}

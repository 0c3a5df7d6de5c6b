package program

import (
	"fmt"
	"os"
	"os/exec"
)

// become starts the launcher; this program ends right after.
func become(launcher string, args, environment []string) error {
	cmd := exec.Command(launcher, args...)
	cmd.Env = environment
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("program: start %s: %w", launcher, err)
	}
	return cmd.Process.Release()
}

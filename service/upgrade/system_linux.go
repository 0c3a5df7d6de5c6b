package upgrade

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"beckmanconnect/ipc/pipe"
)

// admit lets the service's group connect; a root that serves for an account of
// its own needs no group.
func admit(c *pipe.Config, _ string) {
	if os.Geteuid() == 0 {
		c.Group = pipe.DefaultAccount
	}
}

const serviceUnit = "beckmanconnect-service.service"

// restarter asks systemd, where systemd runs this program.
func restarter() func(context.Context) error {
	if os.Getenv("INVOCATION_ID") == "" || os.Geteuid() != 0 {
		return nil
	}
	return func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, "/usr/bin/systemctl", "--no-block", "restart", serviceUnit).CombinedOutput()
		if err != nil {
			return fmt.Errorf("upgrade: restart %s: %w: %.200s", serviceUnit, err, out)
		}
		return nil
	}
}

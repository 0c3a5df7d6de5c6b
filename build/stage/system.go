package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// system is what an instrument PC's programs run on: this machine's Linux, or
// Windows as far as Wine is one. Paths are this machine's everywhere in the
// stage; native is how the PC's programs are told of one.
type system interface {
	// folders are a PC's own: of its configuration and data, and of the
	// installed programs.
	folders(name string) (dir, install string)
	native(path string) string
	program(name string) string // its file name
	// command is what this machine starts to run a program.
	command(program string, args []string) (path string, argv []string)
	env() []string
	// pipes are the names of the two local pipes.
	pipes(name string) (host, upgrade string, err error)
	// dial opens a pipe from this machine; nil: as any client does.
	dial(pipe string) func(context.Context) (net.Conn, error)
	// crash ends the programs of a PC's service at once, as a fault would.
	crash(ctx context.Context, pc *PC) error
	// running is the file of the version's program that runs as the service.
	running(ctx context.Context, pc *PC) (string, error)
}

// native Linux: the launcher becomes the program, so that a process is one.
type linuxSystem struct{ house *House }

func (s linuxSystem) folders(name string) (dir, install string) {
	dir = s.house.dir(name)
	return dir, filepath.Join(dir, "install")
}

func (linuxSystem) native(path string) string                                { return path }
func (linuxSystem) program(name string) string                               { return name }
func (linuxSystem) command(program string, args []string) (string, []string) { return program, args }
func (linuxSystem) env() []string                                            { return nil }
func (linuxSystem) dial(string) func(context.Context) (net.Conn, error)      { return nil }
func (linuxSystem) crash(_ context.Context, pc *PC) error                    { pc.Service.Kill(); return nil }

func (s linuxSystem) pipes(string) (host, upgrade string, err error) {
	// The sockets' folder is short: a unix socket's path may have 107 bytes.
	dir, err := os.MkdirTemp("", "bc-")
	if err != nil {
		return "", "", fmt.Errorf("stage: %w", err)
	}
	s.house.stop = append(s.house.stop, func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "host.sock"), filepath.Join(dir, "upgrade.sock"), nil
}

func (linuxSystem) running(_ context.Context, pc *PC) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/exe", pc.Service.PID()))
}

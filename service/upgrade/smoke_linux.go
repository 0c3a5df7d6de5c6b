package upgrade

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// openProgram opens a plain file that is under this one name only, and that
// nobody else may write.
func openProgram(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	var st unix.Stat_t
	switch err := unix.Fstat(fd, &st); {
	case err != nil:
		f.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	case st.Mode&unix.S_IFMT != unix.S_IFREG, st.Nlink != 1:
		f.Close()
		return nil, fmt.Errorf("%s is not a plain file of its own", path)
	case st.Uid != 0 && int(st.Uid) != os.Geteuid(), st.Mode&0o022 != 0:
		f.Close()
		return nil, fmt.Errorf("%s can be written by others", path)
	}
	return f, nil
}

// execution runs an open file. The child has it as its descriptor 3, and
// executes that.
func execution(ctx context.Context, f *os.File, name, word string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/fd/3", word)
	cmd.Args[0] = name
	cmd.ExtraFiles = []*os.File{f}
	cmd.Dir = "/"
	// What it may have started ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	return cmd
}

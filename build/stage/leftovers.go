package stage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Forget removes a house's folder, and first what still holds it when an
// earlier run was killed: programs and the small file system.
func Forget(ctx context.Context, dir string) error {
	endWithin(ctx, dir)
	folders, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	for _, folder := range folders {
		unmount(ctx, folder)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("stage: forget the earlier run: %w", err)
	}
	return nil
}

// unmount frees a folder of what is mounted on it, if anything is.
func unmount(ctx context.Context, folder string) {
	if is, err := mounted(folder); err == nil && !is {
		return
	}
	if syscall.Unmount(folder, syscall.MNT_DETACH) != nil {
		_, _ = run(context.WithoutCancel(ctx), nil, "fusermount3", "-u", "-z", folder)
	}
}

// endWithin ends the programs that live in a folder of the stage and that the
// stage has not started itself: the tray starts the window, the session bus
// its services. They are known by their program or by their home folder, and
// are gone when endWithin returns.
func endWithin(ctx context.Context, dir string) {
	if dir = filepath.Clean(dir); !filepath.IsAbs(dir) || dir == "/" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = Until(ctx, "the programs in "+dir+" to end", func() (bool, error) {
		all, err := os.ReadDir("/proc")
		if err != nil {
			return false, err
		}
		none := true
		for _, entry := range all {
			if pid, err := strconv.Atoi(entry.Name()); err == nil && pid != os.Getpid() && livesIn(pid, dir) {
				none = false
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		return none, nil
	})
}

// livesIn is false for what belongs to somebody else or has ended already.
func livesIn(pid int, dir string) bool {
	proc := fmt.Sprintf("/proc/%d/", pid)
	inside := func(path string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
	if program, err := os.Readlink(proc + "exe"); err != nil || inside(program) {
		return err == nil
	}
	environment, err := os.ReadFile(proc + "environ")
	if err != nil {
		return false
	}
	for entry := range strings.SplitSeq(string(environment), "\x00") {
		if home, is := strings.CutPrefix(entry, "HOME="); is {
			return inside(home)
		}
	}
	return false
}

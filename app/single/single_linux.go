package single

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// acquire locks a file. The kernel lifts the lock with the process, so that a
// crash never leaves a stale one behind.
func acquire(name string) (func(), error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fileName(name, os.Getenv("DISPLAY")))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("single: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		f.Close()
		return nil, ErrRunning
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("single: lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

// folder is the log-on's own folder where there is one. Otherwise a folder in
// the temporary one that must belong to this user alone.
func folder() (string, error) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir, nil
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("beckmanconnect-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("single: %w", err)
	}
	var s unix.Stat_t
	if err := unix.Lstat(dir, &s); err != nil {
		return "", fmt.Errorf("single: %s: %w", dir, err)
	}
	if int(s.Uid) != os.Getuid() || s.Mode&unix.S_IFMT != unix.S_IFDIR || s.Mode&0o077 != 0 {
		return "", fmt.Errorf("single: %s belongs to somebody else; remove it", dir)
	}
	return dir, nil
}

// fileName keeps two displays of one user apart: each is a log-on of its own.
func fileName(name, display string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '.' {
			return r
		}
		return '_'
	}, display)
	return "beckmanconnect-" + name + "-" + clean + ".lock"
}

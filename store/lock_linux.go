package store

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock that one process at a time has on a data folder. The
// system gives it up when the process dies, however it dies.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := os.ReadFile(path)
		f.Close()
		return nil, &Error{Kind: KindLocked, Op: "open", Path: path, Err: errors.New("process " + strings.TrimSpace(string(holder)))}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	// The number is for people; the lock is what counts. On a full disk it
	// stays empty.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	return f, nil
}

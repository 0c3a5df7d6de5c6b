package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func isDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// createHidden makes a file without any name where the file system can: then
// nobody can put anything in its place.
func createHidden(root *os.Root, dir *os.File) (*os.File, string, error) {
	fd, err := unix.Openat(int(dir.Fd()), ".", unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		return os.NewFile(uintptr(fd), "received"), "", nil
	}
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EINVAL) {
		return nil, "", err
	}
	return createNamed(root, dir, rand.Text)
}

// reveal gives the file its name; what stands there makes it fail.
func reveal(root *os.Root, dir, file *os.File, part, name string) error {
	// By the handle: exactly the file that was verified, whatever its hidden
	// name may mean by now.
	err := unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", file.Fd()), int(dir.Fd()), name, unix.AT_SYMLINK_FOLLOW)
	if err == nil || part == "" || errors.Is(err, unix.EEXIST) {
		return err
	}
	// A file system without hard links.
	if err := unix.Renameat2(int(dir.Fd()), part, int(dir.Fd()), name, unix.RENAME_NOREPLACE); err != nil {
		return err
	}
	ours, err := file.Stat()
	if err != nil {
		return err
	}
	theirs, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, theirs) {
		return errors.New("something else took the file's place")
	}
	return nil
}

// publishMode lets others read, as they may read what the technician saves.
func publishMode(file *os.File) error { return file.Chmod(0o644) }

func syncDir(dir *os.File) error {
	err := dir.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil // a file system that keeps names by itself
	}
	return err
}

func discardHidden(root *os.Root, file *os.File, part string) {
	_ = file.Close()
	if part != "" && root != nil {
		_ = root.Remove(part)
	}
}

// mark: Linux has no mark for files from outside.
func mark(*os.File) error { return nil }

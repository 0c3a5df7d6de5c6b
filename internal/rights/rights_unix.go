//go:build unix

package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const (
	groupWrites  = 0o020
	othersWrite  = 0o002
	anybodyElses = groupWrites | othersWrite
)

func owned(path string, info fs.FileInfo) (*syscall.Stat_t, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, errors.New("whose file it is cannot be told")
	}
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s does not belong to an administrator", path)
	}
	return st, nil
}

func ours(path string, info fs.FileInfo) error {
	if _, err := owned(path, info); err != nil {
		return err
	}
	if info.Mode().Perm()&anybodyElses != 0 {
		return fmt.Errorf("%s can be written by others (mode %04o); take the right away", path, info.Mode().Perm())
	}
	return nil
}

// above: in a sticky folder, as /tmp is, others may add and not rename. The
// group of root, and an account's own group, are not others.
func above(path string, info fs.FileInfo) error {
	st, err := owned(path, info)
	if err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return err // a link has no rights of its own
	}
	mode := info.Mode()
	group := mode&groupWrites != 0 && st.Gid != 0 && (os.Geteuid() == 0 || int(st.Gid) != os.Getegid())
	if mode&fs.ModeSticky == 0 && (mode&othersWrite != 0 || group) {
		return fmt.Errorf("%s can be written by others (mode %04o); take the right away", path, mode.Perm())
	}
	return nil
}

// Protect makes a folder that programs start from: written by its owner alone,
// read by all. A folder that is there gets these rights too.
func Protect(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	return nil
}

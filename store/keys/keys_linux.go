package keys

import (
	"fmt"
	"os"
	"syscall"
)

func defaultWrapper(dir string) Wrapper { return File{Dir: dir, Credential: credentialPath()} }

// checkPrivate refuses a file or folder that others may read, write or own.
func checkPrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%w: %s belongs to another user; make it belong to the service's user (uid %d)", ErrRights, path, os.Geteuid())
	}
	if info.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("%w: %s is a symbolic link; put the file itself there", ErrRights, path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: %s is open to others (mode %04o); take the rights of group and others away", ErrRights, path, info.Mode().Perm())
	}
	return nil
}

// tighten takes away what others may read in a folder of ours. One that others
// could write is refused: what lies in it may be theirs (scenario 58).
func tighten(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if perm := info.Mode().Perm(); info.IsDir() && perm&0o022 == 0 && perm&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

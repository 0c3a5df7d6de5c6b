package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// adminOwned refuses a file that others than administrators and the service
// could have written: a profile decides what is hidden and what is warned of.
func adminOwned(path string) error {
	for _, p := range []string{path, filepath.Dir(path)} {
		info, err := os.Lstat(p)
		if err != nil {
			return err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.New("whose file it is cannot be told")
		}
		switch {
		case info.Mode()&os.ModeSymlink != 0:
			return fmt.Errorf("%s is a link", p)
		case st.Uid != 0 && int(st.Uid) != os.Geteuid():
			return fmt.Errorf("%s does not belong to an administrator", p)
		case info.Mode().Perm()&0o022 != 0:
			return fmt.Errorf("%s can be written by others (mode %04o); take the right away", p, info.Mode().Perm())
		}
	}
	return nil
}

package upgrade

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// noSpace is what the system says of a full disk.
var noSpace error = windows.ERROR_DISK_FULL

// noFollow: Windows lets only administrators make links, as the folder's list
// of accounts lets only them write here.
const noFollow = 0

// own is an error when the folder is none. Who may write to it, the installer
// has set on the installation's folder, which this one inherits from.
func own(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder; remove it", dir)
	}
	return nil
}

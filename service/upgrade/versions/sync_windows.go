package versions

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// SyncDir does nothing on Windows: NTFS journals renames, and a folder cannot
// be flushed by an account without the right to write its volume.
func SyncDir(string) error { return nil }

// patience is how long somebody else, a virus scanner as a rule, may hold what
// is to be renamed.
const (
	patience = 5 * time.Second
	pause    = 50 * time.Millisecond
)

// Rename is os.Rename that waits for others to let go of a file.
func Rename(from, to string) error {
	for began := time.Now(); ; time.Sleep(pause) {
		err := os.Rename(from, to)
		held := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !held || time.Since(began) > patience {
			return err
		}
	}
}

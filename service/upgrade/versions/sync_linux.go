package versions

import (
	"errors"
	"os"
)

// SyncDir puts a rename in this folder on disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Rename is os.Rename; on Windows it has more to do.
func Rename(from, to string) error { return os.Rename(from, to) }

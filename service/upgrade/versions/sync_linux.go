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

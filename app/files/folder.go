package files

import (
	"errors"
	"os"
	"path/filepath"
)

// DefaultFolder is where received files go until the technician chooses
// another one; "" where this log-on has no folder of its own.
func DefaultFolder() string {
	if dir := downloads(); dir != "" {
		return filepath.Join(dir, "BeckmanConnect")
	}
	return ""
}

// Folder is where received files go: into the one that was chosen, as long as
// files can be put there.
func Folder(chosen string) string {
	if chosen != "" && CheckFolder(chosen) == nil {
		return chosen
	}
	return DefaultFolder()
}

// CheckFolder says whether files can be put into a folder that was chosen.
func CheckFolder(folder string) error {
	if !filepath.IsAbs(folder) {
		return &Error{Op: "choose a folder", Kind: ErrDisk, Err: errors.New("it has no full path")}
	}
	i, err := os.Stat(folder)
	if err != nil {
		return diskError("choose a folder", err)
	}
	if !i.IsDir() {
		return &Error{Op: "choose a folder", Kind: ErrDisk, Err: errors.New("it is not a folder")}
	}
	return nil
}

package upgrade

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"beckmanconnect/service/upgrade/versions"
)

// made are what adopting and upgrades make in an installation's folder, and a
// package does not know of.
var made = []string{"current", "previous", "trial", "upgrade", "versions"}

// removedPrefix begins the names of programs that were in use when they were
// removed.
const removedPrefix = "removed-"

// Abandon is the undoing of Adopt, for a package that is removed: it removes
// every version and what was noted about them. The package's own files stay,
// and so does everything outside of the installation's folder. What a running
// program holds goes, where the system can do so, at its next start.
func Abandon(i versions.Install) error {
	unfinished, all := filepath.Glob(filepath.Join(i.Dir, "*.new"))
	for _, name := range made {
		unfinished = append(unfinished, filepath.Join(i.Dir, name))
	}
	for _, path := range unfinished {
		all = errors.Join(all, removeWhole(i.Dir, path))
	}
	aside, err := filepath.Glob(filepath.Join(i.Dir, removedPrefix+"*"))
	all = errors.Join(all, err)
	for _, path := range aside {
		_ = os.Remove(path) // what still runs goes at the next start, as it was told
	}
	if all != nil {
		return fmt.Errorf("upgrade: abandon %s: %w", i.Dir, all)
	}
	return nil
}

// removeWhole removes a folder of an installation with all that is in it, now or
// at the next start.
func removeWhole(dir, path string) error {
	err := os.RemoveAll(path)
	if err != nil {
		err = removeLater(dir, path)
	}
	return err
}

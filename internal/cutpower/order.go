//go:build linux && amd64

package cutpower

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// move has everything below one path lie below another.
func move(set map[string]bool, from, to string) {
	for p := range set {
		if below(from, p) {
			delete(set, p)
			set[to+strings.TrimPrefix(p, from)] = true
		}
	}
}

// Unsafe finds where a run relies on an order that a power cut does not keep:
// a disk may write the name of a file before its content, and one folder's
// names before another's. Each rename must find the content of what it moves
// on the disk already; a rename onto a name in commits must find everything
// that is below dir there too.
func Unsafe(calls []Call, dir string, commits ...string) []string {
	var faults []string
	content := map[string]bool{} // files with bytes that are not on the disk
	names := map[string]bool{}   // folders with names that are not
	forget := func(set map[string]bool, path string) {
		for p := range set {
			if below(path, p) {
				delete(set, p)
			}
		}
	}
	for _, c := range calls {
		switch c.Name {
		case "write", "pwrite", "writev", "pwritev", "sendfile", "copy_file_range", "splice", "fallocate", "ftruncate":
			content[c.Path] = true
		case "fsync", "fdatasync":
			delete(content, c.Path)
			delete(names, c.Path)
		case "open", "openat", "creat", "mkdir", "mkdirat":
			names[filepath.Dir(c.Path)] = true
		case "unlink", "unlinkat", "rmdir":
			forget(content, c.Path)
			forget(names, c.Path)
		case "rename", "renameat", "renameat2":
			for p := range content {
				if below(c.Path, p) {
					faults = append(faults, fmt.Sprintf("%s is renamed before the content of %s is on the disk", c.Path, p))
				}
			}
			if slices.Contains(commits, c.To) {
				for p := range names {
					if below(dir, p) && p != filepath.Dir(c.To) {
						faults = append(faults, fmt.Sprintf("%s is renamed to %s before the names in %s are on the disk", c.Path, c.To, p))
					}
				}
				for p := range content {
					if below(dir, p) {
						faults = append(faults, fmt.Sprintf("%s is renamed to %s before the content of %s is on the disk", c.Path, c.To, p))
					}
				}
			}
			forget(content, c.To)
			forget(names, c.To)
			move(content, c.Path, c.To)
			move(names, c.Path, c.To)
			names[filepath.Dir(c.To)] = true
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

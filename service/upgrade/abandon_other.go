//go:build !windows

package upgrade

import "os"

// removeLater: a running program holds nothing here, so what could not be
// removed cannot be removed.
func removeLater(_, path string) error { return os.RemoveAll(path) }

//go:build !windows

package codesign

import (
	"fmt"
	"os"
)

// File verifies the Authenticode signature of an open program.
func (g Gate) File(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("codesign: %w", err)
	}
	return g.Program(f, info.Size())
}

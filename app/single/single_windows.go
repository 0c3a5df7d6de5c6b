package single

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// acquire makes a named mutex in the log-on's own name space. Windows removes
// it with the last handle, at the latest with the process.
func acquire(name string) (func(), error) {
	wide, err := windows.UTF16PtrFromString(`Local\BeckmanConnect-` + name)
	if err != nil {
		return nil, fmt.Errorf("single: %w", err)
	}
	handle, err := windows.CreateMutex(nil, false, wide)
	switch {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		windows.CloseHandle(handle)
		return nil, ErrRunning
	case err != nil:
		return nil, fmt.Errorf("single: %w", err)
	}
	return func() { windows.CloseHandle(handle) }, nil
}

package upgrade

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// openProgram opens a plain file that is under this one name only. While the
// handle is open nobody can write, rename or delete the file, nor rename the
// folders it is in: what is started by its name is this file.
func openProgram(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(handle), path)
	var about windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &about); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	const special = windows.FILE_ATTRIBUTE_REPARSE_POINT | windows.FILE_ATTRIBUTE_DIRECTORY
	if about.FileAttributes&special != 0 || about.NumberOfLinks != 1 {
		f.Close()
		return nil, fmt.Errorf("%s is not a plain file of its own", path)
	}
	return f, nil
}

// execution runs an open file by its whole name, which the handle holds fast.
// Libraries are looked for in the version's folder, which holds none, and in the
// system's: there is no PATH, and the working folder is the system's.
func execution(ctx context.Context, f *os.File, _, word string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, f.Name(), word)
	if dir, err := windows.GetSystemDirectory(); err == nil {
		cmd.Dir = dir
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
	return cmd
}

package launch

import (
	"fmt"
	"os/exec"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// job ends its processes with its last handle, which is ours.
var job = sync.OnceValues(func() (windows.Handle, error) {
	handle, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("launch: job: %w", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(handle, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return 0, fmt.Errorf("launch: job: %w", err)
	}
	return handle, nil
})

// prepare ties a helper to a job that dies with this program, besides the end
// of its standard input.
func prepare(cmd *exec.Cmd, tied bool) (tie func() error, err error) {
	if !tied {
		return func() error { return nil }, nil
	}
	handle, err := job()
	if err != nil {
		return nil, err
	}
	return func() error {
		process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid))
		if err != nil {
			return err
		}
		defer windows.CloseHandle(process)
		return windows.AssignProcessToJobObject(handle, process)
	}, nil
}

package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/yusufpapurcu/wmi"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"beckmanconnect/service/notify/steady"
)

func systemRoot() string {
	if drive := os.Getenv("SystemDrive"); drive != "" {
		return drive + `\`
	}
	return `C:\`
}

// volumeID is the volume a path lies on; a folder can be one's mount point.
func volumeID(path string) (string, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	var mount [windows.MAX_PATH + 1]uint16
	if err := windows.GetVolumePathName(name, &mount[0], uint32(len(mount))); err != nil {
		return strings.ToUpper(filepath.VolumeName(path)), nil
	}
	return strings.ToUpper(windows.UTF16ToString(mount[:])), nil
}

// restartPending looks where Windows' own servicing and its updates leave their
// mark. Files that wait to be renamed are no sign: many programs leave some.
func restartPending() (bool, error) {
	for _, path := range []string{
		`SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending`,
		`SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired`,
	} {
		key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
		if err == nil {
			key.Close()
			return true, nil
		}
		if !errors.Is(err, registry.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// diskHealth asks for what Windows tells everybody of its disks.
func diskHealth(context.Context) ([]diskState, error) {
	var disks []struct{ DeviceID, Status string }
	if err := wmi.Query("SELECT DeviceID, Status FROM Win32_DiskDrive", &disks); err != nil {
		return nil, err
	}
	var all []diskState
	for _, d := range disks {
		all = append(all, diskState{strings.TrimPrefix(d.DeviceID, `\\.\`), failing(d.Status)})
	}
	return all, nil
}

func failing(status string) bool {
	switch status {
	case "Pred Fail", "Error", "NonRecover", "Degraded":
		return true
	}
	return false
}

// programsRunning goes by the file names of the programs that run.
func programsRunning(_ context.Context, names []string) (map[string]bool, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(snapshot)
	runs := map[string]bool{}
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		file := windows.UTF16ToString(entry.ExeFile[:])
		for _, n := range names {
			if strings.EqualFold(file, n) {
				runs[n] = true
			}
		}
	}
	if !errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return nil, err
	}
	return runs, nil
}

// serviceStates asks the service control manager with no more rights than to
// connect and to query.
func serviceStates(_ context.Context, names []string) (map[string]steady.Level, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return nil, fmt.Errorf("service control manager: %w", err)
	}
	defer windows.CloseServiceHandle(manager)
	states := map[string]steady.Level{}
	for _, name := range names {
		level, err := serviceState(manager, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		states[name] = level
	}
	return states, nil
}

func serviceState(manager windows.Handle, name string) (steady.Level, error) {
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return steady.Unknown, err
	}
	service, err := windows.OpenService(manager, wide, windows.SERVICE_QUERY_STATUS)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return steady.Bad, nil
	}
	if err != nil {
		return steady.Unknown, err
	}
	defer windows.CloseServiceHandle(service)
	var status windows.SERVICE_STATUS
	if err := windows.QueryServiceStatus(service, &status); err != nil {
		return steady.Unknown, err
	}
	switch status.CurrentState {
	case windows.SERVICE_RUNNING:
		return steady.Good, nil
	case windows.SERVICE_START_PENDING, windows.SERVICE_CONTINUE_PENDING:
		return steady.Between, nil
	}
	return steady.Bad, nil
}

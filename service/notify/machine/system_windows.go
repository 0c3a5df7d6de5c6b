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

// diskHealth asks for what Windows itself met on its disks, which it tells
// everybody.
func diskHealth(context.Context) ([]diskState, error) {
	disks, err := win32Disks()
	if err != nil {
		return nil, err
	}
	var all []diskState
	for _, d := range disks {
		all = append(all, diskState{strings.TrimPrefix(d.DeviceID, `\\.\`), failing(d.Status)})
	}
	return all, nil
}

type win32Disk struct{ DeviceID, Model, SerialNumber, Status string }

// wmiClient: what a disk does not have is empty.
func wmiClient() *wmi.Client { return &wmi.Client{NonePtrZero: true} }

func win32Disks() (disks []win32Disk, err error) {
	err = wmiClient().Query("SELECT DeviceID, Model, SerialNumber, Status FROM Win32_DiskDrive", &disks)
	return disks, err
}

func failing(status string) bool {
	switch status {
	case "Error", "NonRecover", "Degraded":
		return true
	}
	return false
}

// expectsToFail is how Windows passes on what a disk says of itself.
const expectsToFail = "Pred Fail"

// physicalDisk is MSFT_PhysicalDisk, as far as it is asked.
type physicalDisk struct {
	FriendlyName, SerialNumber, DeviceId string
	HealthStatus                         uint16
}

// smart asks the storage service what it made of the disks' own judgement, NVMe
// included; every account may. Where there is no such service, before Windows 8,
// only disks that expect to fail can be told.
func smart(context.Context) ([]driveState, error) {
	var disks []physicalDisk
	err := wmiClient().Query("SELECT FriendlyName, SerialNumber, DeviceId, HealthStatus FROM MSFT_PhysicalDisk", &disks, nil, `root\Microsoft\Windows\Storage`)
	if err == nil && len(disks) > 0 {
		return physicalStates(disks), nil
	}
	older, err := win32Disks()
	if err != nil {
		return nil, err
	}
	var all []driveState
	for _, d := range older {
		state := driveState{name: driveName(d.Model, d.SerialNumber), level: steady.Unknown, why: "it says nothing"}
		if d.Status == expectsToFail {
			state.level = steady.Bad
		}
		all = append(all, state)
	}
	return all, nil
}

func physicalStates(disks []physicalDisk) (all []driveState) {
	for _, d := range disks {
		state := driveState{name: driveName(d.FriendlyName, d.SerialNumber)}
		if state.name == "" {
			state.name = "PHYSICALDRIVE" + d.DeviceId
		}
		switch d.HealthStatus { // of MSFT_PhysicalDisk
		case 0: // healthy
			state.level = steady.Good
		case 1, 2: // warning, unhealthy
			state.level = steady.Bad
		default:
			state.why = "it says nothing"
		}
		all = append(all, state)
	}
	return all
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

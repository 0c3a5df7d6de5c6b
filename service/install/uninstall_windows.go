package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/winservice"
	"beckmanconnect/service/upgrade"
	"beckmanconnect/service/upgrade/versions"
)

// Uninstall takes away what Install made and upgrades brought: services, event
// sources, what starts the tray, the versions. It ends the product's programs.
// The log, the keys and the configuration stay unless they are asked for. It goes
// through where only half of it is there, and twice.
func Uninstall(ctx context.Context, r Removal) error {
	if err := (system{}).mayInstall(); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	l, err := layoutOf(r.Config)
	if err == nil {
		err = l.dedicated()
	}
	if err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	var errs []error
	try := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	try(removeRun())
	try(removeLink())
	try(removeTask(ctx))
	all := services()
	for i := range all { // in the opposite order of their start
		s := all[len(all)-1-i]
		try(halt(ctx, s.Name))
		try(winservice.Remove(s.Name))
		try(eventlog.Remove(s.Name))
	}
	try(endPrograms(l.Config.Install))
	try(upgrade.Abandon(versions.Install{Dir: l.Config.Install}))
	if r.Data {
		for _, dir := range []string{l.Config.Data, l.Root} {
			try(removeAll(dir))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("uninstall: %w", err)
	}
	return nil
}

// endPrograms ends trays, windows and helpers that run out of the installation:
// not this process, nor the launcher that started it.
func endPrograms(dir string) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return os.NewSyscallError("CreateToolhelp32Snapshot", err)
	}
	defer windows.CloseHandle(snapshot)
	spared := map[uint32]bool{uint32(os.Getpid()): true, uint32(os.Getppid()): true}
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		if !spared[entry.ProcessID] && entry.ProcessID != 0 {
			endProgram(entry.ProcessID, dir)
		}
	}
	return nil
}

// endProgram ends a process whose program lies in dir. One that may not be
// looked at is none of ours.
func endProgram(pid uint32, dir string) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.PROCESS_TERMINATE|windows.SYNCHRONIZE, false, pid)
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	name := make([]uint16, windows.MAX_LONG_PATH)
	size := uint32(len(name))
	if windows.QueryFullProcessImageName(h, 0, &name[0], &size) != nil {
		return
	}
	if path := windows.UTF16ToString(name[:size]); !strings.HasPrefix(strings.ToLower(path), strings.ToLower(dir)+`\`) {
		return
	}
	if windows.TerminateProcess(h, 1) == nil {
		_, _ = windows.WaitForSingleObject(h, 5000) // its files are free then
	}
}

// removeAll removes a folder with all that is in it. Where the system lacks the
// call by which that is done without following what is swapped meanwhile, it
// goes by names.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
		err = eachFromBelow(dir, os.Remove)
	}
	return err
}

// eachFromBelow calls do with what is in a folder, then with the folder. Links
// are not followed. It goes on after an error and returns the first.
func eachFromBelow(dir string, do func(path string) error) error {
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			all = append(all, path)
		}
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for i := len(all) - 1; i >= 0; i-- {
		if e := do(all[i]); err == nil {
			err = e
		}
	}
	return err
}

// layoutOf is where the product lies by its configuration; where there is none,
// or it is damaged, where packages put it.
func layoutOf(path string) (Layout, error) {
	if path == "" {
		path = hostconfig.DefaultPath()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Layout{}, err
	}
	config, err := hostconfig.Load(path)
	if err != nil {
		if config, err = hostconfig.Parse(path, ""); err != nil {
			return Layout{}, err
		}
	}
	return Layout{Config: config, Root: filepath.Dir(path)}, nil
}

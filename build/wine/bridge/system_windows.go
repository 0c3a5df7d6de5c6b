package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
	"unsafe"

	winio "github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

var (
	user32           = windows.NewLazySystemDLL("user32.dll")
	procFindWindow   = user32.NewProc("FindWindowW")
	procFindWindowEx = user32.NewProc("FindWindowExW")
	procSendMessage  = user32.NewProc("SendMessageW")
	procWindowText   = user32.NewProc("GetWindowTextW")
)

func open(name string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return winio.DialPipeContext(ctx, name)
}

// watch opens and closes a pipe once for each process that serves it: Wine
// connects the first client to the placeholder by which go-winio holds the name,
// where nobody answers. Windows does not.
func watch(name string) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return
	}
	for {
		if h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0); err == nil {
			var pid uint32
			err := windows.GetNamedPipeServerProcessId(h, &pid)
			windows.CloseHandle(h)
			if err == nil {
				waitFor(pid)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func waitFor(pid uint32) {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, pid)
	if err != nil {
		return
	}
	defer windows.CloseHandle(h)
	_, _ = windows.WaitForSingleObject(h, windows.INFINITE)
}

// editText is what the edit field of a window holds.
func editText(title string) (string, error) {
	const getText, getTextLength = 0x0D, 0x0E
	name, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return "", err
	}
	w, _, _ := procFindWindow.Call(0, uintptr(unsafe.Pointer(name)))
	if w == 0 {
		return "", fmt.Errorf("no window has the title %q", title)
	}
	class, err := windows.UTF16PtrFromString("Edit")
	if err != nil {
		return "", err
	}
	edit, _, _ := procFindWindowEx.Call(w, 0, uintptr(unsafe.Pointer(class)), 0)
	if edit == 0 {
		return "", fmt.Errorf("the window %q has no edit field", title)
	}
	n, _, _ := procSendMessage.Call(edit, getTextLength, 0, 0)
	text := make([]uint16, n+1)
	_, _, _ = procSendMessage.Call(edit, getText, uintptr(len(text)), uintptr(unsafe.Pointer(&text[0])))
	return windows.UTF16ToString(text), nil
}

func foreground() string {
	title := make([]uint16, 256)
	_, _, _ = procWindowText.Call(uintptr(windows.GetForegroundWindow()), uintptr(unsafe.Pointer(&title[0])), uintptr(len(title)))
	return windows.UTF16ToString(title)
}

// process is one that runs.
type process struct {
	pid  uint32
	path string
}

// running are the processes whose program file has this name.
func running(name string) ([]process, error) {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	defer windows.CloseHandle(snapshot)
	var all []process
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err := windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		if !strings.EqualFold(windows.UTF16ToString(entry.ExeFile[:]), name) {
			continue
		}
		if path, err := imageOf(entry.ProcessID); err == nil {
			all = append(all, process{entry.ProcessID, path})
		}
	}
	return all, nil
}

func imageOf(pid uint32) (string, error) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(h)
	path := make([]uint16, 1<<10)
	n := uint32(len(path))
	if err := windows.QueryFullProcessImageName(h, 0, &path[0], &n); err != nil {
		return "", err
	}
	return windows.UTF16ToString(path[:n]), nil
}

// end ends what runs from a program file, as a fault would.
func end(path string) error {
	all, err := running(path[strings.LastIndexByte(path, '\\')+1:])
	if err != nil {
		return err
	}
	ended := 0
	for _, p := range all {
		if !strings.EqualFold(p.path, path) {
			continue
		}
		h, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, p.pid)
		if err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		err = windows.TerminateProcess(h, 0xC0000005) // as an access violation ends one
		windows.CloseHandle(h)
		if err != nil {
			return fmt.Errorf("end %s: %w", path, err)
		}
		ended++
	}
	if ended == 0 {
		return fmt.Errorf("%s does not run", path)
	}
	return nil
}

package owndesk

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	user32 = windows.NewLazySystemDLL("user32.dll")

	procCreateDesktop     = user32.NewProc("CreateDesktopW")
	procOpenDesktop       = user32.NewProc("OpenDesktopW")
	procOpenInputDesktop  = user32.NewProc("OpenInputDesktop")
	procSwitchDesktop     = user32.NewProc("SwitchDesktop")
	procCloseDesktop      = user32.NewProc("CloseDesktop")
	procGetThreadDesktop  = user32.NewProc("GetThreadDesktop")
	procGetWindowStation  = user32.NewProc("GetProcessWindowStation")
	procGetUserObject     = user32.NewProc("GetUserObjectInformationW")
	procEnumDesktopWindow = user32.NewProc("EnumDesktopWindows")
	procIsWindowVisible   = user32.NewProc("IsWindowVisible")
)

// Rights to a desktop (winuser.h).
const (
	readObjects   = 0x1
	createWindow  = 0x2
	createMenu    = 0x4
	hookControl   = 0x8
	enumerate     = 0x40
	writeObjects  = 0x80
	switchDesktop = 0x100
)

// sharedName is the desktop that all programs of a log-on share.
const sharedName = "Default"

// Native is Windows' own desktops.
func Native() System { return win32{} }

type win32 struct{}

// nameOf is the name of a desktop or window station.
func nameOf(object uintptr) (string, error) {
	const objectName = 2
	var name [256]uint16
	var needed uint32
	if ok, _, err := procGetUserObject.Call(object, objectName, uintptr(unsafe.Pointer(&name[0])), unsafe.Sizeof(name), uintptr(unsafe.Pointer(&needed))); ok == 0 {
		return "", fmt.Errorf("own desktop: name: %w", err)
	}
	return windows.UTF16ToString(name[:]), nil
}

// input is the desktop that shows and takes the input; close it. Windows'
// protected ones cannot be opened.
func input(rights uintptr) (desktop uintptr, name string, err error) {
	desktop, _, err = procOpenInputDesktop.Call(0, 0, readObjects|rights)
	if desktop == 0 {
		return 0, "", fmt.Errorf("own desktop: the one that shows: %w", err)
	}
	if name, err = nameOf(desktop); err != nil {
		_, _, _ = procCloseDesktop.Call(desktop)
		return 0, "", err
	}
	return desktop, name, nil
}

// InputName is the name of the desktop that shows; an error where it is one of
// the system's protected ones.
func InputName() (string, error) {
	d, name, err := input(0)
	if err == nil {
		_, _, _ = procCloseDesktop.Call(d)
	}
	return name, err
}

// ThreadName is the name of the desktop that the calling thread is on.
func ThreadName() (string, error) {
	d, _, err := procGetThreadDesktop.Call(uintptr(windows.GetCurrentThreadId()))
	if d == 0 {
		return "", fmt.Errorf("own desktop: the one of this program: %w", err)
	}
	return nameOf(d)
}

// BackToShared shows the shared desktop if one of ours shows.
func BackToShared() error {
	if name, err := InputName(); err == nil && !IsOurs(name) {
		return nil
	}
	name, err := windows.UTF16PtrFromString(sharedName)
	if err != nil {
		return err
	}
	d, _, err := procOpenDesktop.Call(uintptr(unsafe.Pointer(name)), 0, 0, switchDesktop)
	if d == 0 {
		return fmt.Errorf("own desktop: back: %w", err)
	}
	defer procCloseDesktop.Call(d)
	return show(d)
}

func show(desktop uintptr) error {
	if ok, _, err := procSwitchDesktop.Call(desktop); ok == 0 {
		return fmt.Errorf("own desktop: switch: %w", err)
	}
	return nil
}

// place is one desktop with its program.
type place struct {
	name    string
	desktop uintptr
	process windows.Handle
	in      *os.File // its end ends the program
	said    *bufio.Scanner
	out     *os.File
	ended   chan struct{}
}

// Open implements System.
func (win32) Open(args []string) (Place, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	p := &place{name: prefix + hex.EncodeToString(id[:]), ended: make(chan struct{})}
	name, err := windows.UTF16PtrFromString(p.name)
	if err != nil {
		return nil, err
	}
	const rights = readObjects | createWindow | createMenu | hookControl | enumerate | writeObjects | switchDesktop
	if p.desktop, _, err = procCreateDesktop.Call(uintptr(unsafe.Pointer(name)), 0, 0, 0, rights, 0); p.desktop == 0 {
		return nil, fmt.Errorf("own desktop: create: %w", err)
	}
	if err := p.start(args); err != nil {
		_, _, _ = procCloseDesktop.Call(p.desktop)
		return nil, err
	}
	return p, nil
}

// start starts this program once more, on the place's desktop.
func (p *place) start(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("own desktop: %w", err)
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("own desktop: %w", err)
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return fmt.Errorf("own desktop: %w", err)
	}
	defer theirOut.Close()
	if err := p.create(self, args, windows.Handle(theirIn.Fd()), windows.Handle(theirOut.Fd())); err != nil {
		_, _ = in.Close(), out.Close()
		return err
	}
	p.in, p.out = in, out
	p.said = bufio.NewScanner(out)
	p.said.Buffer(make([]byte, 0, maxLine), maxLine)
	go func() {
		_, _ = windows.WaitForSingleObject(p.process, windows.INFINITE)
		close(p.ended)
	}()
	return nil
}

func (p *place) create(self string, args []string, in, out windows.Handle) error {
	station, _, err := procGetWindowStation.Call()
	if station == 0 {
		return fmt.Errorf("own desktop: window station: %w", err)
	}
	name, err := nameOf(station)
	if err != nil {
		return err
	}
	desktop, err := windows.UTF16PtrFromString(name + `\` + p.name)
	if err != nil {
		return err
	}
	image, err := windows.UTF16PtrFromString(self)
	if err != nil {
		return err
	}
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(append([]string{self}, args...)))
	if err != nil {
		return err
	}
	handles := []windows.Handle{in, out}
	for _, h := range handles {
		if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
			return fmt.Errorf("own desktop: pass a handle on: %w", err)
		}
	}
	list, err := windows.NewProcThreadAttributeList(1)
	if err != nil {
		return fmt.Errorf("own desktop: %w", err)
	}
	defer list.Delete()
	// Only these two are passed on, whatever else can be.
	if err := list.Update(windows.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, unsafe.Pointer(&handles[0]), uintptr(len(handles))*unsafe.Sizeof(handles[0])); err != nil {
		return fmt.Errorf("own desktop: %w", err)
	}
	start := windows.StartupInfoEx{ProcThreadAttributeList: list.List()}
	start.Cb = uint32(unsafe.Sizeof(start))
	start.Desktop, start.Flags = desktop, windows.STARTF_USESTDHANDLES
	start.StdInput, start.StdOutput = in, out
	var made windows.ProcessInformation
	const flags = windows.CREATE_UNICODE_ENVIRONMENT | windows.EXTENDED_STARTUPINFO_PRESENT
	if err := windows.CreateProcess(image, line, nil, nil, true, flags, nil, nil, &start.StartupInfo, &made); err != nil {
		return fmt.Errorf("own desktop: start the program there: %w", err)
	}
	_ = windows.CloseHandle(made.Thread)
	p.process = made.Process
	return nil
}

// Switch implements Place.
func (p *place) Switch() error { return show(p.desktop) }

// Back implements Place.
func (p *place) Back() error { return BackToShared() }

// Facing implements Place.
func (p *place) Facing() Facing {
	switch name, err := InputName(); {
	case err != nil:
		return Protected
	case name == p.name:
		return Own
	case name == sharedName || IsOurs(name): // an older one of ours is on its way back
		return Shared
	}
	return Protected
}

// Said implements Place. One goroutine reads.
func (p *place) Said() (string, bool) {
	if p.said.Scan() {
		return p.said.Text(), true
	}
	return "", false
}

// endTime is how long the program may take to end by itself.
const endTime = 3 * time.Second

// Close implements Place.
func (p *place) Close() {
	_ = p.in.Close()
	select {
	case <-p.ended:
	case <-time.After(endTime):
		_ = windows.TerminateProcess(p.process, 1)
		<-p.ended
	}
	_ = p.out.Close()
	_ = windows.CloseHandle(p.process)
	_, _, _ = procCloseDesktop.Call(p.desktop)
}

// counting is called by Windows for each window of a desktop.
var counting = windows.NewCallback(func(window uintptr, found *bool) uintptr {
	shown, _, _ := procIsWindowVisible.Call(window)
	*found = *found || shown != 0
	return 1
})

// LookInput says whether one of our desktops shows, and whether a window is on
// it. For Rescue.
func LookInput() (shows, window bool) {
	d, name, err := input(enumerate)
	if err != nil {
		return false, false
	}
	defer procCloseDesktop.Call(d)
	if !IsOurs(name) {
		return false, false
	}
	if ok, _, _ := procEnumDesktopWindow.Call(d, counting, uintptr(unsafe.Pointer(&window))); ok == 0 {
		return true, true // it cannot be told: somebody may be answering
	}
	return true, window
}

// KeepInput keeps this program's standard input from every library that is
// loaded later. Their start asks what kind of file it is, and Windows lets that
// wait for as long as somebody reads from a pipe: the program would stand still
// before it shows anything.
func KeepInput() error { return windows.SetStdHandle(windows.STD_INPUT_HANDLE, 0) }

package owndesk

import (
	"bufio"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

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

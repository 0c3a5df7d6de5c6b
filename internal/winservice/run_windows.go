package winservice

import (
	"fmt"
	"log/slog"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Config is one service for Run.
type Config struct {
	Name  string                  // as the service is installed
	Start func() (Program, error) // see Frame
	Log   *slog.Logger
}

// Run answers the service manager until the service ended. It is for a process
// that the manager started, and for once in its life.
//
// The control handler is our own and not package svc's: what Windows hands over
// with a change of session is valid only inside of it, and there is read.
func Run(c Config) error {
	m := &manager{config: c, requests: make(chan Request, 16), over: make(chan struct{})}
	name, err := windows.UTF16PtrFromString(c.Name)
	if err != nil {
		return err
	}
	table := []windows.SERVICE_TABLE_ENTRY{
		{ServiceName: name, ServiceProc: windows.NewCallback(func(_ uintptr, _ uintptr) uintptr { m.main(name); return 0 })}, {},
	}
	if err := windows.StartServiceCtrlDispatcher(&table[0]); err != nil {
		return fmt.Errorf("%s is for the service manager to start: %w", ManagedFlag, os.NewSyscallError("StartServiceCtrlDispatcher", err))
	}
	return m.err
}

type manager struct {
	config   Config
	requests chan Request
	over     chan struct{} // closed when no request is taken any more
	handle   windows.Handle
	err      error
}

// main is the service's, on a thread that the manager's library made.
func (m *manager) main(name *uint16) {
	handle, err := windows.RegisterServiceCtrlHandlerEx(name, windows.NewCallback(m.control), 0)
	if err != nil {
		m.err = os.NewSyscallError("RegisterServiceCtrlHandlerEx", err)
		return
	}
	m.handle = handle
	frame := Frame{Start: m.config.Start, Report: m.report, Log: m.config.Log}
	m.err = frame.Run(m.requests)
}

// control is called by the manager's library, for one order at a time.
func (m *manager) control(order, event uint32, data *windows.WTSSESSION_NOTIFICATION, _ uintptr) uintptr {
	var q Request
	switch order {
	case windows.SERVICE_CONTROL_STOP:
		q.Order = OrderStop
	case windows.SERVICE_CONTROL_SHUTDOWN, windows.SERVICE_CONTROL_PRESHUTDOWN:
		q.Order = OrderShutdown
	case windows.SERVICE_CONTROL_SESSIONCHANGE:
		if data == nil || data.Size < uint32(unsafe.Sizeof(*data)) {
			return windows.NO_ERROR
		}
		q = Request{Order: OrderSession, Session: Session{Event: SessionEvent(event), ID: data.SessionID}}
	case windows.SERVICE_CONTROL_INTERROGATE:
		q.Order = OrderInterrogate
	default:
		return uintptr(windows.ERROR_CALL_NOT_IMPLEMENTED)
	}
	select {
	case m.requests <- q:
	case <-m.over:
	}
	return windows.NO_ERROR
}

func (m *manager) report(s Status) error {
	status := windows.SERVICE_STATUS{ServiceType: windows.SERVICE_WIN32_OWN_PROCESS, CheckPoint: s.Checkpoint, WaitHint: uint32(s.WaitHint.Milliseconds())}
	switch s.State {
	case StateStarting:
		status.CurrentState = windows.SERVICE_START_PENDING
	case StateRunning:
		status.CurrentState = windows.SERVICE_RUNNING
		status.ControlsAccepted = windows.SERVICE_ACCEPT_STOP | windows.SERVICE_ACCEPT_SHUTDOWN | windows.SERVICE_ACCEPT_PRESHUTDOWN | windows.SERVICE_ACCEPT_SESSIONCHANGE
	case StateStopping:
		status.CurrentState = windows.SERVICE_STOP_PENDING
	case StateStopped:
		status.CurrentState = windows.SERVICE_STOPPED
		if s.Exit != 0 {
			status.Win32ExitCode, status.ServiceSpecificExitCode = uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR), s.Exit
		}
		close(m.over)
	}
	return os.NewSyscallError("SetServiceStatus", windows.SetServiceStatus(m.handle, &status))
}

package winservice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// Make makes a service, or sets one that is there right. What it returns beside
// the error are parts that this system does not know; everything else failed or
// is as it is to be.
func Make(s Spec, command string) (unknown []Part, err error) {
	unknown, err = makeService(s, command)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", s.Name, err)
	}
	return unknown, nil
}

func makeService(s Spec, command string) ([]Part, error) {
	m, err := mgr.Connect()
	if err != nil {
		return nil, fmt.Errorf("ask the service manager: %w", err)
	}
	defer m.Disconnect()
	handle, err := created(m, s, command)
	if err != nil {
		return nil, err
	}
	defer windows.CloseServiceHandle(handle)
	service := &mgr.Service{Name: s.Name, Handle: handle}
	var unknown []Part
	for _, p := range []struct {
		part Part
		set  func() error
	}{
		{"description", func() error { return describe(handle, s.Description) }},
		{PartSID, func() error {
			return setLevel(handle, windows.SERVICE_CONFIG_SERVICE_SID_INFO, &sidInfo{sidUnrestricted})
		}},
		{PartPrivileges, func() error { return setPrivileges(handle, s.Privileges) }},
		{PartRecovery, func() error { return service.SetRecoveryActions(recoveryActions(), uint32(RecoveryReset.Seconds())) }},
		{PartFailures, func() error { return service.SetRecoveryActionsOnNonCrashFailures(true) }},
		{PartShutdown, func() error {
			return setLevel(handle, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, &preShutdown{uint32(PreShutdownWithin.Milliseconds())})
		}},
		{PartSecurity, func() error { return secure(handle) }},
		// Last, and on its own: some systems refuse it together with the rest.
		{PartDelayed, func() error {
			return setLevel(handle, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &windows.SERVICE_DELAYED_AUTO_START_INFO{IsDelayedAutoStartUp: 1})
		}},
	} {
		err := p.set()
		switch {
		case err == nil:
		case notKnown(err) || p.part == PartDelayed:
			unknown = append(unknown, p.part)
		default:
			return nil, fmt.Errorf("%s: %w", p.part, err)
		}
	}
	return unknown, nil
}

// notKnown tells whether the system does not know of a setting, as opposed to
// refusing it.
func notKnown(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_LEVEL) || errors.Is(err, windows.ERROR_CALL_NOT_IMPLEMENTED) || errors.Is(err, windows.ERROR_NOT_SUPPORTED)
}

// created opens a service with its command line, account and start, and makes it
// where there is none.
func created(m *mgr.Mgr, s Spec, command string) (windows.Handle, error) {
	texts := [4]*uint16{}
	for i, text := range []string{s.Name, s.Display, command, s.Account} {
		p, err := windows.UTF16PtrFromString(text)
		if err != nil {
			return 0, err
		}
		texts[i] = p
	}
	name, display, line, account := texts[0], texts[1], texts[2], texts[3]
	handle, err := windows.OpenService(m.Handle, name, windows.SERVICE_ALL_ACCESS)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		handle, err = windows.CreateService(m.Handle, name, display, windows.SERVICE_ALL_ACCESS, windows.SERVICE_WIN32_OWN_PROCESS,
			windows.SERVICE_AUTO_START, windows.SERVICE_ERROR_NORMAL, line, nil, nil, nil, account, nil)
		if err != nil {
			return 0, fmt.Errorf("make: %w", err)
		}
		return handle, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open: %w", err)
	}
	err = windows.ChangeServiceConfig(handle, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_AUTO_START, windows.SERVICE_ERROR_NORMAL,
		line, nil, nil, nil, account, nil, display)
	if err != nil {
		windows.CloseServiceHandle(handle)
		return 0, fmt.Errorf("set right: %w", err)
	}
	return handle, nil
}

type (
	sidInfo      struct{ kind uint32 }
	preShutdown  struct{ milliseconds uint32 }
	privileges   struct{ list *uint16 }
	descriptions struct{ text *uint16 }
)

func setLevel[T any](h windows.Handle, level uint32, info *T) error {
	return windows.ChangeServiceConfig2(h, level, (*byte)(unsafe.Pointer(info)))
}

func describe(h windows.Handle, text string) error {
	p, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return err
	}
	return setLevel(h, windows.SERVICE_CONFIG_DESCRIPTION, &descriptions{p})
}

func setPrivileges(h windows.Handle, names []string) error {
	var block []uint16
	for _, n := range names {
		text, err := windows.UTF16FromString(n)
		if err != nil {
			return err
		}
		block = append(block, text...)
	}
	block = append(block, 0)
	return setLevel(h, windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges{&block[0]})
}

func recoveryActions() []mgr.RecoveryAction {
	var all []mgr.RecoveryAction
	for _, d := range Recovery() {
		all = append(all, mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: d})
	}
	return all
}

func secure(h windows.Handle) error {
	sd, err := windows.SecurityDescriptorFromString(Security)
	if err != nil {
		return err
	}
	acl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetSecurityInfo(h, windows.SE_SERVICE, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil)
}

// Start starts a service and returns once it runs.
func Start(ctx context.Context, name string) error {
	return with(name, windows.SERVICE_START|windows.SERVICE_QUERY_STATUS, func(s *mgr.Service) error {
		if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return fmt.Errorf("start: %w", err)
		}
		return until(ctx, s, svc.Running)
	})
}

// Halt stops a service and returns once it has stopped. It is no error when
// there is none, or it does not run.
func Halt(ctx context.Context, name string) error {
	err := with(name, windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS, func(s *mgr.Service) error {
		_, err := s.Control(svc.Stop)
		switch {
		case errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE):
			return nil
		case err != nil && !errors.Is(err, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL):
			return fmt.Errorf("stop: %w", err)
		}
		return until(ctx, s, svc.Stopped)
	})
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return nil
	}
	return err
}

// Remove takes a service away, running or not; the manager forgets one that
// still runs once it ended. It is no error when there is none.
func Remove(name string) error {
	err := with(name, windows.DELETE, func(s *mgr.Service) error { return s.Delete() })
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) || errors.Is(err, windows.ERROR_SERVICE_MARKED_FOR_DELETE) {
		return nil
	}
	return err
}

func with(name string, access uint32, do func(*mgr.Service) error) error {
	fail := func(err error) error { return fmt.Errorf("service %s: %w", name, err) }
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return fail(err)
	}
	// Not mgr.Connect: whoever looks needs no administrator's rights.
	m, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return fail(err)
	}
	defer windows.CloseServiceHandle(m)
	handle, err := windows.OpenService(m, text, access)
	if err != nil {
		return fail(err)
	}
	defer windows.CloseServiceHandle(handle)
	if err := do(&mgr.Service{Name: name, Handle: handle}); err != nil {
		return fail(err)
	}
	return nil
}

// look is the pause between two looks at a state.
const look = 200 * time.Millisecond

func until(ctx context.Context, s *mgr.Service, want svc.State) error {
	for {
		status, err := s.Query()
		switch {
		case err != nil:
			return err
		case status.State == want:
			return nil
		case want == svc.Running && status.State == svc.Stopped:
			return fmt.Errorf("it ended at once (code %d, %d); the event log says why", status.Win32ExitCode, status.ServiceSpecificExitCode)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it did not come to rest in time: %w", os.ErrDeadlineExceeded)
		case <-time.After(look):
		}
	}
}

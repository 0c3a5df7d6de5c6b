package winservice

import (
	"errors"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"beckmanconnect/internal/rights"
)

// Look returns how the manager has a service; false where there is none.
func Look(name string) (got Installed, there bool, err error) {
	const access = windows.SERVICE_QUERY_CONFIG | windows.SERVICE_QUERY_STATUS | windows.READ_CONTROL
	err = with(name, access, func(s *mgr.Service) error {
		got, err = installed(s)
		return err
	})
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return Installed{}, false, nil
	}
	return got, err == nil, err
}

func installed(s *mgr.Service) (Installed, error) {
	var got Installed
	if err := got.basics(s.Handle); err != nil {
		return Installed{}, err
	}
	status, err := s.Query()
	if err != nil {
		return Installed{}, err
	}
	got.Running = status.State == svc.Running
	for _, p := range []struct {
		part Part
		read func() error
	}{
		{PartDelayed, func() error {
			return level(s.Handle, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, func(i *windows.SERVICE_DELAYED_AUTO_START_INFO) { got.Delayed = i.IsDelayedAutoStartUp != 0 })
		}},
		{PartSID, func() error {
			return level(s.Handle, windows.SERVICE_CONFIG_SERVICE_SID_INFO, func(i *sidInfo) { got.SIDType = i.kind })
		}},
		{PartPrivileges, func() error {
			return level(s.Handle, windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, func(i *privileges) { got.Privileges = block(i.list) })
		}},
		{PartRecovery, func() error { return got.recovery(s) }},
		{PartFailures, func() (err error) { got.OnFailures, err = s.RecoveryActionsOnNonCrashFailures(); return err }},
		{PartShutdown, func() error {
			return level(s.Handle, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, func(i *preShutdown) { got.PreShutdown = time.Duration(i.milliseconds) * time.Millisecond })
		}},
		{PartSecurity, func() error {
			sd, err := windows.GetSecurityInfo(s.Handle, windows.SE_SERVICE, windows.DACL_SECURITY_INFORMATION)
			if err == nil {
				got.Security, err = rights.FactsOf(sd)
			}
			return err
		}},
	} {
		switch err := p.read(); {
		case err == nil:
		case notKnown(err):
			got.Unknown = append(got.Unknown, p.part)
		default:
			return Installed{}, err
		}
	}
	return got, nil
}

func (i *Installed) basics(h windows.Handle) error {
	size := uint32(1024)
	for {
		b := make([]byte, size)
		c := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&b[0]))
		err := windows.QueryServiceConfig(h, c, size, &size)
		if err == nil {
			i.Command, i.Account = windows.UTF16PtrToString(c.BinaryPathName), windows.UTF16PtrToString(c.ServiceStartName)
			i.Auto, i.OwnProcess = c.StartType == windows.SERVICE_AUTO_START, c.ServiceType == windows.SERVICE_WIN32_OWN_PROCESS
			return nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || size <= uint32(len(b)) {
			return err
		}
	}
}

// level reads one level of a service's configuration.
func level[T any](h windows.Handle, level uint32, take func(*T)) error {
	size := uint32(1024)
	for {
		b := make([]byte, size)
		err := windows.QueryServiceConfig2(h, level, &b[0], size, &size)
		if err == nil {
			take((*T)(unsafe.Pointer(&b[0])))
			return nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || size <= uint32(len(b)) {
			return err
		}
	}
}

func (i *Installed) recovery(s *mgr.Service) error {
	actions, err := s.RecoveryActions()
	if err != nil {
		return err
	}
	for _, a := range actions {
		if a.Type != mgr.ServiceRestart {
			i.Restarts = nil
			return nil
		}
		i.Restarts = append(i.Restarts, a.Delay)
	}
	seconds, err := s.ResetPeriod()
	i.Reset = time.Duration(seconds) * time.Second
	return err
}

// block reads texts that follow one another, up to an empty one.
func block(p *uint16) []string {
	var all []string
	for p != nil && *p != 0 {
		text := windows.UTF16PtrToString(p)
		all = append(all, strings.Clone(text))
		p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2*(len(windows.StringToUTF16(text)))))
	}
	return all
}

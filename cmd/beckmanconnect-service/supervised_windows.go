package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/windows/svc"

	"beckmanconnect/internal/program"
)

// serviceName is the name the service is installed under: its virtual account,
// which the clients expect behind the pipe, is made from it (pipe.DefaultAccount).
const serviceName = "BeckmanConnect"

// supervised runs the service under the service control manager, or from a
// shell as any other program.
func supervised(ctx context.Context, run func(context.Context) error) error {
	inService, err := svc.IsWindowsService()
	if err != nil {
		return fmt.Errorf("ask the service control manager: %w", err)
	}
	if !inService {
		return run(ctx)
	}
	h := &handler{ctx: ctx, run: run}
	if err := svc.Run(serviceName, h); err != nil {
		return fmt.Errorf("run as a service: %w", err)
	}
	return h.err
}

// handler answers the service control manager.
type handler struct {
	ctx context.Context
	run func(context.Context) error
	err error
}

// Execute runs the service until it ends or is told to. An end that was not
// asked for has an exit code, so that the recovery actions start it again.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.StartPending}
	ctx, stop := context.WithCancel(h.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx) }()
	const accepts = svc.AcceptStop | svc.AcceptShutdown
	status <- svc.Status{State: svc.Running, Accepts: accepts}
	for {
		select {
		case h.err = <-ended:
			status <- svc.Status{State: svc.StopPending}
			return true, exitCode(h.err)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				status <- svc.Status{State: svc.StopPending}
				stop()
			}
		}
	}
}

func exitCode(err error) uint32 {
	var exit program.ExitError
	switch {
	case err == nil:
		return program.ExitOK
	case errors.As(err, &exit):
		return uint32(exit.Code)
	default:
		return program.ExitFailed
	}
}

package main

import (
	"fmt"
	"log/slog"
	"os"

	"beckmanconnect/internal/eventlog"
	"beckmanconnect/internal/winservice"
)

// manage is the service, and starts the current version's program under itself.
func (l launcher) manage(args []string) error {
	spec, ok := winservice.Of(l.program)
	if !ok {
		return fmt.Errorf("%s: %s is no service's program", winservice.ManagedFlag, l.program)
	}
	// What the launcher has to say nobody else could: no program runs then.
	var out slog.Handler = slog.NewTextHandler(os.Stderr, nil)
	if events, err := eventlog.Open(spec.Name); err == nil {
		defer events.Close()
		out = eventlog.Handler(out, events)
	}
	log := slog.New(out)
	l.say = func(err error) { log.Warn("start", "error", err) }
	return winservice.Run(winservice.Config{
		Name: spec.Name, Log: log,
		Start: func() (program winservice.Program, err error) {
			err = l.start(args, func(path string, args []string) (err error) {
				program, err = winservice.StartInJob(path, args)
				return err
			})
			return program, err
		},
	})
}

// Command beckmanconnect is the window program: what the technician sees and
// answers. It needs the service and its local pipe; the tray starts it.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"log/slog"
	"os"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/window"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/protocol"
)

//go:embed THIRD-PARTY-NOTICES.md
var notices string

func main() {
	var config string
	var start window.Config
	var promptOnly bool
	program.Main(program.Info{Name: "beckmanconnect", Summary: "Shows notifications, help, upgrades and the log of BeckmanConnect Remote Support."},
		func(flags *flag.FlagSet) {
			flags.StringVar(&config, "config", hostconfig.DefaultPath(), "the configuration `file`")
			flags.StringVar(&start.View, "view", "", "open this `view`: home, notifications, help, upgrade, activity, register, settings or about")
			flags.StringVar(&start.Language, "lang", "", "speak this `language`: en, de, fr, es, it, zh-Hans or ja")
			flags.BoolVar(&promptOnly, "prompt-only", false, "show one question on a desktop of its own; this program starts itself with it, people do not")
			flags.StringVar(&start.Theme, "theme", "", "look `light`, dark, contrast or as the system")
		},
		func(ctx context.Context, log *slog.Logger, _ []string) error {
			host, err := hostconfig.Load(config)
			if err != nil {
				return err
			}
			if err := start.Check(); err != nil {
				return program.Usagef("%w", err)
			}
			start.Log, start.File, start.Notices = log, config, notices
			start.Client = client.Config{Socket: host.Socket, Program: protocol.Window, Version: version.Version()}
			// Not for programs that are started from here.
			start.Place = os.Getenv(window.PlaceVariable)
			if err := os.Unsetenv(window.PlaceVariable); err != nil {
				return err
			}
			if promptOnly {
				start.Client.Program = protocol.Prompt
				if err := owndesk.KeepInput(); err != nil {
					return err
				}
				return window.RunPrompt(ctx, start, os.Stdin, os.Stdout)
			}
			err = window.Run(ctx, start)
			var again window.Again
			if errors.As(err, &again) {
				return program.Renew(window.PlaceVariable + "=" + again.Place)
			}
			return err
		})
}

// Command beckmanconnect-desktop is the desktop helper. The tray starts it
// while a session may see or steer, and hands it a one-time token on its
// standard input; the end of that input ends the helper.
package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime"

	"beckmanconnect/app/desktop"
	"beckmanconnect/app/desktop/lock"
	"beckmanconnect/app/desktop/native"
	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/desktop/start"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/protocol"
)

func main() {
	// The pixel passes from one goroutine to the next, never two at once: a
	// second thread would only be woken to find nothing to do, and the
	// instrument's own programs need the cores.
	runtime.GOMAXPROCS(1)
	var config string
	program.Main(program.Info{
		Name:    "beckmanconnect-desktop",
		Summary: "Shows the engineer the screen and applies input while the technician allows it.",
		Help:    "Started by beckmanconnect-tray, not by people: it reads a one-time token from standard input.",
	}, func(flags *flag.FlagSet) {
		flags.StringVar(&config, "config", "", "configuration `file`")
	}, func(ctx context.Context, log *slog.Logger, _ []string) error {
		return run(ctx, log, config, os.Stdin)
	})
}

func run(ctx context.Context, log *slog.Logger, path string, in io.Reader) error {
	config, err := hostconfig.Load(path)
	if err != nil {
		return err
	}
	wanted, err := start.Read(in)
	if err != nil {
		return err
	}
	if err := owndesk.KeepInput(); err != nil { // before the graphics driver is loaded
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in) // its end is what counts: the tray is gone
		cancel()
	}()
	go owndesk.Watch(ctx, log)
	screen, err := native.Open(log)
	if err != nil {
		return err
	}
	defer screen.Close()
	return desktop.Run(ctx, desktop.Config{
		Client:   client.Config{Socket: config.Socket, Program: protocol.Desktop, Version: version.Version()},
		Start:    wanted,
		Log:      log,
		Screen:   screen.Screen,
		Injector: screen.Injector,
		Watcher:  screen.Watcher,
		Monitors: screen.Monitors, Cursor: screen.Cursor, Marker: screen.Marker, Clipboard: screen.Clipboard,
		Locked: lock.Watch(ctx, log),
	})
}

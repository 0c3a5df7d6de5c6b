package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"beckmanconnect/app/desktop/owndesk"
	"beckmanconnect/app/preferences"
	"beckmanconnect/app/sound"
	"beckmanconnect/app/tray"
	"beckmanconnect/app/tray/face"
	"beckmanconnect/app/tray/launch"
	"beckmanconnect/app/tray/toast"
	"beckmanconnect/app/tray/userproxy"
	"beckmanconnect/assets/text"
	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/lean"
	"beckmanconnect/internal/program"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/protocol"
)

// trayWithin is how long a desktop may take after log-on to have its panel.
const trayWithin = 15 * time.Second

// run puts the tray together. It is called on the main goroutine and keeps it,
// since the desktop's event loop belongs there.
func run(ctx context.Context, log *slog.Logger, path string) error {
	config, err := hostconfig.Load(path)
	if err != nil {
		return err
	}
	if err := haveDisplay(); err != nil {
		return err
	}
	// What was chosen comes as the first news; until then the system's language.
	catalogue, chosen := text.New(text.SystemLanguage()), choices(ctx, log)
	launcher, err := launch.New(launch.Config{ConfigFile: path, Log: log})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go owndesk.Watch(ctx, log)
	go lean.Keep(ctx, lean.Config{})
	toaster, stop := toasts(ctx, log)
	defer stop()
	icon := face.New()
	service := client.Config{Socket: config.Socket, Program: protocol.Tray, Version: version.Version()}
	t := tray.New(tray.Config{
		Text: catalogue, Log: log, Face: icon, Toaster: toaster, Launcher: launcher,
		Service: calls{service}, Dialogs: dialogs(ctx, log, catalogue, calls{service}), Version: version.Version(), Outdated: func() bool { return program.Successor() != "" },
		Proxy: userproxy.Read, Sounds: sound.New(log), Chosen: chosen,
		Follow: func(ctx context.Context, onEvent func(*hostpb.Event), onState func(bool, error)) error {
			return client.Follow(ctx, service, onEvent, onState)
		},
	})
	done := make(chan error, 1)
	go func() {
		done <- t.Run(ctx, noTray(ctx, log))
		cancel()
	}()
	icon.Run(ctx, version.Name())
	cancel()
	err = <-done
	if errors.Is(err, tray.ErrOutdated) {
		return outdated{launcher.Bequest()}
	}
	return err
}

// outdated is the end of a tray whose place another version takes.
type outdated struct{ bequest string }

func (outdated) Error() string { return tray.ErrOutdated.Error() }

// renew has that version start.
func (o outdated) renew() error {
	if o.bequest == "" {
		return program.Renew()
	}
	return program.Renew(o.bequest)
}

// toasts falls back to none: an icon without toasts is better than no icon.
func toasts(ctx context.Context, log *slog.Logger) (tray.Toaster, func()) {
	t, err := toast.New(ctx)
	if err != nil {
		log.Warn("this desktop shows no toasts", "error", err)
		return silent{}, func() {}
	}
	return t, func() { _ = t.Stop() } // the program ends anyway
}

// choices are the technician's. Without them the tray goes by the system's.
func choices(ctx context.Context, log *slog.Logger) <-chan preferences.Preferences {
	path, err := preferences.Path()
	if err != nil {
		log.Warn("the technician's choices are not known", "error", err)
		return nil
	}
	chosen, err := preferences.Follow(ctx, path, log)
	if err != nil {
		log.Warn("the technician's choices are not followed", "error", err)
		return nil
	}
	return chosen
}

// noTray looks once, after the desktop had its time.
func noTray(ctx context.Context, log *slog.Logger) <-chan struct{} {
	found := make(chan struct{})
	go func() {
		none, err := toast.NoTray(ctx, trayWithin)
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("cannot tell whether this desktop has a tray", "error", err)
		case none:
			close(found)
		}
	}()
	return found
}

// silent is a toaster where there is none.
type silent struct{}

func (silent) Show(context.Context, tray.Toast) error { return nil }
func (silent) Close(context.Context, string)          {}
func (silent) Opened() <-chan string                  { return nil }

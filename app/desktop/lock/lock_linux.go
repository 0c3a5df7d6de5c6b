package lock

import (
	"context"
	"log/slog"
	"os"
	"sync"

	"github.com/godbus/dbus/v5"
)

// The screen savers by their names on the session bus; each says ActiveChanged
// when it covers the screen. That is taken for a lock whether or not it asks
// for a password: nobody is looking.
var savers = map[string]dbus.ObjectPath{
	"org.freedesktop.ScreenSaver": "/org/freedesktop/ScreenSaver",
	"org.gnome.ScreenSaver":       "/org/gnome/ScreenSaver",
	"org.xfce.ScreenSaver":        "/org/xfce/ScreenSaver",
	"org.mate.ScreenSaver":        "/org/mate/ScreenSaver",
	"org.cinnamon.ScreenSaver":    "/org/cinnamon/ScreenSaver",
}

// logind's names on the system bus.
const (
	logind        = "org.freedesktop.login1"
	logindPath    = "/org/freedesktop/login1"
	logindSession = logind + ".Session"
	properties    = "org.freedesktop.DBus.Properties"
)

// listen has nothing to do: who tells of it here needs no window.
func listen(context.Context, *slog.Logger, func(who string, locked bool)) {}

func watch(ctx context.Context, log *slog.Logger, say func(who string, locked bool)) {
	var both sync.WaitGroup
	for name, w := range map[string]func(context.Context, func(string, bool)) error{"screen saver": watchSaver, "logind": watchLogind} {
		both.Go(func() {
			if err := w(ctx, say); err != nil && ctx.Err() == nil {
				log.Info("the screen's lock is not watched", "by", name, "error", err)
			}
		})
	}
	both.Wait()
}

// watchSaver listens on the session bus. Whoever can speak there could end the
// session by it, and nothing more.
func watchSaver(ctx context.Context, say func(string, bool)) error {
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer bus.Close()
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	for name := range savers {
		if err := bus.AddMatchSignalContext(ctx, dbus.WithMatchInterface(name), dbus.WithMatchMember("ActiveChanged")); err != nil {
			return err
		}
	}
	for name, path := range savers {
		var active bool
		var owner string
		// Not there, or does not say: it will by its signal.
		if bus.Object(name, path).CallWithContext(ctx, name+".GetActive", dbus.FlagNoAutoStart).Store(&active) == nil && active {
			_ = bus.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&owner)
			say(owner, true)
		}
	}
	return each(ctx, signals, func(s *dbus.Signal) {
		if len(s.Body) > 0 {
			// Under the name nobody else can have on this bus.
			say(s.Sender, s.Body[0] == true)
		}
	})
}

// watchLogind follows this log-on's own session: locked, or not the one in
// front any more.
func watchLogind(ctx context.Context, say func(string, bool)) error {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer bus.Close()
	var path dbus.ObjectPath
	if err := bus.Object(logind, logindPath).CallWithContext(ctx, logind+".Manager.GetSessionByPID", 0, uint32(os.Getpid())).Store(&path); err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	if err := bus.AddMatchSignalContext(ctx, dbus.WithMatchSender(logind), dbus.WithMatchObjectPath(path), dbus.WithMatchInterface(properties), dbus.WithMatchMember("PropertiesChanged")); err != nil {
		return err
	}
	look := func() error {
		var now map[string]dbus.Variant
		if err := bus.Object(logind, path).CallWithContext(ctx, properties+".GetAll", 0, logindSession).Store(&now); err != nil {
			return err
		}
		say(logind, away(now))
		return nil
	}
	if err := look(); err != nil {
		return err
	}
	return each(ctx, signals, func(*dbus.Signal) { _ = look() }) // it will be said again
}

// away reads a session's properties. Only a graphical one is in front or not:
// a program started from a text console says nothing about this screen.
func away(session map[string]dbus.Variant) bool {
	kind, _ := session["Type"].Value().(string)
	active, known := session["Active"].Value().(bool)
	hint, _ := session["LockedHint"].Value().(bool)
	return hint || known && !active && (kind == "x11" || kind == "wayland")
}

func each(ctx context.Context, signals <-chan *dbus.Signal, do func(*dbus.Signal)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, open := <-signals:
			if !open {
				return dbus.ErrClosed
			}
			do(s)
		}
	}
}

package toast

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// watcherName is the bus name of whoever shows tray icons.
const watcherName = "org.kde.StatusNotifierWatcher"

// NoTray waits until the desktop has had its time to start, and says whether
// it has no place for a tray icon: neither a StatusNotifier watcher nor the
// older system tray.
func NoTray(ctx context.Context, within time.Duration) (bool, error) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return !oldTray(), nil // no bus, so no watcher either
	}
	defer conn.Close()
	// Watched before it is asked: a watcher that comes in between is not missed.
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName)); err != nil {
		return false, fmt.Errorf("tray host: %w", err)
	}
	signals := make(chan *dbus.Signal, 4)
	conn.Signal(signals)
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		var has bool
		if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, watcherName).Store(&has); err != nil {
			return false, fmt.Errorf("tray host: %w", err)
		}
		if has {
			return false, nil
		}
		select {
		case <-signals:
		case <-timer.C:
			return !oldTray(), nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// oldTray says whether a system tray of the older kind is there, to which the
// icon falls back.
func oldTray() bool {
	x, err := xgb.NewConn()
	if err != nil {
		return false
	}
	defer x.Close()
	const selection = "_NET_SYSTEM_TRAY_S0"
	atom, err := xproto.InternAtom(x, false, uint16(len(selection)), selection).Reply()
	if err != nil {
		return false
	}
	owner, err := xproto.GetSelectionOwner(x, atom.Atom).Reply()
	return err == nil && owner.Owner != 0
}

package lock

import (
	"bufio"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// bus is a message bus of the test's own, in the place of both.
func bus(t *testing.T) *dbus.Conn {
	t.Helper()
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := daemon.StdoutPipe()
	if err == nil {
		err = daemon.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(line)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func own(t *testing.T, conn *dbus.Conn, name string, object any, path dbus.ObjectPath, iface string) {
	t.Helper()
	if err := conn.Export(object, path, iface); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
}

// saver is a screen saver that says when it was asked.
type saver struct {
	active bool
	asked  chan struct{}
}

func (s saver) GetActive() (bool, *dbus.Error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	return s.active, nil
}

const name = "org.freedesktop.ScreenSaver"

// scenario 17
func TestTheScreenSaverCoversTheScreen(t *testing.T) {
	conn := bus(t)
	s := saver{asked: make(chan struct{}, 1)}
	own(t, conn, name, s, savers[name], name)
	locked := Watch(t.Context(), slog.New(slog.DiscardHandler))
	<-s.asked // it listens by now
	for _, active := range []bool{false, true} {
		select {
		case <-locked:
			t.Fatal("locked too soon")
		default:
		}
		if err := conn.Emit(savers[name], name+".ActiveChanged", active); err != nil {
			t.Fatal(err)
		}
	}
	<-locked
}

func TestAlreadyCovered(t *testing.T) {
	own(t, bus(t), name, saver{active: true, asked: make(chan struct{}, 1)}, savers[name], name)
	<-Watch(t.Context(), slog.New(slog.DiscardHandler))
}

type manager struct{}

const session = dbus.ObjectPath("/org/freedesktop/login1/session/_1")

func (manager) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) { return session, nil }

type sessionProperties struct{ now chan map[string]dbus.Variant }

func (s sessionProperties) GetAll(string) (map[string]dbus.Variant, *dbus.Error) { return <-s.now, nil }

func TestLogindSaysLocked(t *testing.T) {
	conn := bus(t)
	now := make(chan map[string]dbus.Variant)
	if err := conn.Export(manager{}, logindPath, logind+".Manager"); err != nil {
		t.Fatal(err)
	}
	own(t, conn, logind, sessionProperties{now}, session, properties)
	locked := Watch(t.Context(), slog.New(slog.DiscardHandler))
	now <- map[string]dbus.Variant{"Type": dbus.MakeVariant("x11"), "Active": dbus.MakeVariant(true), "LockedHint": dbus.MakeVariant(false)}
	select {
	case <-locked:
		t.Fatal("locked too soon")
	default:
	}
	if err := conn.Emit(session, properties+".PropertiesChanged", logindSession, map[string]dbus.Variant{}, []string{"LockedHint"}); err != nil {
		t.Fatal(err)
	}
	now <- map[string]dbus.Variant{"Type": dbus.MakeVariant("x11"), "Active": dbus.MakeVariant(true), "LockedHint": dbus.MakeVariant(true)}
	<-locked
}

func TestAway(t *testing.T) {
	v := func(kind string, active, locked bool) map[string]dbus.Variant {
		return map[string]dbus.Variant{"Type": dbus.MakeVariant(kind), "Active": dbus.MakeVariant(active), "LockedHint": dbus.MakeVariant(locked)}
	}
	for _, c := range []struct {
		session map[string]dbus.Variant
		want    bool
	}{
		{v("x11", true, false), false},
		{v("x11", true, true), true},
		{v("x11", false, false), true}, // another user was switched to
		{v("wayland", false, false), true},
		{v("tty", false, false), false},
		{v("tty", false, true), true},
		{nil, false},
	} {
		if got := away(c.session); got != c.want {
			t.Errorf("%v: %v, want %v", c.session, got, c.want)
		}
	}
}

// P24: a prompt counts as unseen while the screen is locked, and only who
// locked it says when that is over.
func TestScreenUnlocks(t *testing.T) {
	conn := bus(t)
	s := saver{active: true, asked: make(chan struct{}, 1)}
	own(t, conn, name, s, savers[name], name)
	screen := Follow(t.Context(), slog.New(slog.DiscardHandler))
	until(t, screen.Locked)
	other, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Emit(savers[name], name+".ActiveChanged", false); err != nil {
		t.Fatal(err)
	}
	// The bus keeps the order of what one program sends: after this pair the
	// stranger's word has been heard.
	for _, on := range []bool{true, false} {
		if err := other.Emit(savers["org.xfce.ScreenSaver"], "org.xfce.ScreenSaver.ActiveChanged", on); err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { screen.mu.Lock(); defer screen.mu.Unlock(); return screen.by[other.Names()[0]] == on })
	}
	if !screen.Locked() {
		t.Fatal("a stranger unlocked the screen")
	}
	if err := conn.Emit(savers[name], name+".ActiveChanged", false); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return !screen.Locked() })
}

func until(t *testing.T, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("never")
		}
	}
}

package machine

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"beckmanconnect/service/notify/steady"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDiskHealthOfTheKernel(t *testing.T) {
	sys := t.TempDir()
	put(t, filepath.Join(sys, "fs/ext4/sda1/errors_count"), "0\n")
	put(t, filepath.Join(sys, "fs/ext4/sdb1/errors_count"), "3\n")
	put(t, filepath.Join(sys, "block/md0/md/degraded"), "1\n")
	put(t, filepath.Join(sys, "block/sda/device/state"), "running\n")
	put(t, filepath.Join(sys, "block/sdb/device/state"), "offline\n")
	put(t, filepath.Join(sys, "block/mmcblk0/device/pre_eol_info"), "0x01\n")
	disks, err := healthIn(sys)
	if err != nil {
		t.Error(err)
	}
	want := []diskState{{"sda1", false}, {"sdb1", true}, {"md0", true}, {"sda", false}, {"sdb", true}, {"mmcblk0", false}}
	if !slices.Equal(disks, want) {
		t.Errorf("%+v, want %+v", disks, want)
	}
	if got := merge([]diskState{{"a", false}, {"b", false}, {"a", true}}); !slices.Equal(got, []diskState{{"a", true}, {"b", false}}) {
		t.Errorf("%+v", got)
	}
}

func TestPrograms(t *testing.T) {
	proc := t.TempDir()
	put(t, filepath.Join(proc, "1/cmdline"), "/sbin/init\x00splash\x00")
	put(t, filepath.Join(proc, "20/cmdline"), "/opt/instrument/analyser\x00--run\x00")
	put(t, filepath.Join(proc, "21/cmdline"), "/usr/bin/python3\x00/opt/lis/driver.py\x00")
	put(t, filepath.Join(proc, "22/cmdline"), "") // a zombie
	put(t, filepath.Join(proc, "self/cmdline"), "analyser2\x00")
	put(t, filepath.Join(proc, "23/cmdline"), "tail\x00driver\x00")
	runs, err := programsIn(t.Context(), proc, []string{"analyser", "driver.py", "analyser2", "driver", "--run"})
	if err != nil || !runs["analyser"] || !runs["driver.py"] || len(runs) != 2 {
		t.Errorf("%v %v", runs, err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if runs, err = programsRunning(t.Context(), []string{filepath.Base(own)}); err != nil || !runs[filepath.Base(own)] {
		t.Errorf("this test does not run: %v %v", runs, err)
	}
}

func TestUnitStates(t *testing.T) {
	for state, want := range map[string]steady.Level{
		"active": steady.Good, "activating": steady.Between, "failed": steady.Bad, "inactive": steady.Bad, "deactivating": steady.Bad, "": steady.Unknown,
	} {
		if got := unitLevel(state); got != want {
			t.Errorf("%q: %d", state, got)
		}
	}
}

// manager is systemd, as far as it is asked.
type manager map[string]dbus.ObjectPath

func (m manager) GetUnit(name string) (dbus.ObjectPath, *dbus.Error) {
	if path, ok := m[name]; ok {
		return path, nil
	}
	return "", dbus.NewError(noSuchUnit, []any{"Unit " + name + " not loaded."})
}

// unit has properties.
type unit string

func (u unit) Get(iface, property string) (dbus.Variant, *dbus.Error) {
	if iface != systemd+".Unit" || property != activeState {
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
	}
	return dbus.MakeVariant(string(u)), nil
}

// privateBus is a real message bus, which the system's bus is for this test.
func privateBus(t *testing.T, options ...string) (address string) {
	t.Helper()
	address = "unix:path=" + filepath.Join(t.TempDir(), "bus")
	if len(options) == 0 {
		options = []string{"--session"}
	}
	daemon := exec.Command("dbus-daemon", append(options, "--nofork", "--nopidfile", "--print-address", "--address="+address)...)
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
	address = strings.TrimSpace(line)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	return address
}

// A real message bus, with systemd's part played on it.
func TestServicesOverTheBus(t *testing.T) {
	address := privateBus(t)
	if _, err := serviceStates(t.Context(), []string{"lis"}); err == nil {
		t.Error("no error without systemd on the bus")
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.Export(manager{"lis.service": "/u/lis", "db.socket": "/u/db"}, "/org/freedesktop/systemd1", systemd+".Manager"); err != nil {
		t.Fatal(err)
	}
	for path, state := range map[dbus.ObjectPath]unit{"/u/lis": "active", "/u/db": "failed"} {
		if err := conn.Export(state, path, "org.freedesktop.DBus.Properties"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName(systemd, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	states, err := serviceStates(t.Context(), []string{"lis", "db.socket", "gone"})
	if err != nil || states["lis"] != steady.Good || states["db.socket"] != steady.Bad || states["gone"] != steady.Bad {
		t.Errorf("%v %v", states, err)
	}
}

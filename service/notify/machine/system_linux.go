package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"

	"beckmanconnect/service/notify/steady"
)

func systemRoot() string { return "/" }

func volumeID(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.New("the system does not say")
	}
	return strconv.FormatUint(stat.Dev, 10), nil
}

// restartPending: the mark that packages leave on Debian and its relatives.
func restartPending() (bool, error) {
	_, err := os.Stat("/run/reboot-required")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func diskHealth(context.Context) ([]diskState, error) { return healthIn("/sys") }

// healthIn reads what the kernel tells everybody: errors that an ext4 file
// system met, RAID arrays that lack a disk, disks that were taken offline, flash
// that is worn out. A disk's own judgement is smart's to ask for.
func healthIn(sys string) ([]diskState, error) {
	var all []diskState
	for _, row := range []struct {
		pattern string
		name    func(path string) string
		failing func(value string) bool
	}{
		{"fs/ext4/*/errors_count", parent(1), func(v string) bool { return v != "0" }},
		{"block/md*/md/degraded", parent(2), func(v string) bool { return v != "0" }},
		{"block/sd*/device/state", parent(2), func(v string) bool { return v == "offline" || v == "transport-offline" }},
		{"block/mmcblk*/device/pre_eol_info", parent(2), func(v string) bool { return v == "0x02" || v == "0x03" }},
	} {
		paths, err := filepath.Glob(filepath.Join(sys, row.pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			value, err := os.ReadFile(path)
			if err != nil {
				continue // not for everybody here, or gone
			}
			all = append(all, diskState{row.name(path), row.failing(strings.TrimSpace(string(value)))})
		}
	}
	return merge(all), nil
}

func parent(n int) func(string) string {
	return func(path string) string {
		for range n {
			path = filepath.Dir(path)
		}
		return filepath.Base(path)
	}
}

// merge makes one of what is said of the same disk.
func merge(all []diskState) []diskState {
	var out []diskState
next:
	for _, d := range all {
		for i := range out {
			if out[i].name == d.name {
				out[i].failing = out[i].failing || d.failing
				continue next
			}
		}
		out = append(out, d)
	}
	return out
}

// programsRunning goes by the file name of the program, as it was started.
func programsRunning(ctx context.Context, names []string) (map[string]bool, error) {
	return programsIn(ctx, "/proc", names)
}

func programsIn(ctx context.Context, proc string, names []string) (map[string]bool, error) {
	dir, err := os.Open(proc)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	wanted, runs := map[string]bool{}, map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if e[0] < '0' || e[0] > '9' {
			continue
		}
		command, err := os.ReadFile(filepath.Join(proc, e, "cmdline"))
		if err != nil || len(command) == 0 { // gone, a zombie, or the kernel's own
			continue
		}
		first, rest, _ := bytes.Cut(command, []byte{0})
		for _, part := range [][]byte{first, firstArgument(rest)} { // "python3 /opt/x/program" is that program
			if name := filepath.Base(string(part)); wanted[name] {
				runs[name] = true
			}
		}
	}
	return runs, nil
}

func firstArgument(rest []byte) []byte {
	first, _, _ := bytes.Cut(rest, []byte{0})
	if len(first) == 0 || first[0] != '/' {
		return nil
	}
	return first
}

const (
	systemd     = "org.freedesktop.systemd1"
	noSuchUnit  = systemd + ".NoSuchUnit"
	unitSuffix  = ".service"
	activeState = "ActiveState"
)

// serviceStates asks systemd over the system's bus; it takes no rights to ask.
func serviceStates(ctx context.Context, names []string) (map[string]steady.Level, error) {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("the system's bus: %w", err)
	}
	defer bus.Close()
	manager := bus.Object(systemd, "/org/freedesktop/systemd1")
	states := map[string]steady.Level{}
	for _, name := range names {
		unit := name
		if !strings.Contains(unit, ".") {
			unit += unitSuffix
		}
		var path dbus.ObjectPath
		err := manager.CallWithContext(ctx, systemd+".Manager.GetUnit", 0, unit).Store(&path)
		var refused dbus.Error
		if errors.As(err, &refused) && refused.Name == noSuchUnit {
			states[name] = steady.Bad // not loaded: neither running nor about to
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", unit, err)
		}
		var state dbus.Variant
		call := bus.Object(systemd, path).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, systemd+".Unit", activeState)
		if err := call.Store(&state); err != nil {
			return nil, fmt.Errorf("%s: %w", unit, err)
		}
		word, _ := state.Value().(string)
		states[name] = unitLevel(word)
	}
	return states, nil
}

func unitLevel(state string) steady.Level {
	switch state {
	case "active":
		return steady.Good
	case "reloading", "activating", "refreshing", "maintenance":
		return steady.Between
	case "":
		return steady.Unknown
	}
	return steady.Bad // inactive, failed, deactivating
}

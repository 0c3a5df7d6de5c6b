package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"

	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/app/preferences"
	"beckmanconnect/assets/sounds"
	"beckmanconnect/assets/text"
	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
)

// watcher is who shows icons on a Linux desktop.
type watcher struct{ item atomic.Pointer[string] }

// RegisterStatusNotifierItem is the method that icons call, with their path.
func (w *watcher) RegisterStatusNotifierItem(sender dbus.Sender, path string) *dbus.Error {
	item := string(sender) + path
	w.item.Store(&item)
	return nil
}

// bus is a session's, with a place for icons on it.
func bus(t *testing.T, dir string) (address string, conn *dbus.Conn, w *watcher) {
	t.Helper()
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", "--address=unix:path="+filepath.Join(dir, "bus"))
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(line)
	if conn, err = dbus.Connect(address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w = &watcher{}
	if err := conn.Export(w, "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName("org.kde.StatusNotifierWatcher", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return address, conn, w
}

// labels of the icon's menu, from the top.
func (w *watcher) labels(conn *dbus.Conn) (found []string) {
	item := w.item.Load()
	if item == nil {
		return nil
	}
	name, path, _ := strings.Cut(*item, "/")
	v, err := conn.Object(name, dbus.ObjectPath("/"+path)).GetProperty("org.kde.StatusNotifierItem.Menu")
	if err != nil {
		return nil
	}
	menu, ok := v.Value().(dbus.ObjectPath)
	if !ok {
		return nil
	}
	var revision uint32
	var root struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	if conn.Object(name, menu).Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root) != nil {
		return nil
	}
	for _, child := range root.Children {
		fields, ok := child.Value().([]any)
		if !ok || len(fields) < 2 {
			continue
		}
		properties, _ := fields[1].(map[string]dbus.Variant)
		if label, ok := properties["label"].Value().(string); ok && label != "" {
			found = append(found, label)
		}
	}
	return found
}

// B12: the real tray on a real desktop's bus. Its menu speaks the language that
// the window saved, at once, its first item opens the window, and the sound of
// an alarm is heard until it is to be silent.
func TestFollowsWhatWasChosen(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir, err := os.MkdirTemp("", "bc-") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "beckmanconnect-tray")
	build(t, "0.1.0", program, "beckmanconnect-tray")
	// A program that plays sounds is one that writes down what it was given.
	heard := filepath.Join(dir, "heard")
	if err := os.WriteFile(filepath.Join(dir, "pw-play"), []byte("#!/bin/sh\nwc -c <\"$1\" >>"+heard+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	socket, config := filepath.Join(dir, "host.sock"), filepath.Join(dir, "host.toml")
	if err := os.WriteFile(config, []byte("socket = "+strconv.Quote(socket)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := ipctest.Start(t, ipctest.Config{})
	f.SetStatus(&hostpb.Status{Version: "0.1.0", TermsAccepted: true, Link: hostpb.Link_LINK_ONLINE})
	serve(t, f, socket)

	address, conn, w := bus(t, dir)
	cmd := exec.Command(program, "--config", config)
	cmd.Env = append(os.Environ(), "DISPLAY="+xtesting.Xvfb(t, "640x480"), "DBUS_SESSION_BUS_ADDRESS="+address, "HOME="+dir, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "XDG_RUNTIME_DIR="+dir,
		"PATH="+dir+":/usr/bin:/bin", "LC_ALL=en_US.UTF-8", "LANGUAGE=en", "NO_AT_BRIDGE=1")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if said, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s", said)
		}
	})
	says := func(tag, status string) {
		t.Helper()
		c := text.New(tag)
		xtesting.Eventually(t, "the menu in "+tag, func() bool {
			menu := w.labels(conn)
			return len(menu) > 1 && menu[0] == c.T("tray.menu.open") && menu[1] == c.T(status)
		})
	}
	chosen := filepath.Join(dir, "config", version.ID(), "preferences.json")
	choose := func(p preferences.Preferences) {
		t.Helper()
		if err := preferences.Save(chosen, p); err != nil {
			t.Fatal(err)
		}
	}
	played := func() []string {
		said, _ := os.ReadFile(heard)
		return strings.Fields(string(said))
	}
	anAlarm, aQuestion := strconv.Itoa(len(sounds.Alarm)), strconv.Itoa(len(sounds.Question)) // as the program counts them
	alarm := func() {
		f.Raise(&hostpb.Notification{Severity: hostpb.Severity_SEVERITY_HIGH, State: hostpb.AlarmState_ALARM_STATE_RAISED, Count: 1, Alert: hostpb.Alert_ALERT_LOUD,
			Texts: []*hostpb.LocalText{{Language: "en", Title: "Leak"}}})
	}
	says("en", "tray.tooltip.ok")
	alarm()
	xtesting.Eventually(t, "the alarm is heard", func() bool { return slices.Equal(played(), []string{anAlarm}) })
	for _, l := range text.Languages() {
		choose(preferences.Preferences{Language: l.Tag, Silent: true})
		says(l.Tag, "tray.tooltip.ok")
	}
	alarm()
	f.SetStatus(&hostpb.Status{Version: "0.1.0", TermsAccepted: true, Link: hostpb.Link_LINK_OFFLINE}) // comes after it
	says("ja", "tray.tooltip.offline")
	choose(preferences.Preferences{Language: "de"})
	says("de", "tray.tooltip.offline")
	// A question is heard, and it is the first sound since.
	f.SetSupport(&hostpb.SupportState{Phase: hostpb.SupportPhase_SUPPORT_PHASE_READY, Prompt: &hostpb.Prompt{Id: "p1"}})
	xtesting.Eventually(t, "the question is heard", func() bool { return slices.Contains(played(), aQuestion) })
	if got := played(); !slices.Equal(got, []string{anAlarm, aQuestion}) {
		t.Errorf("heard were %v, one of them while it was to be silent", got)
	}
}

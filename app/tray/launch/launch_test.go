//go:build linux

package launch_test

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"beckmanconnect/app/desktop/start"
	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/app/tray/launch"
	"beckmanconnect/ipc/hostpb"
)

// TestMain lets the test's own program play the two that are launched: links
// with their names lead to it.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "beckmanconnect":
		play("window")
	case "beckmanconnect-desktop":
		play("helper")
	default:
		os.Exit(m.Run())
	}
}

// play writes what it was started with beside its configuration.
func play(name string) {
	folder := filepath.Dir(os.Args[2])
	note := func(suffix, text string) {
		if err := os.WriteFile(filepath.Join(folder, name+suffix), []byte(text), 0o600); err != nil {
			os.Exit(1)
		}
	}
	if name == "window" {
		note(".args", strings.Join(os.Args[3:], " "))
		return
	}
	wanted, err := start.Read(os.Stdin)
	if err != nil {
		os.Exit(1)
	}
	note("."+wanted.GetSessionId(), string(wanted.GetToken())+" "+strings.Join(os.Args[3:], " "))
	_, _ = io.Copy(io.Discard, os.Stdin)
	note("."+wanted.GetSessionId()+".ended", "")
}

func launcher(t *testing.T) (*launch.Launcher, string) {
	t.Helper()
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"beckmanconnect", "beckmanconnect-desktop"} {
		if err := os.Symlink(self, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := launch.New(launch.Config{Folder: folder, ConfigFile: filepath.Join(folder, "host.toml"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.StopDesktop)
	return l, folder
}

func TestWindow(t *testing.T) {
	l, folder := launcher(t)
	if err := l.Window("help"); err != nil {
		t.Fatal(err)
	}
	<-l.WindowEnded()
	got, err := os.ReadFile(filepath.Join(folder, "window.args"))
	if err != nil || string(got) != "--view help" {
		t.Errorf("%q %v", got, err)
	}
}

func TestDesktopHelper(t *testing.T) {
	l, folder := launcher(t)
	content := func(name string) (string, bool) {
		b, err := os.ReadFile(filepath.Join(folder, name))
		return string(b), err == nil
	}
	there := func(name string) func() bool { return func() bool { _, ok := content(name); return ok } }

	if err := l.Desktop(&hostpb.DesktopWanted{SessionId: "s1", Generation: 1, Token: []byte("one-time")}); err != nil {
		t.Fatal(err)
	}
	xtesting.Eventually(t, "the helper has its token", there("helper.s1"))
	// The token comes on the handle alone: nothing follows --config.
	xtesting.Eventually(t, "and nothing else", func() bool { got, _ := content("helper.s1"); return got == "one-time " })

	// Another one takes its place: the first has ended before it starts.
	if err := l.Desktop(&hostpb.DesktopWanted{SessionId: "s2", Generation: 2, Token: []byte("t")}); err != nil {
		t.Fatal(err)
	}
	if !there("helper.s1.ended")() {
		t.Error("two helpers at once")
	}
	xtesting.Eventually(t, "the second helper", there("helper.s2"))
	l.StopDesktop()
	if !there("helper.s2.ended")() {
		t.Error("the helper was still there when StopDesktop returned")
	}
	l.StopDesktop()
}

// A window that the tray's version before started is taken over: it is not
// started a second time, and its end is told.
func TestInheritedWindow(t *testing.T) {
	window := exec.Command("/bin/cat")
	hold, err := window.StdinPipe()
	if err == nil {
		err = window.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(launch.WindowVariable, strconv.Itoa(window.Process.Pid))
	l, folder := launcher(t)
	if os.Getenv(launch.WindowVariable) != "" {
		t.Error("it is handed on to whatever is started")
	}
	if want := launch.WindowVariable + "=" + strconv.Itoa(window.Process.Pid); l.Bequest() != want {
		t.Errorf("bequest %q, want %q", l.Bequest(), want)
	}
	if err := l.Window("help"); err != nil {
		t.Fatal(err)
	}
	if err := hold.Close(); err != nil {
		t.Fatal(err)
	}
	<-l.WindowEnded()
	if l.Bequest() != "" {
		t.Errorf("a window that ended is handed on: %q", l.Bequest())
	}
	if _, err := os.Stat(filepath.Join(folder, "window.args")); err == nil {
		t.Error("a second window was started")
	}
	if err := l.Window("help"); err != nil {
		t.Fatal(err)
	}
	<-l.WindowEnded()
}

func TestMissingProgram(t *testing.T) {
	l, err := launch.New(launch.Config{Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Window("help"); err == nil {
		t.Error("started what is not there")
	}
	if err := l.Desktop(&hostpb.DesktopWanted{SessionId: "s", Token: []byte("t")}); err == nil {
		t.Error("started what is not there")
	}
}

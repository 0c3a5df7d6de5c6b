package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// Without OpenGL the window program ends with an error and never counts as a
// window at the service: by that the tray knows that it has to ask itself, and
// no session ends by a window that was never there.
func TestWindowWithoutOpenGL(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the window program")
	}
	dir, err := os.MkdirTemp("", "bc-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	window := filepath.Join(dir, "beckmanconnect")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", window, "beckmanconnect").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	socket, config := filepath.Join(dir, "host.sock"), filepath.Join(dir, "host.toml")
	if err := os.WriteFile(config, []byte("socket = "+strconv.Quote(socket)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var windows atomic.Int32
	f := ipctest.Start(t, ipctest.Config{Presence: func(p server.Presence) {
		if p.Program == protocol.Window {
			windows.Add(1)
		}
	}})
	f.SetStatus(&hostpb.Status{Version: "0.1.0", TermsAccepted: true})
	serve(t, f, socket)
	display := xtesting.Xvfb(t, "800x600")
	start := func(version string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), window, "--config", config, "--view", "help")
		cmd.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "LIBGL_ALWAYS_SOFTWARE=1", "MESA_GL_VERSION_OVERRIDE="+version)
		return cmd
	}
	began := time.Now()
	out, err := start("1.1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "cannot be drawn on") {
		t.Errorf("%v\n%s", err, out)
	}
	if windows.Load() != 0 {
		t.Error("it counted as a window")
	}
	t.Logf("it ended after %v", time.Since(began).Round(10*time.Millisecond))
	// The same program where there is OpenGL.
	cmd := start("3.3")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	xtesting.Eventually(t, "a window", func() bool { return windows.Load() > 0 })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

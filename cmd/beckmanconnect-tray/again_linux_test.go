package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"beckmanconnect/app/desktop/xtesting"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// build builds a program of the product as a version.
func build(t *testing.T, version, path, name string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X beckmanconnect/internal/version.override="+version, "-o", path, "beckmanconnect/cmd/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// The real tray behind the real launcher: when the service comes back as
// another version, and that is current, the tray becomes it, in the same
// process, and follows the service again.
func TestTrayBecomesTheCurrentVersion(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three programs")
	}
	dir, err := os.MkdirTemp("", "bc-") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	put := func(path, text string) string {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const name = "beckmanconnect-tray"
	one, two := strings.Repeat("1", 64), strings.Repeat("2", 64)
	program := func(digest string) string { return filepath.Join(dir, "versions", digest, name) }
	build(t, "0.1.0", program(one), name)
	build(t, "0.2.0", program(two), name)
	launcher := filepath.Join(dir, "bin", name)
	build(t, "0.1.0", launcher, "beckmanconnect-launcher")
	put("current", one+"\n")
	socket := filepath.Join(dir, "host.sock")
	config := put("host.toml", "socket = "+strconv.Quote(socket)+"\n")

	var follows atomic.Int32 // how often a tray began to
	f := ipctest.Start(t, ipctest.Config{Presence: func(p server.Presence) {
		if p.Program == protocol.Tray && p.Here {
			follows.Add(1)
		}
	}})
	f.SetStatus(&hostpb.Status{Version: "0.1.0", TermsAccepted: true})
	serve(t, f, socket)

	display := xtesting.Xvfb(t, "640x480")
	cmd := exec.Command(launcher, "--config", config)
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(dir, "none"))
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
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s", text)
		}
	})
	runs := func(digest string) func() bool {
		return func() bool {
			exe, err := os.Readlink("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/exe")
			return err == nil && exe == program(digest)
		}
	}
	xtesting.Eventually(t, "the first version follows the service", func() bool { return runs(one)() && follows.Load() == 1 })
	put("current", two+"\n")
	f.SetStatus(&hostpb.Status{Version: "0.2.0", TermsAccepted: true})
	xtesting.Eventually(t, "the second version follows it", func() bool { return runs(two)() && follows.Load() == 2 })
	// It is what is current: nothing more happens.
	f.SetStatus(&hostpb.Status{Version: "0.3.0", TermsAccepted: true})
	f.SetStatus(&hostpb.Status{Version: "0.2.0", TermsAccepted: true})
	if !runs(two)() {
		t.Error("it became something else")
	}
}

// serve puts a fixture's host on a real socket.
func serve(t *testing.T, f *ipctest.Fixture, socket string) {
	t.Helper()
	s, err := server.New(server.Config{Host: f.Host, Version: "0.1.0", Epoch: ipctest.Epoch})
	if err != nil {
		t.Fatal(err)
	}
	l, err := pipe.Listen(pipe.Config{Path: socket, Users: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

//go:build linux

// Package xtesting starts X displays for tests: real servers on numbers they
// pick themselves, ended with the test.
package xtesting

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/internal/xmanaged"
)

// Xvfb starts a display of a size such as "640x480" and returns its name.
func Xvfb(t testing.TB, size string) string {
	t.Helper()
	return server(t, nil, "Xvfb", "-screen", "0", size+"x24", "-nolisten", "tcp", "-noreset", "-dpi", "96")
}

// Nested starts a display shown in a window of another one: what is clicked on
// the outer display arrives in it from devices of its own.
func Nested(t testing.TB, outer, size string) string {
	t.Helper()
	return server(t, []string{"DISPLAY=" + outer}, "Xephyr", "-screen", size, "-no-host-grab", "-nolisten", "tcp", "-noreset", "-dpi", "96")
}

func server(t testing.TB, env []string, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is not installed: build/test installs it (Debian: xvfb, xserver-xephyr)", name)
	}
	for range 3 { // a number that is taken by chance
		if display, ok := try(t, env, name, args); ok {
			return display
		}
	}
	t.Fatalf("%s did not come up", name)
	return ""
}

func try(t testing.TB, env []string, name string, args []string) (string, bool) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// A number far from everybody's. Let to choose, a server takes the lowest one
	// that is free: that of a server which is about to end and then removes the
	// socket that has just been made anew.
	display := fmt.Sprintf(":%d", 100+rand.N(50_000))
	cmd := exec.Command(name, append([]string{display, "-displayfd", "3"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.ExtraFiles = []*os.File{w}
	start(t, cmd)
	w.Close()
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Logf("%s %s: %v", name, display, err)
		return "", false
	}
	return display, true
}

// Program starts a program on a display. It is ended with the test.
func Program(t testing.TB, display, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	start(t, cmd)
	return cmd
}

// WindowManager starts a display's window manager and returns when it has windows
// in its hands.
func WindowManager(t testing.TB, display string) {
	t.Helper()
	Program(t, display, "openbox", "--sm-disable")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := xmanaged.Await(ctx, display); err != nil {
		t.Fatal(err)
	}
}

// Output runs a program on a display and returns what it printed.
func Output(t testing.TB, display, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+display)
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// A server that is asked to end removes its socket in /tmp/.X11-unix.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		stuck := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		stuck.Stop()
	})
}

// Eventually waits until a condition holds. It polls, since what it waits for
// happens in other programs.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

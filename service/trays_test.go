package service

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/internal/version"
	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
)

// childTray names the socket when this test binary is a tray, childVersion its
// version.
const (
	childTray    = "BECKMANCONNECT_TEST_TRAY"
	childVersion = "BECKMANCONNECT_TEST_TRAY_VERSION"
)

// beTray follows the service until it is killed.
func beTray(socket string) {
	var once sync.Once
	err := client.Follow(context.Background(), client.Config{Socket: socket, Program: protocol.Tray, Version: os.Getenv(childVersion)},
		func(*hostpb.Event) { once.Do(func() { fmt.Println("up") }) }, nil)
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestTraysThatFail(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	tray := func(pid int) identity.Actor { return identity.Actor{PID: pid, Start: uint64(pid) * 100} }
	lose := func(s *trays, pid int, at time.Time) {
		s.saw(tray(pid), true, at)
		s.saw(tray(pid), false, at)
	}
	for name, row := range map[string]struct {
		do   func(*trays)
		want bool
	}{
		"none":  {func(*trays) {}, false},
		"two":   {func(s *trays) { lose(s, 1, at); lose(s, 2, at) }, false},
		"three": {func(s *trays) { lose(s, 1, at); lose(s, 2, at); lose(s, 3, at) }, true},
		"one process that asks anew": {func(s *trays) {
			for range 9 {
				lose(s, 1, at)
			}
		}, false},
		"one that came back":   {func(s *trays) { lose(s, 1, at); lose(s, 2, at); lose(s, 3, at); s.saw(tray(2), true, at) }, false},
		"a number given again": {func(s *trays) { lose(s, 1, at); lose(s, 2, at); s.saw(identity.Actor{PID: 1, Start: 7}, false, at) }, true},
		"long ago":             {func(s *trays) { lose(s, 1, at.Add(-trayTime)); lose(s, 2, at); lose(s, 3, at) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &trays{}
			row.do(s)
			if c := s.component(at); (c != nil) != row.want || c != nil && c.GetName() != protocol.ComponentTray {
				t.Errorf("%v", c)
			}
		})
	}
}

// Three trays of the service's version that are killed are a failure that status
// tells, and with it the upgrade service; as many of another version are none
// (scenario 41).
func TestKilledTraysAreTold(t *testing.T) {
	s := newSite(t)
	s.run()
	c := s.client()
	told := func() string {
		for _, part := range s.status(c).GetComponents() {
			if part.GetName() == protocol.ComponentTray {
				return part.GetDetail()
			}
		}
		return ""
	}
	kill := func(v string, times int) {
		t.Helper()
		for range times {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childTray+"="+s.config.Socket, childVersion+"="+v)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatalf("the tray never came up: %v", err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed
		}
	}
	until := func(want string) {
		t.Helper()
		for end := time.Now().Add(stuck); !strings.Contains(told(), want); {
			if time.Now().After(end) {
				t.Fatalf("%q is told, want %q", told(), want)
			}
			time.Sleep(5 * time.Millisecond) // a poll, nothing is timed by it
		}
	}
	kill("0.0.1", trayEnds)
	kill(version.Version(), trayEnds-1)
	if got := told(); got != "" {
		t.Fatalf("before the third of this version: %q", got)
	}
	kill(version.Version(), 1)
	until("ended 3 times")
	kill(version.Version(), 1)
	until("ended 4 times")
}

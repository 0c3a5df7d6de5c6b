package relay

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/session/wire"
)

// farSide, in the environment, tells this test's second process that it is on
// a network of its own.
const farSide = "BECKMANCONNECT_TEST_RELAY_FAR_SIDE"

// B5, with a real wire: the relay stands on the other end of a cable whose
// plug is pulled there. TCP notices nothing; the session ends all the same.
func TestPulledPlug(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to lay a cable")
	}
	if os.Getenv(farSide) == "" {
		again(t)
		return
	}
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v\n%s", args, err, out)
		}
	}
	listener, far := relayRoom(t)
	inRelayRoom := func(args ...string) {
		t.Helper()
		all := append([]string{"--net=/proc/self/fd/3", "--", "ip"}, args...)
		cmd := exec.CommandContext(t.Context(), "nsenter", all...)
		cmd.ExtraFiles = []*os.File{far}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v\n%s", args, err, out)
		}
	}
	// A fixed name and number, but in rooms nobody else is in.
	ip("link", "set", "lo", "up")
	ip("link", "add", "wire", "type", "veth", "peer", "name", "far")
	moved := exec.CommandContext(t.Context(), "ip", "link", "set", "far", "netns", fmt.Sprint(roomHolder))
	if out, err := moved.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ip("addr", "add", "192.0.2.2/24", "dev", "wire")
	ip("link", "set", "wire", "up")
	inRelayRoom("addr", "add", "192.0.2.1/24", "dev", "far")
	inRelayRoom("link", "set", "far", "up")

	r := newRigWith(t, listener, nil)
	e := r.enter()
	e.say(wire.Message{Type: "ask", ID: "c", Capability: wire.Control})
	r.answer(1, true)
	help := r.attach(1)
	r.await("control in use", func(d *desk) bool { return len(d.state.GetLeases()) == 1 && d.state.Leases[0].Active })
	r.s.mu.Lock()
	here := r.s.carrier
	r.s.mu.Unlock()
	if here.String() != "192.0.2.2" {
		t.Fatalf("the session runs by %v", here)
	}
	pulled := time.Now()
	inRelayRoom("link", "set", "far", "down")
	r.await("the end", func(d *desk) bool { return d.state.GetEndedCode() == "network-unplugged" })
	t.Logf("ended %v after the plug was pulled", time.Since(pulled).Round(time.Millisecond))
	help.get(t, func(c *hostpb.HelperCommand) bool { return c.GetReleaseKeys() != nil })
	help.get(t, isStop)
	if k := r.kinds(); k["session.ended"] != 1 || k["session.link-lost"] != 0 {
		t.Errorf("the log says %v", k)
	}
}

// again runs the present test once more with a network of its own, which ends
// with that process.
func again(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), farSide+"=1", "NO_PROXY=*", "no_proxy=*")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("with a network of its own (root, CAP_SYS_ADMIN and CAP_NET_ADMIN are needed): %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// roomHolder is the thread that holds the relay's room.
var roomHolder int

// relayRoom is one more network, for the relay: a listener in it on all
// addresses, and the way in. A socket stays where it was made.
func relayRoom(t *testing.T) (net.Listener, *os.File) {
	t.Helper()
	type made struct {
		l   net.Listener
		f   *os.File
		err error
	}
	ready, done := make(chan made), make(chan struct{})
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its room
		var m made
		if m.err = unix.Unshare(unix.CLONE_NEWNET); m.err == nil {
			roomHolder = unix.Gettid()
			if m.f, m.err = os.Open("/proc/thread-self/ns/net"); m.err == nil {
				m.l, m.err = net.Listen("tcp4", "0.0.0.0:8443")
			}
		}
		ready <- m
		<-done
	}()
	m := <-ready
	if m.err != nil {
		t.Fatal(m.err)
	}
	t.Cleanup(func() {
		m.f.Close()
		close(done)
	})
	return m.l, m.f
}

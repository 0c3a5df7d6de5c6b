package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// The tests in this file run real processes of other accounts over a real
// socket: this test program again, as the part named in the environment.
const partVariable = "BECKMANCONNECT_TEST_PART"

func TestMain(m *testing.M) {
	part := map[string]func(path string) error{
		"call": partCall, "hand on": partHandOn, "wait": partWait, "squat": partSquat,
	}[os.Getenv(partVariable)]
	if part == nil {
		os.Exit(m.Run())
	}
	if err := part(os.Args[1]); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to run programs of other accounts")
	}
}

// play starts a part as an account; what it prints comes line by line.
func play(t *testing.T, part string, uid uint32, path string) (lines *bufio.Scanner, in io.WriteCloser, cmd *exec.Cmd) {
	t.Helper()
	asRoot(t)
	program := filepath.Join(publicDir(t), "part")
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(program, path)
	cmd.Env = append(os.Environ(), partVariable+"="+part)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return bufio.NewScanner(out), in, cmd
}

// publicDir is a folder that every account may enter and only we may write.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ipc")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func said(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the part ended without a word: %v", lines.Err())
	}
	return lines.Text()
}

// real serves a fake host on a real socket.
func real(t *testing.T, rules identity.Rules, config pipe.Config) (path string, host *ipctest.Host) {
	t.Helper()
	config.Path = filepath.Join(publicDir(t), "run", "host.sock")
	l, err := pipe.Listen(config)
	if err != nil {
		t.Fatal(err)
	}
	host = ipctest.Start(t, ipctest.Config{}).Host
	s, err := server.New(server.Config{Host: host, Version: "1", Epoch: "e", Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(config.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket outlived its server: %v", err)
		}
	})
	return config.Path, host
}

func partCall(path string) error {
	c, err := client.Dial(context.Background(), client.Config{Socket: path, Program: protocol.Window, Version: "1"})
	if err != nil {
		fmt.Println(client.Code(err))
		return nil
	}
	defer c.Close()
	_, err = c.Host.RequestHelp(context.Background(), &hostpb.RequestHelpRequest{})
	fmt.Printf("%v %q\n", c.Hello().GetRoles(), client.Code(err))
	return nil
}

// scenario 2: the kernel names the caller, and its account decides.
func TestOtherAccounts(t *testing.T) {
	asRoot(t)                                    // already to give the pipe to a group
	everyone := identity.Rules{Self: "uid:4000"} // as the service's own account would be
	seat := "[technician] \"\""
	if _, err := os.Stat("/run/systemd/seats"); err == nil {
		seat = "[] \"not-permitted\"" // these accounts have no session at this PC's seat
	}
	tests := map[string]struct {
		uid    uint32
		config pipe.Config
		want   string
	}{
		"a person":                   {5001, pipe.Config{Users: true}, seat},
		"root":                       {0, pipe.Config{Users: true}, "[it] \"not-permitted\""},
		"a program's account":        {333, pipe.Config{Users: true}, "[] \"not-permitted\""},
		"nobody":                     {65534, pipe.Config{Users: true}, "[] \"not-permitted\""},
		"the service's own":          {4000, pipe.Config{Users: true}, "[technician it service] \"\""},
		"a person, restricted":       {5001, pipe.Config{}, "not-permitted"},
		"own account, restricted":    {4000, pipe.Config{}, "not-permitted"},
		"root, restricted":           {0, pipe.Config{}, "[it] \"not-permitted\""},
		"a person, another's group":  {5001, pipe.Config{Group: "root"}, "not-permitted"},
		"a person, users and group":  {5001, pipe.Config{Group: "root", Users: true}, seat},
		"a dynamic account's number": {61200, pipe.Config{Users: true}, "[] \"not-permitted\""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path, host := real(t, everyone, tt.config)
			lines, _, cmd := play(t, "call", tt.uid, path)
			if got := said(t, lines); got != tt.want {
				t.Errorf("user %d: %s, want %s", tt.uid, got, tt.want)
			}
			for _, c := range host.Calls() {
				if c.Actor.UID != int(tt.uid) || c.Actor.PID != cmd.Process.Pid || c.Actor.Start == 0 {
					t.Errorf("the kernel named %+v, the caller was pid %d", c.Actor, cmd.Process.Pid)
				}
			}
		})
	}
}

func partHandOn(path string) error {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	f, err := conn.(*net.UnixConn).File()
	if err != nil {
		return err
	}
	// Another program inherits the connection, and this one ends.
	heir := exec.Command(os.Args[0], path)
	heir.Env = append(os.Environ(), partVariable+"=wait")
	heir.Stdin, heir.Stdout, heir.ExtraFiles = os.Stdin, os.Stdout, []*os.File{f}
	return heir.Start()
}

// partWait calls over the inherited connection when it is told to.
func partWait(path string) error {
	fmt.Println("heir")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	conn, err := net.FileConn(os.NewFile(3, "pipe"))
	if err != nil {
		return err
	}
	c, err := client.Dial(context.Background(), client.Config{Program: protocol.Window,
		DialPipe: func(context.Context) (net.Conn, error) { return conn, nil }})
	if err == nil {
		c.Close()
	}
	fmt.Println(client.Code(err))
	return nil
}

// scenario 2: a connection that outlives the process that made it, as a
// reused process ID would, is refused.
func TestConnectionOutlivesItsProcess(t *testing.T) {
	path, host := real(t, identity.Rules{}, pipe.Config{Users: true})
	lines, in, cmd := play(t, "hand on", 5001, path)
	if got := said(t, lines); got != "heir" {
		t.Fatal(got)
	}
	if _, err := cmd.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "go\n"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, lines); got != protocol.CodeUnknownCaller && got != protocol.CodeUnavailable {
		t.Errorf("the heir got %q", got)
	}
	if calls := host.Calls(); len(calls) > 0 {
		t.Errorf("the host was reached: %v", calls)
	}
}

func partSquat(path string) error {
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return err
	}
	fmt.Println("listening")
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	b, err := io.ReadAll(conn)
	fmt.Printf("%d bytes, %v\n", len(b), err)
	return nil
}

// scenario 1: another account's program waits under the name. The client says
// not a word to it.
func TestClientRefusesAnotherAccountsServer(t *testing.T) {
	dir := publicDir(t)
	run := filepath.Join(dir, "run")
	if err := errors.Join(os.Mkdir(run, 0o755), os.Chown(run, 5001, 5001)); err != nil {
		t.Skip("needs root to make another account's folder")
	}
	path := filepath.Join(run, "host.sock")
	lines, _, _ := play(t, "squat", 5001, path)
	if got := said(t, lines); got != "listening" {
		t.Fatal(got)
	}
	_, err := client.Dial(t.Context(), client.Config{Socket: path, Program: protocol.Tray})
	if client.Code(err) != protocol.CodeUntrusted || !errors.Is(err, pipe.ErrUntrusted) {
		t.Errorf("dial: %v", err)
	}
	if got := said(t, lines); got != "0 bytes, <nil>" {
		t.Errorf("the squatter got %s", got)
	}
}

// scenario 5: there is no listener that a web page could reach, and what
// speaks HTTP to the socket gets no byte of an answer.
func TestNothingForTheWeb(t *testing.T) {
	path, host := real(t, identity.Rules{}, pipe.Config{Users: true})
	if l := listeningTCP(t); len(l) > 0 {
		t.Errorf("the process listens on TCP: %v", l)
	}
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n",
		"POST /beckmanconnect.host.v1.Host/EndSession HTTP/1.1\r\nHost: rebound.example\r\nContent-Length: 0\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaa", // TLS
		"beckmanconnecT\x01\x00" + strings.Repeat("x", 64),
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(conn)
		if len(b) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.20q was answered with %q, %v", request, b, err)
		}
		conn.Close()
	}
	if calls := host.Calls(); len(calls) > 0 {
		t.Errorf("the host was reached: %v", calls)
	}
}

// listeningTCP lists the TCP sockets on which this process listens.
func listeningTCP(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				ours = append(ours, strings.TrimSuffix(inode, "]"))
			}
		}
	}
	var found []string
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		b, err := os.ReadFile(table)
		if errors.Is(err, os.ErrNotExist) {
			continue // no IPv6 here
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			const listening = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listening && slices.Contains(ours, f[9]) {
				found = append(found, f[1])
			}
		}
	}
	return found
}

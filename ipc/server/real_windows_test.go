package server_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/windows"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/ipctest"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// underWine: Wine lets the first client connect to the placeholder instance of
// the listener, where nobody answers. Test-only.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// The whole way over a real named pipe: descriptor, first instance, identity
// of the client, verification of the server, calls and events. What Wine says
// about other accounts proves nothing; that part is to be run on Windows.
func TestNamedPipe(t *testing.T) {
	path := fmt.Sprintf(`\\.\pipe\beckmanconnect-test-%d`, os.Getpid())
	if _, err := client.Dial(t.Context(), client.Config{Socket: path, Program: protocol.Tray}); !errors.Is(err, pipe.ErrNotRunning) {
		t.Errorf("without a server: %v", err)
	}
	l, err := pipe.Listen(pipe.Config{Path: path, Users: true})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := pipe.Listen(pipe.Config{Path: path, Users: true}); !errors.Is(err, pipe.ErrInUse) {
		if err == nil {
			second.Close()
		}
		if !underWine() { // Wine 8 lets a second "first instance" be made
			t.Errorf("a second server: %v", err)
		}
	}
	f := ipctest.Start(t, ipctest.Config{})
	s, err := server.New(server.Config{Host: f.Host, Version: "1", Epoch: ipctest.Epoch})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	if underWine() {
		if c, err := pipe.Dial(t.Context(), pipe.DialConfig{Path: path}); err == nil {
			c.Close()
		}
	}
	c, err := client.Dial(t.Context(), client.Config{Socket: path, Program: protocol.Window, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Host.RequestHelp(t.Context(), &hostpb.RequestHelpRequest{}); err != nil {
		t.Fatal(err)
	}
	own, err := identity.Self()
	if err != nil {
		t.Fatal(err)
	}
	call := f.Host.Calls("RequestHelp")[0]
	if call.Actor.ID != own || call.Actor.PID != os.Getpid() || call.Actor.Start == 0 {
		t.Errorf("the kernel named %+v, we are %s pid %d", call.Actor, own, os.Getpid())
	}
	follow, stop := context.WithCancel(t.Context())
	defer stop()
	_ = client.Follow(follow, client.Config{Socket: path, Program: protocol.Tray, Version: "1"}, func(e *hostpb.Event) {
		switch {
		case e.GetReset_() != nil:
			f.Raise(&hostpb.Notification{Code: "disk-nearly-full"})
		case e.GetSeq() == 1:
			stop()
		}
	}, nil)
	var silent net.Conn
	if silent, err = pipe.Dial(t.Context(), pipe.DialConfig{Path: path}); err != nil {
		t.Fatal(err)
	}
	if err := silent.Close(); err != nil {
		t.Error(err)
	}
}

const twenty = 20

// The twenty clients at once over one named pipe: each is named by the
// kernel, is answered, and is seen to go.
func TestTwentyClients(t *testing.T) {
	path := fmt.Sprintf(`\\.\pipe\beckmanconnect-twenty-%d`, os.Getpid())
	l, err := pipe.Listen(pipe.Config{Path: path, Users: true})
	if err != nil {
		t.Fatal(err)
	}
	f := ipctest.Start(t, ipctest.Config{})
	s, err := server.New(server.Config{Host: f.Host, Version: "1", Epoch: ipctest.Epoch})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	if underWine() {
		if c, err := pipe.Dial(t.Context(), pipe.DialConfig{Path: path}); err == nil {
			c.Close()
		}
	}
	clients, together := errgroup.WithContext(t.Context())
	all := make(chan struct{}) // closed when every client is connected
	var connected atomic.Int32
	for range twenty {
		clients.Go(func() error {
			c, err := client.Dial(t.Context(), client.Config{Socket: path, Program: protocol.Window, Version: "1"})
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := c.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{}); err != nil {
				return err
			}
			if connected.Add(1) == twenty {
				close(all)
			}
			select { // all of them hold their connection at the same time
			case <-all:
			case <-together.Done():
				return together.Err()
			}
			_, err = c.Host.GetStatus(t.Context(), &hostpb.GetStatusRequest{})
			return err
		})
	}
	if err := clients.Wait(); err != nil {
		t.Fatal(err)
	}
	calls := f.Host.Calls("GetStatus")
	if len(calls) != 2*twenty {
		t.Errorf("%d calls", len(calls))
	}
	for _, call := range calls {
		if call.Actor.PID != os.Getpid() || call.Actor.Start == 0 || call.Actor.Session == "" {
			t.Fatalf("the kernel named %+v", call.Actor)
		}
	}
}

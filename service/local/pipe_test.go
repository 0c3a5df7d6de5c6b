package local

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"beckmanconnect/ipc/client"
	"beckmanconnect/ipc/pipe"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/ipc/server"
)

// serve puts the lab behind a real pipe, until the test ends, and gives a way to
// connect to it.
func (l *lab) serve() func() *client.Client {
	l.t.Helper()
	dir, err := os.MkdirTemp("", "bc") // short: a socket's path has 107 bytes
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "host.sock")
	listener, err := pipe.Listen(pipe.Config{Path: socket, Users: true})
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := server.New(server.Config{Host: l.Host, Version: "1", Epoch: l.store.Epoch()})
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	l.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			l.t.Errorf("the pipe: %v", err)
		}
	})
	return func() *client.Client {
		l.t.Helper()
		c, err := client.Dial(l.t.Context(), client.Config{Socket: socket, Program: protocol.Ctl, Version: "1"})
		if err != nil {
			l.t.Fatal(err)
		}
		l.t.Cleanup(func() { c.Close() })
		return c
	}
}

// until waits for what comes by itself; the test's own deadline ends it.
func (l *lab) until(ok func() bool) {
	l.t.Helper()
	for !ok() {
		select {
		case <-l.t.Context().Done():
			l.t.Fatal("it never came")
		case <-time.After(time.Millisecond): // then look again
		}
	}
}

package badlink

import (
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// open makes a link to a server that sends what it is asked for and echoes
// nothing else.
func open(t *testing.T, c Config) (*Link, net.Conn) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: networks of the test's own cannot be made")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("no TUN devices here: ", err)
	}
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buf := make([]byte, 1)
				for {
					if _, err := conn.Read(buf); err != nil {
						return
					}
					if _, err := conn.Write(make([]byte, int(buf[0])<<10)); err != nil {
						return
					}
				}
			}()
		}
	}()
	conn, err := l.Dial(t.Context(), server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return l, conn
}

// get asks for KiB and gives how long they took.
func get(t *testing.T, conn net.Conn, kib byte) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := conn.Write([]byte{kib}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, conn, int64(kib)<<10); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// A link is never quicker than it says. That it may be slower is the machine's
// doing, and not held against it.
func TestLink(t *testing.T) {
	l, conn := open(t, Config{Rate: 2_000_000, Delay: 20 * time.Millisecond})
	if took := get(t, conn, 1); took < 40*time.Millisecond {
		t.Errorf("there and back within %v", took)
	}
	if took := get(t, conn, 100); took < 400*time.Millisecond {
		t.Errorf("100 KiB at 2 Mbit/s within %v", took)
	}
	down, up := l.Seen()
	if down.Bytes < 101<<10 || up.Packets == 0 || down.Waited == 0 || down.Lost > 0 {
		t.Errorf("down %+v, up %+v", down, up)
	}
}

// TCP gets everything through what loses much.
func TestLoss(t *testing.T) {
	l, conn := open(t, Config{Rate: 20_000_000, Loss: 0.1, Seed: 1})
	get(t, conn, 200)
	if down, _ := l.Seen(); down.Lost == 0 {
		t.Error("nothing was lost")
	}
}

func TestClose(t *testing.T) {
	l, conn := open(t, Config{})
	get(t, conn, 1)
	l.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlives its link")
	}
}

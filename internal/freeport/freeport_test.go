package freeport

import (
	"net"
	"strconv"
	"testing"
)

// A chosen port can be had, and is none that somebody may be given who asks for
// any.
func TestChoose(t *testing.T) {
	for range 200 {
		port, err := Choose()
		if err != nil {
			t.Fatal(err)
		}
		if port < first || port >= end {
			t.Fatalf("%d", port)
		}
	}
	at := Address(t)
	host, port, err := net.SplitHostPort(at)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || host != "127.0.0.1" || n < first || n >= end {
		t.Fatalf("%q: %v", at, err)
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

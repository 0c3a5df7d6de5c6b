// Package freeport chooses ports of loopback for servers that cannot take any
// and say which: other people's programs, as tests, build/stage and
// build/benchmark start them.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// The ports to choose from are below those that a system hands out to whoever
// asks for any (Linux: from 32768; Windows, by RFC 6335: from 49152). One of
// those could be somebody else's before the server has it.
const first, end = 20000, 32000

// Choose is a TCP port that nobody has. It is random, so that tests that run
// beside each other do not choose the same.
func Choose() (int, error) {
	for range 100 {
		port := first + rand.IntN(end-first)
		l, err := net.Listen("tcp", address(port))
		switch {
		case err == nil:
			return port, l.Close()
		case !errors.Is(err, syscall.EADDRINUSE):
			return 0, fmt.Errorf("choose a port: %w", err)
		}
	}
	return 0, errors.New("choose a port: 100 of them are somebody's")
}

// Address is Choose for a test: "127.0.0.1:PORT".
func Address(t interface {
	Helper()
	Fatal(...any)
}) string {
	t.Helper()
	port, err := Choose()
	if err != nil {
		t.Fatal(err)
	}
	return address(port)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

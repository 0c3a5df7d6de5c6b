// Package pipe opens the local pipe: a unix socket on Linux, a named pipe on
// Windows. Both ends check each other by what the kernel says (scenario 1).
//
// The server refuses to start when the name is held by somebody else, and
// never removes anything it cannot prove to be its own dead socket. The
// client talks only to a server of the service's account, of root or SYSTEM,
// or (in builds that are not for production) of its own account.
package pipe

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Kinds of failure, for errors.Is.
var (
	// ErrInUse: a living server already has the name.
	ErrInUse = errors.New("another server is already listening")
	// ErrSquatted: the name, or a folder on the way to it, belongs to
	// somebody who must not own it.
	ErrSquatted = errors.New("the name is held by something that is not ours")
	// ErrUntrusted: the server at the other end is not the service.
	ErrUntrusted = errors.New("the server is not the BeckmanConnect service")
	// ErrNotRunning: nobody listens.
	ErrNotRunning = errors.New("the service is not running")
	// ErrNotAdmitted: the system does not let this account connect.
	ErrNotAdmitted = errors.New("this account may not connect")
	// ErrName: the path can never be a pipe of ours.
	ErrName = errors.New("unsuitable pipe name")
)

// Config says where to listen and who may connect. Who may do what is decided
// by roles, for every call; this is the fence before it.
type Config struct {
	// Path is an absolute path on Linux, \\.\pipe\name on Windows.
	Path string
	// Users lets every interactive user of this PC connect. Otherwise only
	// root or administrators, the server's own account, and the next two.
	Users bool
	// Group may connect too (Linux).
	Group string
	// Accounts may connect too, as SIDs (Windows).
	Accounts []string
}

// Listen takes the name and listens. Closing the listener gives it back.
func Listen(c Config) (net.Listener, error) {
	l, err := listen(c)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; %s", c.Path, err, advice(err))
	}
	return l, nil
}

// advice is what to do when the name cannot be had.
func advice(err error) string {
	switch {
	case errors.Is(err, ErrInUse):
		return "stop the other service, or name another path in the configuration"
	case errors.Is(err, ErrSquatted):
		return "find out what put it there, remove it, then start again"
	case errors.Is(err, ErrName):
		return "name another path in the configuration"
	}
	return "give this account the right to make it, or name another path in the configuration"
}

// DialConfig says where the server is and whose it must be.
type DialConfig struct {
	Path string
	// Account is the service's account. Empty: DefaultAccount. An account
	// that does not exist on this PC is nobody's.
	Account string
}

// Dial connects and verifies the server before a byte is sent to it.
func Dial(ctx context.Context, c DialConfig) (net.Conn, error) {
	if c.Account == "" {
		c.Account = DefaultAccount
	}
	conn, err := dial(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.Path, err)
	}
	return conn, nil
}

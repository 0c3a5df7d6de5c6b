//go:build !linux

package badlink

import (
	"context"
	"errors"
	"net"
)

// Link is there on Linux only.
type Link struct{}

var errLinux = errors.New("badlink: needs Linux")

// Open fails.
func Open(Config) (*Link, error) { return nil, errLinux }

// Close does nothing.
func (*Link) Close() {}

// Seen is nothing.
func (*Link) Seen() (down, up Seen) { return }

// Dial fails.
func (*Link) Dial(context.Context, string) (net.Conn, error) { return nil, errLinux }

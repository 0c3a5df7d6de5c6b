//go:build !windows

package netdial

import (
	"errors"
	"net/url"
	"syscall"
)

// What the system says of an address that cannot be reached.
const (
	errConnectionRefused = syscall.ECONNREFUSED
	errNetUnreachable    = syscall.ENETUNREACH
	errHostUnreachable   = syscall.EHOSTUNREACH
)

// systemRoute: beside the environment there is nothing of the system's to ask.
// A PAC script is a program; only Windows brings what runs it.
func systemRoute(_ *url.URL, pac string) (route, error) {
	if pac != "" {
		return route{}, &ProxyError{Code: CodeProxyPAC, Err: errors.New("a PAC script cannot be used on this system; set the proxy's own address")}
	}
	return route{}, nil
}

// userScript: see systemRoute.
func userScript(_ *url.URL, pac string) (route, error) { return systemRoute(nil, pac) }

// Package userproxy reads which proxy the desktop of this log-on goes through.
// The service's account cannot see it, and is told of it (P11).
package userproxy

import "beckmanconnect/ipc/hostpb"

// Most of what is told, in bytes, as the service takes it; what is longer is not
// a setting that anybody made.
const (
	maxList = 1024
	maxMore = 2048
)

// request is what is told of settings as the system has them.
func request(proxy, bypass, pac string, detect bool) *hostpb.OfferProxyRequest {
	r := &hostpb.OfferProxyRequest{Detect: detect}
	if len(proxy) <= maxList && len(bypass) <= maxMore {
		r.Proxy, r.Bypass = proxy, bypass
	}
	if len(pac) <= maxMore {
		r.PacUrl = pac
	}
	return r
}

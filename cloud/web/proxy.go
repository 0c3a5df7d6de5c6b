package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are what may stand between the cloud and its callers. The header in
// which they name a caller is read from them alone; from anybody else it is
// what anybody can write.
type Proxies []netip.Prefix

// maxHops bounds what is read of the header.
const maxHops = 20

// Resolve puts the caller's own address into RemoteAddr, where Address finds
// it: the last one named that is no proxy of ours. A header that cannot be read
// leaves the proxy's address, which is nobody's.
func (p Proxies) Resolve(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if caller, ok := p.caller(r); ok {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(caller.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

func (p Proxies) caller(r *http.Request) (netip.Addr, bool) {
	if !p.contain(Address(r)) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if len(hops) > maxHops {
		hops = hops[len(hops)-maxHops:]
	}
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || a.Zone() != "" {
			return netip.Addr{}, false
		}
		if a = a.Unmap(); !p.contain(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

func (p Proxies) contain(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

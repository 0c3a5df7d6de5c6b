package web

import (
	"crypto/x509"
	"net/http"
	"net/netip"
	"slices"

	"golang.org/x/time/rate"

	"beckmanconnect/internal/cloudapi"
)

// DeviceID gives the device that proved itself in the TLS handshake, or "".
//
// A device certificate may sign session certificates, so a device could also
// sign a leaf that names another device. What counts is therefore a
// certificate directly under the device CA, whose name is that of its own key.
func DeviceID(r *http.Request) string {
	if r.TLS == nil {
		return ""
	}
	for _, chain := range r.TLS.VerifiedChains {
		if len(chain) != 2 {
			continue
		}
		leaf := chain[0]
		if id := leaf.Subject.CommonName; leaf.IsCA && id == cloudapi.DeviceID(leaf.RawSubjectPublicKeyInfo) &&
			slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
			return id
		}
	}
	return ""
}

// Address is the caller's network address. Headers that claim another one are
// not read here: see Proxies.
func Address(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// Networks are the sources a thing is open to (P21). None means nobody.
type Networks []netip.Prefix

// Contain tells whether the caller is in one of them.
func (n Networks) Contain(r *http.Request) bool {
	addr := Address(r)
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Only lets callers from these networks through.
func (n Networks) Only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.Contain(r) {
			Refused(r, ForeignNetwork)
			Fail(w, http.StatusForbidden, "network", "Staff sign in from the service network only.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Limiter bounds how often one address may do a thing. An IPv6 site has a
// whole /64, so that counts as one.
type Limiter struct {
	Every rate.Limit
	Burst int

	callers buckets[netip.Prefix]
}

// Allow counts one try.
func (l *Limiter) Allow(r *http.Request) bool {
	addr := Address(r)
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	key, err := addr.Prefix(bits)
	if err != nil {
		return false
	}
	return l.callers.get(key, l.Every, l.Burst).Allow()
}

// Limit refuses callers that come too often.
func (l *Limiter) Limit(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !l.Allow(r) {
			Refused(r, TooOften)
			w.Header().Set("Retry-After", "60")
			Fail(w, http.StatusTooManyRequests, "too-often", "Too many tries from this address; wait a minute.")
			return
		}
		next(w, r)
	}
}

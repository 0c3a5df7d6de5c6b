package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// P18: the header that names a caller counts from our own proxies alone, and
// only as far as they vouch for it.
func TestProxies(t *testing.T) {
	ours := Proxies{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("2001:db8:1::/64")}
	for _, c := range []struct {
		name, remote, want string
		proxies            Proxies
		header             []string
	}{
		{"nobody is trusted", "10.0.0.1:1", "10.0.0.1", nil, []string{"192.0.2.7"}},
		{"a stranger's word", "192.0.2.9:1", "192.0.2.9", ours, []string{"198.51.100.1"}},
		{"our proxy's word", "10.0.0.1:1", "192.0.2.7", ours, []string{"192.0.2.7"}},
		{"what the caller wrote before", "10.0.0.1:1", "192.0.2.7", ours, []string{"198.51.100.1, 192.0.2.7"}},
		{"in two headers", "10.0.0.1:1", "192.0.2.7", ours, []string{"198.51.100.1", "192.0.2.7"}},
		{"two proxies", "10.0.0.1:1", "192.0.2.7", ours, []string{"198.51.100.1, 192.0.2.7, 10.0.0.2"}},
		{"proxies alone", "10.0.0.1:1", "10.0.0.1", ours, []string{"10.0.0.3, 10.0.0.2"}},
		{"IPv6", "[2001:db8:1::1]:1", "2001:db8:2::7", ours, []string{"2001:db8:2::7"}},
		{"mapped", "[::ffff:10.0.0.1]:1", "192.0.2.7", ours, []string{"::ffff:192.0.2.7"}},
		{"no header", "10.0.0.1:1", "10.0.0.1", ours, nil},
		{"empty", "10.0.0.1:1", "10.0.0.1", ours, []string{""}},
		{"no address", "10.0.0.1:1", "10.0.0.1", ours, []string{"192.0.2.7, evil"}},
		{"with a port", "10.0.0.1:1", "10.0.0.1", ours, []string{"192.0.2.7:80"}},
		{"with a zone", "10.0.0.1:1", "10.0.0.1", ours, []string{"fe80::1%eth0"}},
	} {
		var got netip.Addr
		h := c.proxies.Resolve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Address(r) }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header["X-Forwarded-For"] = c.header
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

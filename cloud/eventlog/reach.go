package eventlog

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// reach is where something of ours may connect to by itself: public addresses,
// and the private networks that the configuration names (scenario 46). It is
// asked about the address that is really dialled, after names were resolved.
type reach []netip.Prefix

// notPublic is what netip does not know by itself as not public.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

func (n reach) allows(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	contains := func(p netip.Prefix) bool { return p.Contains(a) }
	if slices.ContainsFunc(n, contains) {
		return true
	}
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(notPublic, contains)
}

// control is for net.Dialer.
func (n reach) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("events: SIEM: %q is no address", address)
	}
	if !n.allows(ap.Addr()) {
		return fmt.Errorf("events: SIEM: %s is not a public address, and of no network that the configuration names", ap.Addr())
	}
	return nil
}

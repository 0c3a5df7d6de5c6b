package relay

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"beckmanconnect/service/support"
)

// Network is one network interface of this PC.
type Network struct {
	Name      string
	Attached  bool // switched on, and its link is there
	Loopback  bool
	Addresses []netip.Addr
}

// systemNetworks asks the system. Since Go 1.20 FlagRunning tells on Linux and
// on Windows whether there is a carrier.
func systemNetworks() ([]Network, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []Network
	for _, i := range list {
		n := Network{
			Name:     i.Name,
			Attached: i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0,
			Loopback: i.Flags&net.FlagLoopback != 0,
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // gone since the list was made
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				n.Addresses = append(n.Addresses, plain(p.Addr()))
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// plain makes addresses comparable, whoever wrote them.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// carrierOf is the address of this PC below a connection, or none.
func carrierOf(c net.Conn) netip.Addr {
	a := c.LocalAddr()
	if a == nil {
		return netip.Addr{}
	}
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return plain(p.Addr())
}

// attached says whether the interface with this address is there and has a
// link. Loopback has no plug.
func attached(here netip.Addr, networks []Network) bool {
	if here.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(networks, func(n Network) bool {
		return n.Attached && slices.Contains(n.Addresses, here)
	})
}

// blindLooks is how often in a row the networks may not be seen before that
// counts as unplugged.
const blindLooks = 4

// watchNetwork ends a session at once when the network below its connection to
// the relay is unplugged (B5). Connections themselves take minutes to notice.
// It goes on looking while the link is lost: on some systems the connection
// breaks first.
func (s *Support) watchNetwork(ctx context.Context) {
	blind := 0
	for ctx.Err() == nil {
		s.mu.Lock()
		session, here, changed := s.m.Snapshot(s.cfg.Now()).Session, s.carrier, s.changed
		s.mu.Unlock()
		if session == "" || !here.IsValid() {
			blind = 0
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		networks, err := s.cfg.Networks()
		if blind++; err == nil {
			blind = 0
		}
		if blind >= blindLooks || (err == nil && !attached(here, networks)) {
			s.mu.Lock()
			// Unless it came back by another network meanwhile.
			if s.carrier == here {
				s.doLocked(support.Unplugged{})
			}
			s.mu.Unlock()
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(s.cfg.LookAtNetwork):
		}
	}
}

package eventlog

import (
	"net/netip"
	"sync"
	"time"

	"beckmanconnect/cloud/events"
)

// What anybody can cause from outside is kept so often in one minute, of one
// address and of all; what is more is counted.
const (
	dampWindow  = time.Minute
	dampAddress = 30
	dampAll     = 600
)

type dampKey struct {
	kind events.Kind
	from netip.Prefix
}

// damp bounds what strangers can write into the log.
type damp struct {
	now func() time.Time

	mu    sync.Mutex
	since time.Time
	seen  map[dampKey]int
	all   map[events.Kind]int
	over  map[events.Kind]int
}

// pass tells whether an event is kept as it is. over is what was only counted
// in the minute before, by kind, once it is over.
func (d *damp) pass(e events.Event) (kept bool, over map[events.Kind]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	over = d.roll()
	key := dampKey{e.Kind, Network(e.Address)}
	if d.all[e.Kind] >= dampAll || d.seen[key] >= dampAddress {
		d.over[e.Kind]++
		return false, over
	}
	d.all[e.Kind]++
	d.seen[key]++
	return true, over
}

// due gives what was only counted in a minute that is over.
func (d *damp) due() map[events.Kind]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.roll()
}

func (d *damp) roll() (over map[events.Kind]int) {
	now := d.now()
	if age := now.Sub(d.since); d.seen != nil && age >= 0 && age < dampWindow {
		return nil
	}
	over = d.over
	d.since, d.seen, d.all, d.over = now, map[dampKey]int{}, map[events.Kind]int{}, map[events.Kind]int{}
	return over
}

// Network is what counts as one source: an IPv4 address, or a /64 of IPv6.
func Network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero value for the zero value
	return p
}

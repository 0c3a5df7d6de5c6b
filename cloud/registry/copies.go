package registry

import (
	"slices"
	"sync"
	"time"
)

const (
	alternateWithin = time.Hour
	bootsKept       = 8
)

// Copies finds two services that use one identity at the same time. A service
// names each of its starts by a random Boot, and of one PC only one runs at a
// time: once another start was seen, the one before never comes back. Two PCs
// with the same identity take the link from each other instead, so that both
// come back.
//
// One return alone is no proof: a virtual machine that was put back to an
// earlier moment returns once. What an older connection still had on its way
// counts as nothing, so neither does a socket that is half open.
type Copies struct {
	mu      sync.Mutex
	devices map[string]*starts
}

// starts is what was seen of one device.
type starts struct {
	connection uint64   // the newest that said anything
	boot       string   // what it said
	left       []string // boots before it, oldest first
	returns    []comeback
}

type comeback struct {
	boot string
	at   time.Time
}

// Seen is told of every status: over which connection (numbered in the order
// they were made) and from which start of the service. It reports whether the
// device is on two PCs.
func (c *Copies) Seen(device string, connection uint64, boot string, at time.Time) bool {
	if boot == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.devices == nil {
		c.devices = map[string]*starts{}
	}
	s := c.devices[device]
	if s == nil {
		s = &starts{}
		c.devices[device] = s
	}
	return s.seen(connection, boot, at)
}

// Forget begins anew with a device: its identity was decided about.
func (c *Copies) Forget(device string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.devices, device)
}

func (s *starts) seen(connection uint64, boot string, at time.Time) bool {
	if connection < s.connection {
		return false
	}
	s.connection = connection
	if s.boot == boot {
		return false
	}
	if s.boot != "" {
		s.left = append(s.left, s.boot)
		if len(s.left) > bootsKept {
			s.left = s.left[1:]
		}
	}
	s.boot = boot
	i := slices.Index(s.left, boot)
	if i < 0 {
		return false
	}
	s.left = slices.Delete(s.left, i, i+1)
	s.returns = slices.DeleteFunc(s.returns, func(r comeback) bool { return r.boot == boot || at.Sub(r.at) > alternateWithin })
	s.returns = append(s.returns, comeback{boot, at})
	return len(s.returns) > 1
}

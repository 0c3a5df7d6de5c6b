package server

import (
	"cmp"
	"time"
)

// Limits bound what callers can make the server hold. Zero values mean the
// defaults, which suit a PC with a handful of log-ins.
type Limits struct {
	Connections int           // open at once, over all callers; 512
	PerIdentity int           // open at once by one account; 64
	Openings    int           // connections that have not said Hello yet, over all callers; 128
	Pictures    int           // desktop helpers connected at once by one account; 2
	Calls       int           // calls in progress by one account; 128
	PerConn     int           // calls in progress on one connection; 32
	Opening     time.Duration // time to open a connection and say Hello; 10 s
	Call        time.Duration // time for one call that is not a stream; 60 s
	Write       time.Duration // time a caller may leave us waiting to be read; 10 s
	Grace       time.Duration // time for calls in progress when the server stops; 3 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Connections: cmp.Or(l.Connections, 512),
		PerIdentity: cmp.Or(l.PerIdentity, 64),
		Openings:    cmp.Or(l.Openings, 128),
		Pictures:    cmp.Or(l.Pictures, 2),
		Calls:       cmp.Or(l.Calls, 128),
		PerConn:     cmp.Or(l.PerConn, 32),
		Opening:     cmp.Or(l.Opening, 10*time.Second),
		Call:        cmp.Or(l.Call, time.Minute),
		Write:       cmp.Or(l.Write, 10*time.Second),
		Grace:       cmp.Or(l.Grace, 3*time.Second),
	}
}

// refusals is how many calls one connection may have refused before it is
// closed: who keeps knocking at closed doors is broken or hostile.
const refusals = 100

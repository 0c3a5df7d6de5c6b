// Package identity says who is at the other end of the local pipe.
//
// The kernel answers once, when a connection is accepted: user, process and
// the moment that process started. What a caller says about itself never
// counts, and a process ID alone is no identity, since IDs are used again
// (scenario 2). The decision what an identity may act as is Rules.Roles, pure
// and the same on every system; the calls into the kernel stand in
// peer_linux.go and peer_windows.go.
package identity

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// Roles is the set of roles an actor may act in.
type Roles uint8

// A caller may have several roles, or none.
const (
	Technician Roles = 1 << iota // an interactive user of this PC
	IT                           // root, or an elevated administrator
	Service                      // the service's own account
)

var roleNames = []struct {
	role Roles
	name string
}{{Technician, "technician"}, {IT, "it"}, {Service, "service"}}

// Any reports whether r and wanted have a role in common.
func (r Roles) Any(wanted Roles) bool { return r&wanted != 0 }

// Names lists the roles as HelloReply carries them.
func (r Roles) Names() []string {
	var names []string
	for _, n := range roleNames {
		if r.Any(n.role) {
			names = append(names, n.name)
		}
	}
	return names
}

func (r Roles) String() string {
	if r == 0 {
		return "none"
	}
	return strings.Join(r.Names(), "+")
}

// Seat says whether a user sits at this PC.
type Seat uint8

// Unknown is not the same as None: a system without a log-in manager cannot
// say, and then the kind of account decides.
const (
	SeatUnknown Seat = iota
	SeatNone
	SeatLocal
)

// Actor is who calls. The zero value is nobody.
type Actor struct {
	ID      string // "uid:1000" on Linux, a SID on Windows: equal means the same account
	UID     int    // Linux; -1 elsewhere
	User    string // account name for people, may be empty
	PID     int
	Start   uint64 // when the process started, in the system's own unit; 0: unknown
	Session string // log-in session, as the system numbers it; empty: unknown

	Seat          Seat
	Elevated      bool // root, SYSTEM, or administrator rights in force
	Remote        bool // came over the network (Windows network log-on)
	LowIntegrity  bool // below medium integrity, or in an app container (Windows)
	SystemAccount bool // an account for programs, not for people

	Roles Roles // set by the server from Rules
}

// Known reports whether the kernel named the actor.
func (a Actor) Known() bool { return a.ID != "" }

// String is for logs: account and process.
func (a Actor) String() string {
	name := a.ID
	if a.User != "" {
		name = fmt.Sprintf("%s (%s)", a.User, a.ID)
	}
	return fmt.Sprintf("%s pid %d", name, a.PID)
}

// LogValue keeps the log to what names the caller.
func (a Actor) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", a.ID), slog.String("user", a.User), slog.Int("pid", a.PID),
		slog.String("session", a.Session), slog.String("roles", a.Roles.String()))
}

type contextKey struct{}

// NewContext returns a context that carries the actor.
func NewContext(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// FromContext returns the actor of a call, or nobody. Nobody has no role, so
// code that forgets to check still refuses.
func FromContext(ctx context.Context) Actor {
	a, _ := ctx.Value(contextKey{}).(Actor)
	return a
}

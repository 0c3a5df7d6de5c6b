package service

import (
	"context"
	"strconv"
	"sync"

	"beckmanconnect/ipc/identity"
	"beckmanconnect/ipc/protocol"
	"beckmanconnect/service/local"
	"beckmanconnect/store"
)

// maxPeople bounds what is remembered of who was here.
const maxPeople = 1000

// people remembers who connected since the service started, so that each
// person's coming in a log-in session is on record once.
type people struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first tells whether somebody comes for the first time.
func (p *people) first(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[key] {
		return false
	}
	if p.seen == nil || len(p.seen) >= maxPeople {
		p.seen = map[string]bool{}
	}
	p.seen[key] = true
	return true
}

// programs whose names may stand in the log: what else a caller names itself is
// its own text.
var programs = map[string]bool{protocol.Window: true, protocol.Prompt: true, protocol.Tray: true, protocol.Ctl: true, protocol.Desktop: true, protocol.Upgrade: true}

// greeted puts on record that a technician or IT came in, before they can do
// anything. A log that cannot be written keeps nobody from seeing alarms.
func (h *house) greeted(ctx context.Context, program string) {
	actor := identity.FromContext(ctx)
	if !actor.Roles.Any(identity.Technician | identity.IT) {
		return
	}
	who := local.Person(ctx, "")
	if !h.people.first(who.Role + " " + actor.ID + " " + actor.Session) {
		return
	}
	if !programs[program] {
		program = "other"
	}
	h.append(ctx, store.Entry{Kind: "person.connected", Actor: who.Role, Subject: program, Fields: map[string]string{
		"elevated": strconv.FormatBool(actor.Elevated), "remote": strconv.FormatBool(actor.Remote),
	}, Personal: who.Fields()})
}

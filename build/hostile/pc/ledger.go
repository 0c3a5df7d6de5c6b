package pc

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel"
	"beckmanconnect/session/screen"
)

// Witness is told what is found: an act without the technician's yes, and what
// happened with it.
type Witness interface {
	Act(what, format string, args ...any)
	Live(what string)
}

// Ledger is what the script knows by itself, from what it did and what it let
// the technician do. It never asks the service whether something was allowed.
type Ledger struct {
	w   Witness
	now func() support.Moment

	mu       sync.Mutex
	asked    int                        // calls for help
	resets   int                        // of the counter of wrong codes, by IT
	tokens   int                        // helpers that were attached
	pins     int                        // PINs that were set
	codes    []string                   // ever given out
	holders  map[string]map[string]bool // request → accounts that try the right code
	people   map[string]channel.Identity
	sessions map[string]string // session → account
	resumes  map[string]int    // account → resumptions with a proof of its own
	prompts  map[string]*hostpb.Prompt
	gone     map[string]bool
	grants   []*grant
	inputs   map[string]*input
	count    int
	last     int // newest input that arrived
	pictures map[[32]byte]*picture
	received map[string]bool   // files seen in the folder
	channels map[string]bool   // words of honest engineers' channels; nil: not known
	begun    map[string]string // session → words under which it began
	shares   bool              // a site policy allowed chat, pointer and clipboard
	clips    map[string]bool   // text that was copied → whether it may leave
}

// grant is one yes of the technician.
type grant struct {
	prompt     *hostpb.Prompt
	duration   hostpb.Duration_
	until      *time.Duration // on the monotonic clock
	ended      bool
	handedOver bool // the one command that may be under way when a right ends
	recorded   bool
}

// input is one act of the remote side's keyboard or mouse, by its marker.
type input struct {
	number  int
	never   bool
	arrived bool
}

type picture struct {
	session string
	allowed bool
	seen    bool
}

func newLedger(w Witness, now func() support.Moment) *Ledger {
	return &Ledger{
		w: w, now: now, holders: map[string]map[string]bool{}, people: map[string]channel.Identity{},
		sessions: map[string]string{}, resumes: map[string]int{}, prompts: map[string]*hostpb.Prompt{}, gone: map[string]bool{},
		inputs: map[string]*input{}, pictures: map[[32]byte]*picture{}, received: map[string]bool{}, begun: map[string]string{}, clips: map[string]bool{},
	}
}

// clockSlack is what the service's own clock reading may lag behind ours.
const clockSlack = 2 * time.Second

func (l *Ledger) alive(g *grant) bool {
	return !g.ended && (g.until == nil || l.now().Mono < *g.until+clockSlack)
}

func (l *Ledger) holds(session string, c hostpb.Capability) *grant {
	for _, g := range slices.Backward(l.grants) {
		if g.prompt.SessionId == session && g.prompt.Capability == c && l.alive(g) {
			return g
		}
	}
	return nil
}

// Holds says whether the technician's yes to a capability still lives.
func (l *Ledger) Holds(session string, c hostpb.Capability) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holds(session, c) != nil
}

// Holder notes that this account is going to try the right code.
func (l *Ledger) Holder(request string, id channel.Identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holders[request] == nil {
		l.holders[request] = map[string]bool{}
	}
	l.holders[request][id.Account] = true
	l.people[id.Account] = id
}

// Resumes notes that this account comes back with a proof of its own.
func (l *Ledger) Resumes(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resumes[account]++
}

// Resumed notes that an engineer was let back in. right says that its proof
// was its own and its newest.
func (l *Ledger) Resumed(session, account string, right bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !right || l.sessions[session] != account {
		l.w.Act("resume", "%s came back into session %s of %q with a proof that is none", account, session, l.sessions[session])
	}
}

// KnowChannels has sessions held against the channels that Channel names.
func (l *Ledger) KnowChannels() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.channels = map[string]bool{}
}

// Channel notes the words an honest engineer reads on a channel of theirs.
func (l *Ledger) Channel(words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.channels[words] = true
}

// Met holds a session that an honest engineer was let into against what the PC
// says of it: without it, something between the two plays the PC.
func (l *Ledger) Met(session, words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if began, ok := l.begun[session]; !ok || (words != "" && began != words) {
		l.w.Act("between", "the engineer is in session %q as %q, the PC knows it as %q", session, words, began)
	}
}

// Entered notes that an engineer was told of a session. right says that the
// code it tried was the right one.
func (l *Ledger) Entered(session, account string, right bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !right {
		l.w.Act("code", "%s got into session %s with another code", account, session)
	}
	l.sessions[session] = account
	l.w.Live("sessions")
}

// Press makes the next marker; the input that carries it may be applied only
// while control is given.
func (l *Ledger) Press() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	marker := fmt.Sprintf("m%07d", l.count)
	l.inputs[marker] = &input{number: l.count}
	return marker
}

// Never says of inputs that they must not be applied at any time: they were
// read and judged while there was no right to them.
func (l *Ledger) Never(markers []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range markers {
		i := l.inputs[m]
		if i.arrived {
			l.w.Act("input", "%s arrived without a right to it", m)
		}
		i.never = true
	}
}

// Arrived says how many of these inputs the desktop got.
func (l *Ledger) Arrived(markers []string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, m := range markers {
		if l.inputs[m].arrived {
			n++
		}
	}
	return n
}

// applied is one command of input at the desktop.
func (l *Ledger) applied(session string, events []*hostpb.InputEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds(session, hostpb.Capability_CAPABILITY_CONTROL) == nil && !l.handedOver(session, hostpb.Capability_CAPABILITY_CONTROL) {
		l.w.Act("input", "%d events in session %s without control", len(events), session)
	}
	for _, e := range events {
		if e.Code == "Pause" || e.Key == "Pause" {
			l.w.Act("input", "the key that ends sessions came from outside")
		}
		i := l.inputs[e.Key]
		switch {
		case i == nil:
			l.w.Act("input", "%v was never sent", e)
			continue
		case i.never:
			l.w.Act("input", "%s was applied although there was no right to it when it was read", e.Key)
		case i.arrived:
			l.w.Act("input", "%s was applied twice", e.Key)
		case i.number < l.last:
			l.w.Act("input", "%s was applied after m%07d", e.Key, l.last)
		}
		i.arrived, l.last = true, max(l.last, i.number)
		l.w.Live("inputs")
	}
}

// handedOver allows, once for each right that ended, the command that was
// already on its way out of the service.
func (l *Ledger) handedOver(session string, c hostpb.Capability) bool {
	for _, g := range slices.Backward(l.grants) {
		if g.prompt.SessionId == session && g.prompt.Capability == c && !l.alive(g) && !g.handedOver {
			g.handedOver = true
			l.w.Live("commands already handed over")
			return true
		}
	}
	return false
}

// named is what an update goes by. The service may ask for an answer to it,
// which is a flag in its header and nothing of the picture.
func named(update []byte) [sha256.Size]byte {
	asking := bytes.Clone(update)
	screen.WantAck(asking)
	return sha256.Sum256(asking)
}

// captured notes a picture before the service gets it.
func (l *Ledger) captured(session string, update []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pictures[named(update)] = &picture{session: session, allowed: l.holds(session, hostpb.Capability_CAPABILITY_VIEW) != nil}
}

// Saw is a picture at the engineer's end. session is the one that end is in,
// or "".
func (l *Ledger) Saw(session string, update []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pictures[named(update)]
	switch {
	case p == nil:
		l.w.Act("picture", "%d bytes that no desktop captured", len(update))
		return
	case !p.allowed || p.session != session:
		l.w.Act("picture", "a picture of session %s was seen in session %q (allowed: %v)", p.session, session, p.allowed)
	case p.seen:
		l.w.Act("picture", "a picture was seen twice")
	}
	p.seen = true
	l.w.Live("pictures")
}

// End notes that a right is over; the call that ended it has returned.
func (l *Ledger) End(c hostpb.Capability) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.grants {
		if c == hostpb.Capability_CAPABILITY_UNKNOWN || g.prompt.Capability == c {
			g.ended = true
		}
	}
}

// allow notes the technician's yes, before the service hears it.
func (l *Ledger) allow(p *hostpb.Prompt, d hostpb.Duration_) *grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &grant{prompt: p, duration: d}
	if p.Capability != hostpb.Capability_CAPABILITY_FILES {
		var life time.Duration
		switch d {
		case hostpb.Duration__DURATION_ONCE:
			life = 5 * time.Minute
		case hostpb.Duration__DURATION_15_MIN:
			life = 15 * time.Minute
		}
		if life > 0 {
			until := l.now().Mono + life
			g.until = &until
		}
	}
	l.grants = append(l.grants, g)
	return g
}

// disallow takes a yes back that the service did not take.
func (l *Ledger) disallow(g *grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.grants = slices.DeleteFunc(l.grants, func(o *grant) bool { return o == g })
}

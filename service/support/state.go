package support

import (
	"maps"
	"slices"
	"time"

	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

// state is everything the machine remembers. It is copied before a step and
// replaced after it, so a step that cannot be recorded leaves no trace.
type state struct {
	generation uint64
	tries      Tries
	waitUntil  time.Duration // on Moment.Mono; no code is looked at before
	tryCount   uint64
	req        *request
	ses        *session
	links      map[LinkID]link
	ended      string // how the last session or request ended
	summary    *Summary
}

// request is a call for help whose code still waits.
type request struct {
	id, reason, alarm string
	technician        string // who asked
	version, profile  string // of the product, of the instrument
	logs              bool   // went with it
	code              Secret
	since             Moment
	expires           Moment
	used              int // tries of this code, right or wrong
	pending           uint64
	pendingLink       LinkID
	pendingUntil      Moment // an engineer that is silent until then was wrong
	queue             Queue
}

// link is an open channel whose engineer was verified.
type link struct {
	engineer Engineer
	words    string // the same on the engineer's screen
}

type session struct {
	id, request string
	technician  string // who asked, and alone may allow
	engineer    Engineer
	link        LinkID // 0 while the link is lost
	resume      proof.Resumption
	started     Moment
	lostUntil   *Moment
	barUntil    *Moment // must be held by then
	bars        int
	leases      map[Capability]lease
	prompt      *prompt
	queue       []ask
	asked       []time.Duration
	transfers   []Transfer
	helper      helper
	paused      bool
	localUntil  time.Duration
	steered     bool // control was given at some time (B3)
	missed      []Missed
	missedOf    map[Capability]int
	record      record // for the summary
	focus       bool   // the engineer's console has the keyboard
	chat        []Said // the last ones, oldest first
	said        uint64
	chatPace    pace // the engineer's lines
	sayPace     pace // the technician's
	inPace      pace // clipboards to this PC
	outPace     pace // and to the engineer
	monitorPace pace
	told        LinkID // on which link mayTold was told
	mayTold     map[string]string
}

type lease struct {
	capability   Capability
	ask          string // the ask it answers, by the engineer's ID
	duration     Duration
	until        *Moment // nil: until the session ends
	generation   uint64
	runConfirmed bool
}

type ask struct {
	id         string
	capability Capability
	reason     string
	ticket     string
	durations  []Duration
	file       *fileAsk
}

type prompt struct {
	ask
	Prompt
	shown   Moment
	expires Moment
	stood   string // on which desktop the newest answer to it was given; "": none was
}

type helper struct {
	stage       helperStage
	id          HelperID
	token       [32]byte
	generation  uint64
	attachBy    Moment
	viewOn      bool
	width       int
	height      int
	screen      string // what the engineer was told last
	capturing   bool
	fault       string
	masked      bool // all of the picture is hidden
	hides       bool // some of it is
	secure      bool // Windows shows its own protected desktop
	answering   bool // a question shows on a desktop of its own
	monitors    []wire.Monitor
	monitor     string // the one that is shown
	chosen      string // what the engineer chose
	pointing    bool   // a marker may stand on the screen
	watching    bool   // the technician's clipboard
	watchedFrom uint64 // generation
}

type helperStage int

const (
	helperNone helperStage = iota
	helperWanted
	helperAttached
)

func (s state) clone() state {
	s.links = maps.Clone(s.links)
	if s.links == nil {
		s.links = map[LinkID]link{}
	}
	if s.req != nil {
		r := *s.req
		s.req = &r
	}
	if s.ses != nil {
		c := *s.ses
		c.leases = maps.Clone(c.leases)
		c.queue = slices.Clone(c.queue)
		c.asked = slices.Clone(c.asked)
		c.transfers = slices.Clone(c.transfers)
		c.missed = slices.Clone(c.missed)
		c.chat = slices.Clone(c.chat)
		c.missedOf = maps.Clone(c.missedOf)
		c.record = c.record.clone()
		if c.prompt != nil {
			p := *c.prompt
			c.prompt = &p
		}
		s.ses = &c
	}
	return s
}

// reached is true when either clock says the moment has come.
func (m Moment) reached(at Moment) bool {
	return m.Mono >= at.Mono || !m.Wall.Before(at.Wall)
}

// left is how long until the moment on the clock that gets there first.
func (m Moment) left(at Moment) time.Duration {
	return min(at.Mono-m.Mono, at.Wall.Sub(m.Wall))
}

// Phase is where the machine stands.
type Phase string

// The phases, as in the contract of the pipe.
const (
	PhaseOff       Phase = "off"
	PhaseReady     Phase = "ready"
	PhaseWaiting   Phase = "waiting"
	PhaseConnected Phase = "connected"
	PhaseLost      Phase = "lost"
)

// Lease is a right that lives, as it is shown.
type Lease struct {
	Capability Capability
	Until      time.Time // zero: until the session ends
	Active     bool
}

// Snapshot is what may be shown of the state. It never holds the code.
type Snapshot struct {
	Phase       Phase
	OffCode     string
	Request     string
	Session     string
	CodeExpires time.Time
	WrongCodes  int
	Engineer    *Engineer
	Leases      []Lease
	Transfers   []Transfer
	Prompt      *Prompt
	Queue       Queue // of the request, while it waits
	Ended       string
	Started     time.Time
	Words       string   // both screens show them while a session's link stands
	Missed      []Missed // of this session, newest first
	Chat        []Said   // of this session, oldest first, the last ones
	Summary     *Summary // of the last session, until the next begins
	Scanner     string   // that files go through; "": none, so no files
}

// Snapshot gives the state as of now.
func (m *Machine) Snapshot(now Moment) Snapshot {
	s := m.st
	out := Snapshot{Phase: PhaseReady, Ended: s.ended, Summary: s.summary, Scanner: m.cfg.Scanner()}
	if s.tries.Row >= m.cfg.OffAfter {
		out.OffCode = offTooMany
	} else {
		out.OffCode = m.cfg.Gate()
	}
	switch {
	case s.ses != nil:
		out.Phase = PhaseConnected
		if s.ses.link == 0 {
			out.Phase = PhaseLost
		}
		out.Request, out.Session = s.ses.request, s.ses.id
		e := s.ses.engineer
		out.Engineer = &e
		out.Started = s.ses.started.Wall
		out.Words = s.links[s.ses.link].words
		for _, c := range leased() {
			if l, ok := s.ses.leases[c]; ok && !l.over(now) {
				shown := Lease{Capability: c, Active: s.ses.inUse(c)}
				if l.until != nil {
					shown.Until = l.until.Wall
				}
				out.Leases = append(out.Leases, shown)
			}
		}
		out.Transfers = slices.Clone(s.ses.transfers)
		out.Missed = slices.Clone(s.ses.missed)
		slices.Reverse(out.Missed)
		out.Chat = slices.Clone(s.ses.chat)
		if s.ses.prompt != nil {
			p := s.ses.prompt.Prompt
			out.Prompt = &p
		}
	case s.req != nil:
		out.Phase = PhaseWaiting
		out.Request = s.req.id
		out.CodeExpires, out.Queue = s.req.expires.Wall, s.req.queue
		out.WrongCodes = s.req.used
		if s.req.pending != 0 {
			out.WrongCodes-- // not known yet
		}
	case out.OffCode != "":
		out.Phase = PhaseOff
	}
	return out
}

// inUse says whether something can happen under a lease at the moment.
func (s *session) inUse(c Capability) bool {
	if s.link == 0 || c == Chat {
		return s.link != 0
	}
	_, view := s.leases[View]
	return s.helper.stage == helperAttached && (view || !needsView(c))
}

func (l lease) over(now Moment) bool { return l.until != nil && now.reached(*l.until) }

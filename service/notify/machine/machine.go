// Package machine watches this PC (P2): disk space and health, memory,
// processor, temperature, clock, services and programs that must run, a pending
// restart, certificates, the network, the last backup. One goroutine looks at
// all of it once a minute, and at the space on its disks every two seconds: an
// instrument fills one quickly, and asking is one system call. What may hang on
// a dead disk or share is waited for only so long.
//
// Nothing here needs administrator rights. What cannot be read without them is
// said to be unknown in the part's status, and is no alarm.
package machine

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Config is what is watched. Everything but Alarms may be left out.
type Config struct {
	Alarms notify.Taker
	Open   func(ctx context.Context, source string) ([]steady.Key, error)
	Alive  notify.Alive

	Folder       *Folder // the instrument's, with its profile's limits
	Data         string  // the product's own data folder
	Services     []string
	Processes    []string
	Backups      string // folder; empty: not watched
	BackupWithin time.Duration
	Events       []string // whose errors in the system's log are told: Windows' providers; units and identifiers of the journal
	Certificates []Certificate
	// ClockOffset is how far this PC's clock is from the time that the cloud
	// signed (positive: ahead); ok is false while nobody knows.
	ClockOffset func() (offset time.Duration, ok bool)
	// Setting reads what was remembered by an earlier run; nil: nothing was.
	Setting func(ctx context.Context, key string) (value string, ok bool, err error)

	Every time.Duration // between looks, spread by a tenth; 0: one minute
	Space time.Duration // between looks at the space on disks; 0: two seconds, or Every if that is less
	Log   *slog.Logger

	system *system // nil: this PC
}

// Folder is the instrument's folder; its volume is held to these limits.
type Folder struct {
	Path     string
	Code     string
	Severity store.Severity
	Texts    []store.Text
	Raise    float64 // percent in use from which on it is an alarm
	Clear    float64 // percent in use below which it is over
	Sample   bool    // of a profile made without a real log
}

// Certificate is one whose end is watched.
type Certificate struct {
	Name string // for people, and the notification's subject
	// Ends gives the end; ok is false while there is none.
	Ends func() (end time.Time, ok bool, err error)
}

const (
	defaultEvery = time.Minute
	defaultSpace = 2 * time.Second
	// slow is how long a look that may hang is waited for. It goes on by
	// itself, and is not begun again before it came back.
	slow = 10 * time.Second
	// seldom is between looks at what changes slowly or costs more.
	seldom = time.Hour
)

// Source watches this PC.
type Source struct {
	config  Config
	board   steady.Board
	checks  []*check
	offline atomic.Bool

	places  map[string]string // by log, how far it was dealt with; replaced, never changed
	behind  bool              // what is read next was logged while nobody listened
	reading later[reading]
}

// check looks at one thing.
type check struct {
	name string // for the status, when it cannot be known
	look func(ctx context.Context) ([]steady.Condition, error)
	// every is the least time between two looks; 0: each round.
	every time.Duration
	// hangs: it may never come back, and is not waited for for ever.
	hangs bool
	wait  time.Duration // for one that hangs

	next  time.Time
	later later[result]
	last  []steady.Condition // as it was told, to go on with meanwhile
	err   error
}

type result struct {
	found []steady.Condition
	err   error
}

// New makes a source; nothing happens before Run.
func New(config Config) *Source {
	if config.Every <= 0 {
		config.Every = defaultEvery
	}
	if config.Space <= 0 {
		config.Space = min(defaultSpace, config.Every)
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Alive == nil {
		config.Alive = func(string) {}
	}
	if config.system == nil {
		config.system = thisPC()
	}
	s := &Source{config: config, board: steady.Board{Source: notify.SourceMachine, Alarms: config.Alarms, Open: config.Open, Codes: codes()}}
	if config.Folder != nil {
		s.board.Codes = append(s.board.Codes, config.Folder.Code)
	}
	s.checks = s.all()
	return s
}

// NetworkDown says whether this PC stands without a network, which explains a
// cloud that cannot be reached.
func (s *Source) NetworkDown() bool { return s.offline.Load() }

// Run watches until ctx ends.
func (s *Source) Run(ctx context.Context, report supervise.Report) error {
	tick := time.NewTicker(s.config.Space)
	defer tick.Stop()
	spread := s.config.Every / 10
	for next := time.Now(); ; {
		if now := time.Now(); now.Before(next) {
			s.disks(ctx, now, report)
		} else {
			s.round(ctx, now, report)
			next = now.Add(s.config.Every - spread + rand.N(2*spread+1))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// disks looks at the space on disks alone.
func (s *Source) disks(ctx context.Context, now time.Time, report supervise.Report) {
	c := s.checks[0]
	if !c.run(ctx, now) {
		return
	}
	if err := s.board.Tell(ctx, c.last, nil); err != nil && ctx.Err() == nil {
		report(supervise.Degraded, err.Error())
	}
}

// round looks at everything once.
func (s *Source) round(ctx context.Context, now time.Time, report supervise.Report) {
	var found []steady.Condition
	var unknown []string
	keys := map[steady.Key]bool{}
	for _, c := range s.checks {
		fresh := c.run(ctx, now)
		if ctx.Err() != nil {
			return
		}
		if c.err != nil {
			unknown = append(unknown, c.name+" ("+c.err.Error()+")")
		}
		if fresh {
			found = append(found, c.last...)
		}
		for _, f := range c.last {
			keys[f.Key] = true
		}
	}
	err := s.board.Tell(ctx, found, nil)
	if err == nil {
		err = s.board.Keep(ctx, keys)
	}
	if err != nil {
		if ctx.Err() == nil {
			report(supervise.Degraded, err.Error())
		}
		return
	}
	if err := s.events(ctx); err != nil && ctx.Err() == nil {
		unknown = append(unknown, err.Error())
	}
	s.offline.Store(s.board.IsBad(networkKey))
	s.config.Alive(notify.SourceMachine)
	detail := ""
	if len(unknown) > 0 {
		detail = "not known here: " + strings.Join(unknown, "; ")
	}
	report(supervise.OK, detail)
}

// run looks, or goes on waiting for the look before; fresh says that last is
// new.
func (c *check) run(ctx context.Context, now time.Time) (fresh bool) {
	if !c.later.waits() && now.Before(c.next) {
		return false
	}
	look := func() (r result) {
		r.found, r.err = c.look(ctx)
		return r
	}
	var r result
	if !c.hangs {
		r = look()
	} else if r, c.err = c.later.get(ctx, c.wait, look); c.err != nil {
		return false
	}
	c.err, c.next = r.err, now.Add(c.every)
	if r.err != nil && r.found == nil {
		return false // what stood there last still does
	}
	c.last = r.found
	return true
}

// looks is how many rounds make up a time.
func (s *Source) looks(d time.Duration) int {
	return max(1, int((d+s.config.Every-1)/s.config.Every))
}

// codes are those of conditions, which end by themselves.
func codes() []string {
	return []string{
		"disk-space-low", "disk-errors", codeFailing, "memory-low", "processor-busy", "pc-too-hot", "clock-wrong", networkKey.Code, "restart-pending",
		"service-stopped", "program-not-running", "certificate-ends", "backup-late",
	}
}

func (s *Source) all() []*check {
	checks := []*check{
		{name: "disk space", look: s.space, hangs: true},
		{name: "disk health", look: s.health, every: seldom, hangs: true},
		{name: "SMART", look: s.smart, every: seldom, hangs: true},
		{name: "memory", look: s.memory},
		{name: "processor", look: s.processor()},
		{name: "temperature", look: s.temperature, hangs: true},
		{name: "clock", look: s.clock},
		{name: "network", look: s.network},
		{name: "restart", look: s.restart},
	}
	add := func(wanted bool, c *check) {
		if wanted {
			checks = append(checks, c)
		}
	}
	add(len(s.config.Services) > 0, &check{name: "services", look: s.services, hangs: true})
	add(len(s.config.Processes) > 0, &check{name: "programs", look: s.programs})
	add(len(s.config.Certificates) > 0, &check{name: "certificates", look: s.certificates, every: seldom, hangs: true})
	add(s.config.Backups != "", &check{name: "backup", look: s.backup, every: 10 * time.Minute, hangs: true})
	for _, c := range checks {
		c.wait = slow
	}
	return checks
}

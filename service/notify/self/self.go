// Package self says what the product has to say of itself: a cloud that has not
// been reached for a while, a network that stands in between, a log that could
// not be written or is not the one that was witnessed, upgrades that were not looked for. It says so calmly: the
// instrument goes on working without any of it.
package self

import (
	"context"
	"math/rand/v2"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// Link is what the link to the cloud says of itself.
type Link struct {
	// Registered: without, nothing is expected of the link.
	Registered bool
	Online     bool
	// What it found between, by its own words; of several the first is told.
	Portal, Inspected, ProxyRefuses bool
}

// Upgrades is what the upgrade service says of itself.
type Upgrades struct {
	Known      bool
	CheckError string // why the last look for upgrades brought nothing, by its code
	RolledBack bool   // a version did not come up healthy, and the one before runs
}

// Config is what is asked. What is nil is not watched.
type Config struct {
	Alarms notify.Taker
	Open   func(ctx context.Context, source string) ([]steady.Key, error)
	Alive  notify.Alive

	Link          func() Link
	Identity      func() string // how this PC's identity stands: "ok", "copied", "revoked"
	NetworkDown   func() bool   // this PC has no network: that alarm explains the rest
	Writable      func() bool   // the log
	Upgrades      func() Upgrades
	LogTrouble    func() string // "", or how the log is not the one that was witnessed: "shrunk", "forked"
	Every         time.Duration // between looks; 0: 30 s
	CloudAfter    time.Duration // offline for so long; 0: 30 min
	ObstacleAfter time.Duration // something stands in between for so long; 0: 5 min
}

// Codes.
const (
	Cloud     = "cloud-unreachable"
	Portal    = "network-portal"
	Inspected = "network-inspected"
	Proxy     = "network-proxy"
	Log       = "log-was-not-writable"
	Copied    = "device-copied"  // this identity belongs to another PC
	Revoked   = "device-revoked" // the vendor took it back
	LogShrunk = "log-shrunk"     // it is shorter than what a witness cosigned
	LogForked = "log-forked"     // it is another one than that

	UpgradesStale     = "upgrade-check-stale" // the signed list is too old
	UpgradesOlder     = "upgrade-list-older"  // it is older than one seen before
	UpgradesUntrusted = "upgrade-not-trusted" // it is not the vendor's
	UpgradeBack       = "upgrade-rolled-back"
)

// NotTrusted is the upgrade service's code of what the vendor did not sign.
const NotTrusted = "not-trusted"

// checkErrors are the upgrade service's codes that become alarms, and for how
// long each has to stand. None of them stops anything.
var checkErrors = []struct {
	error, code string
	severity    store.Severity
	after       time.Duration
}{
	{"metadata-expired", UpgradesStale, store.Low, time.Hour},
	{"metadata-rollback", UpgradesOlder, store.Medium, 5 * time.Minute},
	{NotTrusted, UpgradesUntrusted, store.Medium, 5 * time.Minute},
}

// Source watches the product.
type Source struct {
	config Config
	board  steady.Board
	shut   bool // the log could not be written, and that is not told yet
}

// New makes a source; nothing is asked before Run.
func New(config Config) *Source {
	or := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	or(&config.Every, 30*time.Second)
	or(&config.CloudAfter, 30*time.Minute)
	or(&config.ObstacleAfter, 5*time.Minute)
	if config.Alive == nil {
		config.Alive = func(string) {}
	}
	return &Source{config: config, board: steady.Board{
		Source: notify.SourceSelf, Alarms: config.Alarms, Open: config.Open,
		Codes: []string{Copied, Revoked, Cloud, Portal, Inspected, Proxy, LogShrunk, LogForked, UpgradesStale, UpgradesOlder, UpgradesUntrusted, UpgradeBack}, // others speak for the product, too
	}}
}

// Run watches until ctx ends.
func (s *Source) Run(ctx context.Context, report supervise.Report) error {
	for {
		if err := s.round(ctx); err == nil {
			s.config.Alive(notify.SourceSelf)
			report(supervise.OK, "")
		} else if ctx.Err() == nil {
			report(supervise.Degraded, err.Error())
		}
		spread := s.config.Every / 10
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.config.Every - spread + rand.N(2*spread+1)):
		}
	}
}

func (s *Source) round(ctx context.Context) error {
	if s.config.Writable != nil && !s.config.Writable() {
		// Nothing can be committed, so nothing can be told; the part "log"
		// says so in the status, and afterwards it is an alarm.
		s.shut = true
		return nil
	}
	looks := s.looks()
	keys := map[steady.Key]bool{{Code: Log}: true}
	for _, c := range looks {
		keys[c.Key] = true
	}
	if err := s.board.Tell(ctx, looks, nil); err != nil {
		return err
	}
	if err := s.board.Keep(ctx, keys); err != nil {
		return err
	}
	if !s.shut {
		return nil
	}
	// A person ends it: whether the cause is gone nobody here can know.
	o := notify.Observation{Code: Log, Severity: store.Medium, Source: notify.SourceSelf, Texts: words.Of(Log), Verified: true}
	if err := s.config.Alarms.Apply(ctx, []notify.Observation{o}, nil); err != nil {
		return err
	}
	s.shut = false
	return nil
}

func (s *Source) looks() []steady.Condition {
	var all []steady.Condition
	add := func(code string, severity store.Severity, level steady.Level, after time.Duration, calm int) {
		all = append(all, steady.Condition{
			Key: steady.Key{Code: code}, Level: level, Severity: severity, Texts: words.Of(code),
			After: max(1, int((after+s.config.Every-1)/s.config.Every)), Calm: calm,
		})
	}
	if s.config.Identity != nil {
		state := s.config.Identity()
		for code, said := range map[string]string{Copied: "copied", Revoked: "revoked"} {
			level := steady.Good
			if state == said {
				level = steady.Bad
			}
			add(code, store.High, level, 0, 1)
		}
	}
	if s.config.Link != nil {
		s.link(add)
	}
	if s.config.Upgrades != nil {
		s.upgrades(add)
	}
	if s.config.LogTrouble != nil {
		found := s.config.LogTrouble()
		for _, row := range []struct{ code, trouble string }{{LogShrunk, store.TroubleShrunk}, {LogForked, store.TroubleForked}} {
			level := steady.Good
			if found == row.trouble {
				level = steady.Bad
			}
			add(row.code, store.High, level, 0, 1)
		}
	}
	return all
}

// link tells one cause, not all that follow from it: no network, then what
// stands in between, then that the cloud is away.
func (s *Source) link(add func(string, store.Severity, steady.Level, time.Duration, int)) {
	l := s.config.Link()
	away := l.Registered && !l.Online
	if away && s.config.NetworkDown != nil && s.config.NetworkDown() {
		for _, code := range []string{Portal, Inspected, Proxy, Cloud} {
			add(code, store.Low, steady.Unknown, 0, 1)
		}
		return
	}
	cause := ""
	switch {
	case !away:
	case l.Portal:
		cause = Portal
	case l.Inspected:
		cause = Inspected
	case l.ProxyRefuses:
		cause = Proxy
	default:
		cause = Cloud
	}
	for _, row := range []struct {
		code  string
		after time.Duration
	}{{Portal, s.config.ObstacleAfter}, {Inspected, s.config.ObstacleAfter}, {Proxy, s.config.ObstacleAfter}, {Cloud, s.config.CloudAfter}} {
		level := steady.Good
		if row.code == cause {
			level = steady.Bad
		}
		add(row.code, store.Low, level, row.after, 1)
	}
}

func (s *Source) upgrades(add func(string, store.Severity, steady.Level, time.Duration, int)) {
	u := s.config.Upgrades()
	level := func(bad bool) steady.Level {
		switch {
		case !u.Known:
			return steady.Unknown
		case bad:
			return steady.Bad
		}
		return steady.Good
	}
	for _, row := range checkErrors {
		add(row.code, row.severity, level(u.CheckError == row.error), row.after, 1)
	}
	add(UpgradeBack, store.Low, level(u.RolledBack), 0, 1)
}

// Package probe asks hosts whether they are well: only those that the verified
// site policy names, with their ports, and none as installed (defaults.md,
// "probing"). It learns nothing but health: of ASTM and HL7 no message is ever
// sent or read, of SNMP one value is held to a condition, of OPC UA it is only
// seen whether values go on changing. What is read is neither logged nor shown.
package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/notify/words"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// The alarms of a probe; its name is the subject.
const (
	NoAnswer  = "probe-no-answer"
	Condition = "probe-condition"
	Stale     = "probe-stale"
)

const (
	// timeout of one look, as ASTM's own timer for an answer.
	timeout = 15 * time.Second
	// atOnce is how many connections are open at a time, one a probe at most.
	atOnce = 4
	// rest bounds the pause between looks at a host that does not answer.
	rest = 5 * time.Minute

	afterLooks = 3 // in a row without an answer, then it is an alarm
	calmLooks  = 2
)

// Config is what the probes need. Passwords, Open, Alive and Log may be left
// out.
type Config struct {
	Alarms notify.Taker
	Open   func(ctx context.Context, source string) ([]steady.Key, error)
	Alive  notify.Alive
	// Probes are those that the policy in force names; asked again whenever
	// Changed has something.
	Probes  func() []policy.Probe
	Changed <-chan struct{}
	// Passwords is the file with the passwords of SNMP 3, see passwords.go.
	Passwords string
	Log       *slog.Logger

	looker func(policy.Probe) looker                  // nil: the kinds' own
	wait   func(ctx context.Context, d time.Duration) // nil: a timer
}

// looker looks at one host once.
type looker interface {
	look(ctx context.Context) outcome
}

// outcome is what a look found. Levels that are Unknown say nothing.
type outcome struct {
	why       string // it gave no answer: in plain words, without anything it sent
	condition steady.Level
	stale     steady.Level
}

// Prober keeps one runner for each probe of the policy.
type Prober struct {
	config Config
	board  steady.Board
	slots  chan struct{}

	mu      sync.Mutex
	trouble map[string]string // by name, why it gave no answer
}

// New makes a prober; nothing is asked before Run.
func New(config Config) *Prober {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Alive == nil {
		config.Alive = func(string) {}
	}
	if config.looker == nil {
		config.looker = func(p policy.Probe) looker { return lookerOf(p, config.Passwords) }
	}
	if config.wait == nil {
		config.wait = func(ctx context.Context, d time.Duration) {
			select {
			case <-ctx.Done():
			case <-time.After(d):
			}
		}
	}
	return &Prober{
		config: config, slots: make(chan struct{}, atOnce), trouble: map[string]string{},
		board: steady.Board{Source: notify.SourceProbe, Alarms: config.Alarms, Open: config.Open},
	}
}

// Run probes what the policy names, until ctx ends.
func (p *Prober) Run(ctx context.Context, report supervise.Report) error {
	type running struct {
		what string
		stop func()
	}
	all := map[string]running{}
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	for {
		named := map[string]policy.Probe{}
		for _, probe := range p.config.Probes() {
			named[probe.Name] = probe
		}
		for name, r := range all {
			if probe, ok := named[name]; !ok || fingerprint(probe) != r.what {
				r.stop() // and only then the next of that name may connect
				delete(all, name)
				p.say(report, name, "")
			}
		}
		if err := p.board.Keep(ctx, conditionsOf(named)); err != nil && ctx.Err() == nil {
			return fmt.Errorf("probe: %w", err) // the supervisor begins anew
		}
		for name, probe := range named {
			if _, ok := all[name]; ok {
				continue
			}
			one, stop := context.WithCancel(ctx)
			ended := make(chan struct{})
			wait.Go(func() {
				defer close(ended)
				p.keep(one, probe, report)
			})
			all[name] = running{fingerprint(probe), func() { stop(); <-ended }}
		}
		p.say(report, "", "")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.config.Changed:
		}
	}
}

func fingerprint(p policy.Probe) string {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Sprint(err) // cannot be: plain fields
	}
	return string(text)
}

// conditionsOf are the alarms that the probes can have.
func conditionsOf(named map[string]policy.Probe) map[steady.Key]bool {
	keys := map[steady.Key]bool{}
	for name, probe := range named {
		keys[steady.Key{Code: NoAnswer, Subject: name}] = true
		if probe.Snmp != nil && probe.Snmp.Condition != "" {
			keys[steady.Key{Code: Condition, Subject: name}] = true
		}
		if len(probe.Nodes) > 0 {
			keys[steady.Key{Code: Stale, Subject: name}] = true
		}
	}
	return keys
}

// keep looks at one host again and again.
func (p *Prober) keep(ctx context.Context, probe policy.Probe, report supervise.Report) {
	look := p.config.looker(probe)
	// The first looks are spread, so that a start is no burst.
	p.config.wait(ctx, rand.N(min(probe.Every, 10*time.Second)))
	for misses := 0; ctx.Err() == nil; {
		found, ok := p.one(ctx, look)
		if !ok {
			return
		}
		if found.why != "" {
			misses++
		} else {
			misses = 0
		}
		if err := p.board.Tell(ctx, conditions(probe, found), nil); err != nil {
			if ctx.Err() == nil {
				p.config.Log.Error("a probe's finding could not be kept", "probe", probe.Name, "error", err)
			}
		} else {
			p.config.Alive(notify.SourceProbe + "/" + probe.Name)
		}
		p.say(report, probe.Name, found.why)
		p.config.wait(ctx, spread(pause(probe.Every, misses)))
	}
}

// one looks when a place is free. What a hostile answer makes of a parser stays
// here.
func (p *Prober) one(ctx context.Context, look looker) (found outcome, ok bool) {
	select {
	case <-ctx.Done():
		return outcome{}, false
	case p.slots <- struct{}{}:
	}
	defer func() { <-p.slots }()
	defer func() {
		if r := recover(); r != nil {
			found, ok = outcome{why: "it answers with nonsense"}, true
		}
	}()
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found = look.look(limited)
	return found, ctx.Err() == nil
}

func conditions(probe policy.Probe, found outcome) []steady.Condition {
	severity := map[string]store.Severity{"low": store.Low, "medium": store.Medium, "high": store.High}[probe.Severity]
	level := steady.Good
	if found.why != "" {
		level = steady.Bad
	}
	make := func(code string, level steady.Level, after int) steady.Condition {
		return steady.Condition{
			Key: steady.Key{Code: code, Subject: probe.Name}, Level: level, Severity: severity, Texts: words.Of(code), After: after, Calm: calmLooks,
		}
	}
	all := []steady.Condition{make(NoAnswer, level, afterLooks)}
	if found.condition != steady.Unknown {
		all = append(all, make(Condition, found.condition, calmLooks))
	}
	if found.stale != steady.Unknown {
		all = append(all, make(Stale, found.stale, 1))
	}
	return all
}

// pause is between two looks: a host that is known not to answer is left alone
// for longer and longer, up to rest.
func pause(every time.Duration, misses int) time.Duration {
	d := every
	for i := afterLooks; i < misses && d < rest; i++ {
		d *= 2
	}
	return max(every, min(d, rest))
}

func spread(d time.Duration) time.Duration { return d - d/10 + rand.N(d/5+1) }

// say keeps the part's status: which probes give no answer, and why.
func (p *Prober) say(report supervise.Report, name, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if why != "" {
		p.trouble[name] = why
	} else {
		delete(p.trouble, name)
	}
	var lines []string
	for name, why := range p.trouble {
		lines = append(lines, name+": "+why)
	}
	slices.Sort(lines)
	if len(lines) == 0 {
		report(supervise.OK, "")
		return
	}
	report(supervise.Degraded, strings.Join(lines, "; "))
}

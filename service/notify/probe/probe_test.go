package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beckmanconnect/service/notify"
	"beckmanconnect/service/notify/steady"
	"beckmanconnect/service/policy"
	"beckmanconnect/service/supervise"
	"beckmanconnect/store"
)

// recorder takes what is told and says when it did.
type recorder struct {
	mu   sync.Mutex
	open map[string]bool
	news chan string
}

func newRecorder() *recorder { return &recorder{open: map[string]bool{}, news: make(chan string, 100)} }

func (r *recorder) Apply(_ context.Context, seen []notify.Observation, _ func(*store.Tx) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range seen {
		if o.Source != notify.SourceProbe || !o.Condition || !o.Ends || len(o.Texts) < 5 && !o.Clear {
			r.news <- fmt.Sprintf("wrong: %+v", o)
		}
		key := o.Code + " " + o.Subject
		if o.Clear == !r.open[key] {
			continue // no news, as in the store
		}
		r.open[key] = !o.Clear
		word := "raised "
		if o.Clear {
			word = "cleared "
		}
		r.news <- word + key
	}
	return nil
}

func (r *recorder) expect(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-r.news:
		if got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	case <-time.After(time.Minute): // never
		t.Fatalf("%q never came", want)
	}
}

// script is a host whose looks the test decides one by one.
type script struct {
	name string
	look chan outcome
}

type scripted struct{ s *script }

func (s scripted) look(ctx context.Context) outcome {
	select {
	case o := <-s.s.look:
		return o
	case <-ctx.Done():
		return outcome{why: "no answer in time"}
	}
}

type rig struct {
	*recorder
	mu      sync.Mutex
	probes  []policy.Probe
	changed chan struct{}
	looked  chan string // a runner began for a probe
	scripts map[string]*script
	state   string
	detail  string
}

func start(t *testing.T, open []steady.Key, probes ...policy.Probe) *rig {
	t.Helper()
	r := &rig{recorder: newRecorder(), probes: probes, changed: make(chan struct{}, 1), looked: make(chan string, 100), scripts: map[string]*script{}}
	for _, k := range open {
		r.open[k.Code+" "+k.Subject] = true
	}
	p := New(Config{
		Alarms: r, Open: func(context.Context, string) ([]steady.Key, error) { return open, nil }, Changed: r.changed,
		Probes: func() []policy.Probe {
			r.mu.Lock()
			defer r.mu.Unlock()
			return slices.Clone(r.probes)
		},
		looker: func(p policy.Probe) looker {
			r.mu.Lock()
			defer r.mu.Unlock()
			s := &script{p.Name, make(chan outcome)}
			r.scripts[p.Name] = s
			r.looked <- p.Name
			return scripted{s}
		},
		wait: func(context.Context, time.Duration) {},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- p.Run(ctx, func(state, detail string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.state, r.detail = state, detail
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) give(name string, all ...outcome) {
	r.mu.Lock()
	s := r.scripts[name]
	r.mu.Unlock()
	for _, o := range all {
		s.look <- o
	}
}

func (r *rig) policy(probes ...policy.Probe) {
	r.mu.Lock()
	r.probes = probes
	r.mu.Unlock()
	r.changed <- struct{}{}
}

func named(name string) policy.Probe {
	return policy.Probe{Name: name, Kind: "tcp", Host: "h", Port: 1, Every: time.Second, Severity: "high"}
}

var (
	answers = outcome{}
	silent  = outcome{why: "no answer in time"}
)

// defaults.md, "probing": only what the policy names is probed, none as
// installed; what it no longer names ends, with its alarm.
func TestThePolicyDecidesWhatIsProbed(t *testing.T) {
	r := start(t, []steady.Key{{Code: NoAnswer, Subject: "old"}})
	r.expect(t, "cleared "+NoAnswer+" old")
	select {
	case name := <-r.looked:
		t.Fatalf("%s is probed, and no policy names it", name)
	default:
	}
	r.policy(named("lis"), named("ups"))
	got := []string{<-r.looked, <-r.looked}
	slices.Sort(got)
	if !slices.Equal(got, []string{"lis", "ups"}) {
		t.Fatalf("%q", got)
	}
	r.give("lis", silent, silent, silent)
	r.expect(t, "raised "+NoAnswer+" lis")
	r.policy(named("ups"))
	r.expect(t, "cleared "+NoAnswer+" lis")
	other := named("ups")
	other.Port = 2
	r.policy(other)
	if name := <-r.looked; name != "ups" { // anew, with its new port
		t.Fatal(name)
	}
	r.policy()
	if r.give2("ups") {
		t.Error("it is still looked at after the policy was taken away")
	}
}

// give2 says whether a probe still takes a look's outcome.
func (r *rig) give2(name string) bool {
	r.mu.Lock()
	s := r.scripts[name]
	r.mu.Unlock()
	for range 1000 {
		select {
		case s.look <- answers:
		default:
			return false
		}
	}
	return true
}

// An alarm stands on three looks in a row and ends after two; a condition and a
// watchdog are alarms of their own, about which silence says nothing.
func TestAlarmsOfAProbe(t *testing.T) {
	p := named("ups")
	p.Snmp, p.Nodes = &policy.SNMPProbe{Condition: "value < 70"}, []string{"i=1"}
	r := start(t, nil, p)
	<-r.looked
	r.give("ups", silent, silent, answers, silent, silent, silent)
	r.expect(t, "raised "+NoAnswer+" ups")
	r.mu.Lock()
	state, detail := r.state, r.detail
	r.mu.Unlock()
	if state != supervise.Degraded || !strings.Contains(detail, "ups: no answer in time") {
		t.Errorf("%s %q", state, detail)
	}
	hot, cold := outcome{condition: steady.Bad, stale: steady.Good}, outcome{condition: steady.Good, stale: steady.Good}
	r.give("ups", hot, hot)
	got := []string{<-r.news, <-r.news}
	slices.Sort(got)
	if !slices.Equal(got, []string{"cleared " + NoAnswer + " ups", "raised " + Condition + " ups"}) {
		t.Fatalf("%q", got)
	}
	r.give("ups", cold, silent, cold)
	r.expect(t, "cleared "+Condition+" ups")
	r.give("ups", outcome{condition: steady.Good, stale: steady.Bad})
	r.expect(t, "raised "+Stale+" ups")
	r.give("ups", cold, cold)
	r.expect(t, "cleared "+Stale+" ups")
}

// A host that does not answer is left alone for longer and longer, but never
// for long.
func TestPause(t *testing.T) { // scenario 56
	for _, row := range []struct {
		every  time.Duration
		misses int
		want   time.Duration
	}{
		{time.Minute, 0, time.Minute}, {time.Minute, 3, time.Minute}, {time.Minute, 4, 2 * time.Minute}, {time.Minute, 5, 4 * time.Minute},
		{time.Minute, 9, rest}, {time.Minute, 1 << 30, rest}, {10 * time.Second, 6, 80 * time.Second}, {time.Hour, 50, time.Hour},
	} {
		if got := pause(row.every, row.misses); got != row.want {
			t.Errorf("every %s after %d: %s, want %s", row.every, row.misses, got, row.want)
		}
		for range 100 {
			if d := spread(row.every); d < row.every*9/10 || d > row.every*11/10 {
				t.Errorf("%s spread to %s", row.every, d)
			}
		}
	}
}

// panics stands for a parser that a hostile answer throws.
type panics struct{}

func (panics) look(context.Context) outcome { panic("nonsense") }

func TestNonsenseStaysHere(t *testing.T) {
	p := New(Config{Alarms: newRecorder()})
	if found, ok := p.one(t.Context(), panics{}); !ok || found.why == "" {
		t.Errorf("%+v %v", found, ok)
	}
	if len(p.slots) != 0 {
		t.Error("its place is not free again")
	}
}

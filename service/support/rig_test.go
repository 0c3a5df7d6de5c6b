package support

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"beckmanconnect/session/proof"
	"beckmanconnect/session/wire"
)

var (
	anna = Engineer{Account: "anna@vendor.example", Name: "Anna Weber", Organisation: "Service", Regions: []string{"eu"}}
	bob  = Engineer{Account: "bob@vendor.example", Name: "Bob Stone", Organisation: "Service", Regions: []string{"eu"}}
)

// fakePolicy says yes unless told otherwise.
type fakePolicy struct {
	off     map[Capability]string
	refused map[string]bool // accounts
	run     bool
	patient bool
	timeout time.Duration
	who     string // Decision.Identify
}

func (p *fakePolicy) Connect(e Engineer) Decision {
	if p.refused[e.Account] {
		return Decision{Why: "not on the list"}
	}
	return Decision{Allowed: true}
}

func (p *fakePolicy) Decide(_ Engineer, c Capability) Decision {
	if why := p.off[c]; why != "" {
		return Decision{Why: why}
	}
	return Decision{Allowed: true, RunInProgress: p.run, PatientData: p.patient, PromptTimeout: p.timeout, Identify: p.who}
}

type fakeRecorder struct {
	entries []Entry
	out     []Outgoing
	tries   Tries
	open    Open
	fail    bool
	writes  int
	failAt  int    // the write that fails, counted from 1
	forGood bool   // and all that follow
	failed  func() // told of it
	tried   int
}

var errDiskFull = errors.New("disk full")

func (r *fakeRecorder) Record(b Batch) error {
	r.tried++
	if at := r.failAt; r.fail || (at > 0 && (r.tried == at || (r.forGood && r.tried > at))) {
		if r.failed != nil {
			r.failed()
		}
		return errDiskFull
	}
	r.writes++
	r.entries = append(r.entries, b.Entries...)
	r.out = append(r.out, b.Out...)
	if b.Tries != nil {
		r.tries = *b.Tries
	}
	if b.Open != nil {
		r.open = *b.Open
	}
	return nil
}

func (r *fakeRecorder) count(kind string) int {
	n := 0
	for _, e := range r.entries {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// rig is a machine with everything around it faked.
type rig struct {
	testing.TB
	m       *Machine
	now     Moment
	rec     *fakeRecorder
	pol     *fakePolicy
	gate    string
	noPIN   bool     // nobody on this PC has one
	scanner string   // that is there
	watch   bool     // the step now under way must leave nothing allowed
	effects []Effect // of all steps
	last    []Effect // of the last step
	help    *Help
	helper  HelperID
	key     proof.Key // the engineer's, for coming back
}

type randomReader struct{ *rand.ChaCha8 }

func (r randomReader) Read(p []byte) (int, error) { return r.ChaCha8.Read(p) }

func newRig(tb testing.TB) *rig {
	r := &rig{TB: tb, scanner: "test 1", rec: &fakeRecorder{}, pol: &fakePolicy{off: map[Capability]string{}, refused: map[string]bool{}}}
	r.now = Moment{Wall: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	r.boot(Tries{})
	return r
}

// boot starts the service (again) with a counter as found on disk.
func (r *rig) boot(tries Tries) {
	r.Helper()
	var seed [32]byte
	seed[0] = byte(r.rec.writes)
	m, err := New(Config{
		Policy: r.pol, Recorder: r.rec, Random: randomReader{rand.NewChaCha8(seed)},
		Gate: func() string { return r.gate }, Tries: tries, HasPIN: func() bool { return !r.noPIN }, Scanner: func() string { return r.scanner },
	}, r.now)
	if err != nil {
		r.Fatal(err)
	}
	r.m, r.help = m, nil
}

func (r *rig) pass(d time.Duration) { r.now = r.now.Add(d) }

func (r *rig) do(ev Event) Result {
	res := r.m.Do(r.now, ev)
	r.last = res.Effects
	if r.watch {
		r.watch = false
		if r.phase() == PhaseConnected || r.input() || r.picture() || r.m.Snapshot(r.now).Prompt != nil || r.m.RelayWanted() != "" {
			r.Errorf("%T could not be written, and something goes on: %+v", ev, r.m.Snapshot(r.now))
		}
	}
	r.effects = append(r.effects, res.Effects...)
	if res.Help != nil {
		r.help = res.Help
	}
	return res
}

func (r *rig) must(ev Event) Result {
	r.Helper()
	res := r.do(ev)
	if res.Err != nil {
		r.Fatalf("%T: %v", ev, res.Err)
	}
	return res
}

func (r *rig) refused(ev Event, code string) {
	r.Helper()
	res := r.do(ev)
	var no *Refusal
	if !errors.As(res.Err, &no) || no.Code != code {
		r.Fatalf("%T: %v, want refusal %q", ev, res.Err, code)
	}
}

func effectsOf[E Effect](all []Effect) []E {
	var out []E
	for _, e := range all {
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

// said gives the messages of a type of the last step.
func (r *rig) said(kind string) []wire.Message {
	var out []wire.Message
	for _, s := range effectsOf[SendTo](r.last) {
		if s.Message.Type == kind {
			out = append(out, s.Message)
		}
	}
	return out
}

func (r *rig) ask() *Help {
	r.Helper()
	return r.must(RequestHelp{Technician: "lab", TechnicianCalled: true}).Help
}

// try makes one try of the code, right or wrong, and says whether it was
// looked at.
func (r *rig) try(on LinkID, code string) (checked bool) {
	r.do(TryCode{Link: on})
	for _, c := range effectsOf[CheckCode](r.last) {
		r.do(r.tried(c, proof.NormalizeCode(code) == c.Code.Reveal()))
		return true
	}
	return false
}

// testChannel is a channel as far as proofs need one: a secret of its own.
type testChannel LinkID

func (c testChannel) Exporter(label string) ([]byte, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", c, label))
	return sum[:], nil
}

func (testChannel) Leaves() (host, engineer []byte) { return []byte("host"), []byte("engineer") }

func bindingOf(tb testing.TB, on LinkID) *proof.Binding {
	tb.Helper()
	b, err := proof.Bind(testChannel(on), "device", "request")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// tried is the outcome of a check, and of a right one what the two real ends
// have then; the engineer's key is kept in r.key.
func (r *rig) tried(c CheckCode, right bool) TryDone {
	r.Helper()
	done := TryDone{Link: c.Link, Try: c.Try, Right: right}
	if !right {
		return done
	}
	b := bindingOf(r, c.Link)
	trial, share, err := b.Begin(c.Code.Reveal(), 1)
	if err != nil {
		r.Fatal(err)
	}
	verdict, share, err := b.Answer(c.Code.Reveal(), 1, share)
	if err != nil {
		r.Fatal(err)
	}
	confirmation, err := trial.Answer(share)
	if err != nil {
		r.Fatal(err)
	}
	if done.Confirmation, done.Key, err = verdict.Confirm(confirmation); err != nil {
		r.Fatal(err)
	}
	if r.key, err = trial.Confirm(done.Confirmation); err != nil {
		r.Fatal(err)
	}
	return done
}

// resume is an engineer with a key coming back on a link.
func (r *rig) resume(on LinkID, k proof.Key) Resume {
	r.Helper()
	b := bindingOf(r, on).Resume()
	return Resume{Link: on, Binding: b, Proof: k.Claim(b)}
}

// accepted gives the engineer's next key after the host's answer.
func (r *rig) accepted(on LinkID, k proof.Key) proof.Key {
	r.Helper()
	said := r.said("authenticated")
	if len(said) != 1 {
		r.Fatalf("%d answers to a resume", len(said))
	}
	next, err := k.Accept(bindingOf(r, on).Resume(), said[0].Data)
	if err != nil {
		r.Fatal(err)
	}
	return next
}

// session brings Anna in on link 1, with the bar showing.
func (r *rig) session() {
	r.Helper()
	h := r.ask()
	r.must(Joined{Link: 1, Engineer: anna})
	r.try(1, h.Code.Reveal())
	if r.phase() != PhaseConnected {
		r.Fatal("the right code did not connect")
	}
	r.must(BarHeld{Session: r.id()})
}

func (r *rig) phase() Phase { return r.m.Snapshot(r.now).Phase }
func (r *rig) id() string   { return r.m.Snapshot(r.now).Session }
func (r *rig) prompt() Prompt {
	r.Helper()
	p := r.m.Snapshot(r.now).Prompt
	if p == nil {
		r.Fatal("no prompt shows")
	}
	return *p
}

func (r *rig) allow(d Duration) {
	r.Helper()
	p := r.prompt()
	r.pass(time.Second)
	yes := full(p)
	yes.Duration = d
	r.must(yes)
}

// full is an Allow with all that has to go with it.
func full(p Prompt) Answer {
	a := Answer{Technician: "lab", Prompt: p.ID, Nonce: p.Nonce, Allow: true, RunConfirmed: p.RunInProgress}
	if p.NeedsInitials {
		a.Initials = "AB"
	}
	if p.NeedsPIN {
		a.PINOf = "AB"
	}
	return a
}

// grant asks for and allows a capability on link 1 and attaches the helper.
func (r *rig) grant(c Capability, d Duration) {
	r.Helper()
	r.must(Ask{Link: 1, ID: "ask-" + string(c), Capability: c})
	r.allow(d)
	for _, w := range effectsOf[WantDesktop](r.last) {
		r.helper++
		r.must(AttachHelper{Helper: r.helper, Session: w.Session, Token: w.Token})
		r.must(HelperReport{Helper: r.helper, Width: 800, Height: 600, Capturing: true})
	}
}

func (r *rig) input() bool { return r.m.MayInput(r.now, 1, r.m.Generation()) }
func (r *rig) picture() bool {
	_, ok := r.m.MayPicture(r.now, r.helper, r.m.Generation())
	return ok
}

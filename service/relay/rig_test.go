package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"beckmanconnect/app/files"
	"beckmanconnect/app/files/filestest"
	"beckmanconnect/internal/netdial/netdialtest"
	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/store"
)

const device = "bc-0123456789abcdef"

// labPIN is the PIN of AB, long enough to be found by chance nowhere.
const labPIN = "493817265013"

// policy is a fake that says yes unless told otherwise.
type policy struct {
	mu     sync.Mutex
	off    map[support.Capability]string
	nobody bool
	admit  func(support.Engineer) string // why not, or ""; nil: everybody
}

func (p *policy) Connect(e support.Engineer) support.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.admit != nil {
		why := p.admit(e)
		return support.Decision{Allowed: why == "", Why: why}
	}
	return support.Decision{Allowed: !p.nobody, Why: "nobody"}
}

func (p *policy) Decide(_ support.Engineer, c support.Capability) support.Decision {
	p.mu.Lock()
	defer p.mu.Unlock()
	return support.Decision{Allowed: p.off[c] == "", Why: p.off[c]}
}

func (p *policy) set(c support.Capability, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off[c] = why
}

// desk is the technician's side: what was published, kept for waiting on.
type desk struct {
	mu      sync.Mutex
	state   *hostpb.SupportState
	prompts []*hostpb.Prompt
	gone    []*hostpb.PromptGone
	wanted  []*hostpb.DesktopWanted
	changed chan struct{}
}

func (d *desk) note(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) SupportChanged(s *hostpb.SupportState) { d.note(func() { d.state = s }) }
func (d *desk) PromptShown(p *hostpb.Prompt)          { d.note(func() { d.prompts = append(d.prompts, p) }) }
func (d *desk) PromptGone(p *hostpb.PromptGone)       { d.note(func() { d.gone = append(d.gone, p) }) }
func (d *desk) DesktopWanted(w *hostpb.DesktopWanted) {
	d.note(func() { d.wanted = append(d.wanted, w) })
}

// rig is a whole host with everything around it: relay, store, technician.
type rig struct {
	*testing.T
	lanes   bool // engineers speak of a file lane
	s       *Support
	store   *store.Store
	kit     *channeltest.Kit
	relay   *pairing
	pol     *policy
	scanner *scanner
	desk    *desk
	dir     string
	log     *lockedBuffer
	clock   *clock
	pins    *pins.Book
	stop    func()
	bar     context.CancelFunc
	hand    *files.Hand // the technician's window, as it reads and writes files
	picks   chan string // what it was asked to choose for
	tune    func(*Config)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// clock is the real one, plus what a test lets pass.
type clock struct {
	mu    sync.Mutex
	start time.Time
	added time.Duration
}

func (c *clock) now() support.Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now()
	return support.Moment{Wall: t.Round(0).Add(c.added), Mono: t.Sub(c.start) + c.added}
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added += d
}

func newRig(t *testing.T) *rig { return newRigWith(t, nil, nil) }

// newRigOn is a rig whose PC has these network interfaces; nil: its own.
func newRigOn(t *testing.T, networks func() ([]Network, error)) *rig {
	return newRigWith(t, nil, func(c *Config) { c.Networks = networks })
}

// newRigWith is a rig with a relay on this listener and a configuration that
// was changed; nil: its own, and none.
func newRigWith(t *testing.T, relay net.Listener, tune func(*Config)) *rig {
	if tune == nil {
		tune = func(*Config) {}
	}
	r := &rig{
		T: t, tune: tune, kit: channeltest.New(t, device), relay: newPairing(t, relay), dir: t.TempDir(), log: &lockedBuffer{},
		pol: &policy{off: map[support.Capability]string{}}, scanner: &scanner{here: true}, clock: &clock{start: time.Now()},
		desk: &desk{changed: make(chan struct{}), state: &hostpb.SupportState{}},
	}
	r.boot()
	t.Cleanup(func() { r.shut() })
	if err := r.s.SetPIN("lab", &hostpb.SetPINRequest{Initials: "ab", Pin: labPIN}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) boot() {
	r.Helper()
	log := slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err := store.Open(r.Context(), store.Options{Dir: filepath.Join(r.dir, "data"), Log: log})
	if err != nil {
		r.Fatal(err)
	}
	// Cheap hashes: what they cost is shown in package pins.
	book, err := pins.Open(r.Context(), pins.Config{
		Store: st, Mono: func() time.Duration { return r.clock.now().Mono }, Cost: pins.Cost{Time: 1, MemoryKiB: 64, Threads: 1, Bytes: 32},
	})
	if err != nil {
		r.Fatal(err)
	}
	config := Config{
		Machine:     support.Config{Policy: r.pol, Scanner: r.scanner.name},
		DeviceID:    func() string { return device },
		Certificate: func(context.Context) (tls.Certificate, error) { return r.kit.Host(), nil },
		StaffCA:     r.kit.StaffCA.Pool(),
		Dialer:      CloudDialer{URL: r.relay.URL, TLS: r.relay.tls, Client: netdialtest.Client(r.relay.URL)},
		Store:       FromStore(st), TriesFile: filepath.Join(r.dir, "tries"),
		Publisher: r.desk, Files: FilesConfig{Spool: r.spool(), Scanner: r.scanner, Reserve: 1}, Log: log, Now: r.clock.now,
		RedialMin: 5 * time.Millisecond, RedialMax: 50 * time.Millisecond, PINs: book, LookAtNetwork: 20 * time.Millisecond,
	}
	r.tune(&config)
	s, err := New(r.Context(), config)
	if err != nil {
		r.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	r.s, r.store, r.pins = s, st, book
	r.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := st.Close(); err != nil {
			r.Error(err)
		}
	})
}

func (r *rig) shut() { r.stop() }

func (r *rig) received() string { return filepath.Join(r.dir, "received") }
func (r *rig) spool() string    { return filepath.Join(r.dir, "spool") }

// await waits until what the technician's side knows makes ok true.
func (r *rig) await(what string, ok func(*desk) bool) {
	r.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.desk.mu.Lock()
		yes, changed := ok(r.desk), r.desk.changed
		r.desk.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			r.Fatalf("never came: %s\n%v\n%s", what, r.s.State(), r.log)
		}
	}
}

func (r *rig) phase(p hostpb.SupportPhase) {
	r.Helper()
	r.await(p.String(), func(d *desk) bool { return d.state.GetPhase() == p })
}

func (r *rig) help() *hostpb.HelpRequested {
	r.Helper()
	h, err := r.s.RequestHelp("lab", &hostpb.RequestHelpRequest{TechnicianCalled: true}, "", nil)
	if err != nil {
		r.Fatal(err)
	}
	return h
}

// hold shows the session bar.
func (r *rig) hold() {
	r.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	held := make(barStream, 1)
	r.bar = cancel
	session := r.s.State().GetSessionId()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.s.HoldSessionBar(session, bar{ctx, held})
	}()
	r.Cleanup(func() {
		cancel()
		<-done
	})
	<-held
	r.handle(ctx)
}

// handle opens the window's stream for files.
func (r *rig) handle(ctx context.Context) {
	r.Helper()
	ctx, cancel := context.WithCancel(ctx)
	service, window := filestest.Pipe(ctx)
	r.picks = make(chan string, 8)
	picks := r.picks
	r.hand = files.NewHand(ctx, window, files.Config{
		Session: r.s.State().GetSessionId(), Folder: r.received, Choose: func(_ context.Context, id string) { picks <- id },
	})
	hand := r.hand
	var work sync.WaitGroup
	work.Go(func() {
		defer cancel()
		_ = r.s.HandleFiles("lab", service)
	})
	work.Go(func() { _ = hand.Run() })
	r.Cleanup(func() {
		cancel()
		work.Wait()
	})
	for { // until it counts
		r.s.mu.Lock()
		here := r.s.hand != nil
		r.s.mu.Unlock()
		if here || ctx.Err() != nil {
			return
		}
		runtime.Gosched()
	}
}

type barStream chan struct{}

type bar struct {
	ctx  context.Context
	held barStream
}

func (b bar) Context() context.Context { return b.ctx }
func (b bar) Send(*hostpb.Empty) error {
	b.held <- struct{}{}
	return nil
}

// answer waits for the n-th prompt and answers it.
func (r *rig) answer(n int, allow bool) *hostpb.Prompt {
	r.Helper()
	var p *hostpb.Prompt
	r.await("a prompt", func(d *desk) bool {
		if len(d.prompts) >= n {
			p = d.prompts[n-1]
		}
		return p != nil
	})
	r.clock.pass(time.Second)
	a := &hostpb.AnswerPromptRequest{PromptId: p.Id, Nonce: p.Nonce, Allow: allow, Duration: p.Durations[len(p.Durations)-1]}
	if allow && p.NeedsPin {
		a.Initials, a.Pin = "ab", labPIN
	}
	if err := r.s.AnswerPrompt("lab", a); err != nil {
		r.Fatal(err)
	}
	return p
}

func (r *rig) kinds() map[string]int {
	r.Helper()
	out := map[string]int{}
	var before int64
	for {
		records, more, err := r.store.Entries(r.Context(), before, 200)
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range records {
			out[e.Kind]++
			before = e.Index
		}
		if !more || len(records) == 0 {
			return out
		}
	}
}

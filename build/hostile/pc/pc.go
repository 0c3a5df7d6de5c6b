// Package pc is an instrument PC under attack: the real driver, state machine,
// policy and store of the service, a scripted technician with a recording
// desktop, and an observer that judges by its own ledger.
package pc

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/relay"
	"beckmanconnect/service/support"
	"beckmanconnect/session/channel/channeltest"
	"beckmanconnect/store"
)

// Config is what a PC is made with.
type Config struct {
	Witness Witness
	Rand    *rand.Rand
	Log     func(format string, args ...any)
	Kit     *channeltest.Kit // its device, and the CAs above both ends
	Dialer  relay.Dialer
	Policy  Policy
}

// PC is one running instrument PC.
type PC struct {
	Driver  *relay.Support
	Clock   *Clock
	Desktop *Desktop
	Site    *Site

	w      Witness
	log    logger
	ledger *Ledger
	tech   *technician
	store  *store.Store
	dir    string
	read   int64 // entries of the log that were judged
	lines  *lockedBuffer
	stop   func()
}

type logger func(format string, args ...any)

func (l logger) Printf(format string, args ...any) { l(format, args...) }

// Start makes a PC in a folder of its own.
func Start(c Config) (*PC, error) {
	dir, err := os.MkdirTemp(memory(), "hostile-")
	if err != nil {
		return nil, err
	}
	p := &PC{Clock: NewClock(), w: c.Witness, log: c.Log, dir: dir, lines: &lockedBuffer{}}
	p.ledger = newLedger(c.Witness, p.Clock.Now)
	p.Desktop = &Desktop{p: p}
	p.tech = &technician{
		p: p, rand: rand.New(rand.NewPCG(c.Rand.Uint64(), 7)), state: &hostpb.SupportState{},
		bars: map[string]bool{}, plans: map[string]Plan{}, changed: make(chan struct{}), notify: make(chan struct{}, 1),
	}
	if p.Site, err = newSite(c.Policy); err == nil {
		err = p.boot(c)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return p, nil
}

// memory is a folder on a RAM disk where there is one: what is attacked here
// is consent; what the disk keeps is shown by the store's own tests.
func memory() string {
	if i, err := os.Stat("/dev/shm"); err == nil && i.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (p *PC) boot(c Config) error {
	log := slog.New(slog.NewTextHandler(p.lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if p.store, err = store.Open(context.Background(), store.Options{Dir: filepath.Join(p.dir, "data"), Log: log}); err != nil {
		return err
	}
	book, err := pins.Open(context.Background(), pins.Config{
		Store: p.store, Mono: func() time.Duration { return p.Clock.Now().Mono }, Cost: quick,
	})
	if err != nil {
		p.store.Close()
		return err
	}
	certificate := c.Kit.Host()
	p.Driver, err = relay.New(context.Background(), relay.Config{
		Machine:     support.Config{Policy: p.Site, Scanner: func() string { return "hostile 1" }},
		DeviceID:    func() string { return c.Kit.DeviceID },
		Certificate: func(context.Context) (tls.Certificate, error) { return certificate, nil },
		StaffCA:     c.Kit.StaffCA.Pool(), Dialer: c.Dialer,
		Store: relay.FromStore(p.store), TriesFile: filepath.Join(p.dir, "tries"),
		PINs: book, Publisher: p.tech, Files: relay.FilesConfig{Spool: filepath.Join(p.dir, "spool"), Scanner: scanner{}, Reserve: 1},
		Log: log, Now: p.Clock.Now, RedialMin: time.Millisecond, RedialMax: 20 * time.Millisecond,
	})
	if err == nil {
		p.ledger.pins++
		err = p.Driver.SetPIN(person, &hostpb.SetPINRequest{Initials: initials, Pin: pin})
	}
	if err != nil {
		p.store.Close()
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = p.Driver.Run(ctx) }) // ends with ctx
	group.Go(func() { p.tech.run(ctx) })
	p.stop = func() {
		cancel()
		group.Wait()
	}
	return nil
}

// quick: what is attacked here is whether a PIN is asked for, not its hash.
var quick = pins.Cost{Time: 1, MemoryKiB: 64, Threads: 1, Bytes: 32}

// Close stops the PC and looks at everything once more.
func (p *PC) Close(ctx context.Context) error {
	p.stop()
	err := p.Check(context.WithoutCancel(ctx))
	p.canary()
	if e := p.store.Close(); err == nil {
		err = e
	}
	if e := os.RemoveAll(p.dir); err == nil {
		err = e
	}
	return err
}

// canary: no code is in the program's log (scenario 25).
func (p *PC) canary() {
	text := p.lines.String()
	for _, code := range p.ledger.codes {
		plain := strings.ReplaceAll(code, " ", "")
		if strings.Contains(text, code) || strings.Contains(text, plain) {
			p.w.Act("code", "a code is in the program's log")
		}
	}
}

// Ledger is the observer's.
func (p *PC) Ledger() *Ledger { return p.ledger }

// Lines is the program's log, for a fault of the rig.
func (p *PC) Lines() string { return p.lines.String() }

// State is the published one.
func (p *PC) State() *hostpb.SupportState { return p.Driver.State() }

// Help is the technician's call. The code is what they read out.
func (p *PC) Help() (request, code string, err error) {
	p.ledger.mu.Lock()
	p.ledger.asked++
	p.ledger.mu.Unlock()
	h, err := p.Driver.RequestHelp(person, &hostpb.RequestHelpRequest{TechnicianCalled: true, Initials: initials}, "", nil)
	if err != nil {
		return "", "", err
	}
	p.ledger.mu.Lock()
	p.ledger.codes = append(p.ledger.codes, h.Code)
	p.ledger.mu.Unlock()
	return h.RequestId, h.Code, nil
}

// Reset is IT's act after too many wrong codes.
func (p *PC) Reset() error {
	p.ledger.mu.Lock()
	p.ledger.resets++
	p.ledger.mu.Unlock()
	return p.Driver.ResetTries("it")
}

// Revoke takes one capability back.
func (p *PC) Revoke(c hostpb.Capability) error {
	err := p.Driver.RevokeCapability(person, c)
	p.ledger.End(c)
	return err
}

// End ends the session, or the call for help.
func (p *PC) End(how string) error {
	err := p.Driver.EndSession(person, how)
	p.ledger.End(hostpb.Capability_CAPABILITY_UNKNOWN)
	return err
}

// Pass lets time pass, and what is over by then end.
func (p *PC) Pass(d time.Duration) {
	p.Clock.Pass(d)
	p.Driver.PolicyChanged()
}

// Plan says what the technician does with the prompt whose reason begins with
// this word.
func (p *PC) Plan(word string, plan Plan) {
	p.tech.mu.Lock()
	defer p.tech.mu.Unlock()
	p.tech.plans[word] = plan
}

// Answered waits until the technician has dealt with all that came so far.
func (p *PC) Answered() {
	done := make(chan struct{})
	p.tech.note(func() { p.tech.queue = append(p.tech.queue, done) })
	<-done
}

// Open is the prompt that shows, or "".
func (p *PC) Open() string {
	p.tech.mu.Lock()
	defer p.tech.mu.Unlock()
	return p.tech.open
}

// patience is how long the rig waits for what must come.
const patience = 30 * time.Second

// Wait waits until ok; it is looked at after each change.
func (p *PC) Wait(ctx context.Context, what string, ok func(*hostpb.SupportState) bool) error {
	late := time.After(patience)
	for {
		p.tech.mu.Lock()
		changed := p.tech.changed
		p.tech.mu.Unlock()
		if ok(p.Driver.State()) {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond): // some of what is waited for changes silently
		case <-late:
			return fmt.Errorf("%s never came; %v\n%s", what, p.Driver.State(), tail(p.lines.String()))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func tail(s string) string {
	const most = 4000
	return s[max(0, len(s)-most):]
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

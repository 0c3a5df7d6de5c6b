package relay

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/service/pins"
	"beckmanconnect/service/support"
)

// Publisher hands state and questions to the programs in the technician's
// login. Like Policy and Gate it is called under the driver's lock: it must
// neither block nor call the driver.
type Publisher interface {
	SupportChanged(*hostpb.SupportState)
	PromptShown(*hostpb.Prompt)
	PromptGone(*hostpb.PromptGone)
	DesktopWanted(*hostpb.DesktopWanted)
}

// Dialer opens the stream to the relay for one request, as its host.
type Dialer interface {
	DialHost(ctx context.Context, request string) (net.Conn, error)
}

// Config is what the driver needs. Machine, Certificate, StaffCA, Dialer, Log,
// Publisher and Files.Spool must be set.
type Config struct {
	// Machine configures the state machine; Recorder, Random and Tries are
	// filled in by New.
	Machine support.Config
	// DeviceID is what the engineer is told and what proofs are bound to; asked
	// for each time, because it comes with registration. Without one nobody gets
	// in.
	DeviceID func() string
	// Certificate gives a fresh session certificate (device.Session).
	Certificate func(context.Context) (tls.Certificate, error)
	// StaffCA is above every engineer's certificate.
	StaffCA *x509.CertPool
	Dialer  Dialer
	// Store keeps log, outbox and settings.
	Store Store
	// TriesFile keeps a second copy of the counter of wrong codes, outside the
	// database, so that restoring the database does not reset it (scenario 22).
	TriesFile string
	Publisher Publisher
	Files     FilesConfig
	// Masks is what the instrument's profile wants hidden; nil is nothing,
	// AllMasked where it is not known. SetMasks changes it.
	Masks []*hostpb.Mask
	// PINs are the technicians'; nil: nobody can have one.
	PINs *pins.Book
	// Networks lists this PC's network interfaces; nil asks the system.
	Networks func() ([]Network, error)
	Log      *slog.Logger

	// Now is the clock; nil is the system's.
	Now func() support.Moment
	// Random is the source of codes, tokens and jitter; nil is crypto/rand.
	Random io.Reader

	RedialMin, RedialMax time.Duration // pause between dials: 500 ms to 30 s
	SilentLimit          time.Duration // a link that proves nothing is closed after: 3 min
	ResumeLimit          time.Duration // the same while a session waits to go on: 15 s
	AttachLimit          time.Duration // a helper must say hello within: 10 s
	LookAtNetwork        time.Duration // how often, while a session runs: 250 ms
}

func (c *Config) defaults() error {
	switch {
	case c.Certificate == nil, c.StaffCA == nil, c.Dialer == nil, c.Store == nil, c.Publisher == nil:
		return errors.New("relay: certificate, staff CA, dialer, store and publisher are needed")
	case c.Files.Spool == "":
		return errors.New("relay: no folder for files on their way is set")
	}
	if c.DeviceID == nil {
		c.DeviceID = func() string { return "" }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		start := time.Now()
		c.Now = func() support.Moment {
			now := time.Now()
			return support.Moment{Wall: now.Round(0), Mono: now.Sub(start)}
		}
	}
	if c.Networks == nil {
		c.Networks = systemNetworks
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	for _, d := range []struct {
		at *time.Duration
		is time.Duration
	}{
		{&c.RedialMin, 500 * time.Millisecond}, {&c.RedialMax, 30 * time.Second},
		{&c.SilentLimit, 3 * time.Minute}, {&c.ResumeLimit, 15 * time.Second}, {&c.AttachLimit, 10 * time.Second},
		{&c.LookAtNetwork, 250 * time.Millisecond},
	} {
		if *d.at <= 0 {
			*d.at = d.is
		}
	}
	return nil
}

// Support is the driver. Its methods may be called from any goroutine.
type Support struct {
	cfg   Config
	files *spool

	mu         sync.Mutex
	m          *support.Machine
	links      map[support.LinkID]*link
	helper     *helper
	helpers    support.HelperID
	counter    support.LinkID
	pictures   pictures
	cursors    cursors
	clipping   *clipping     // to the engineer; nil: none waits
	hand       *hand         // the window that reads and writes files; nil: none
	sending    []*parcel     // to the engineer, in turn
	progressAt time.Duration // when progress was shown last
	carrier    netip.Addr    // of this PC, under the connection to the relay
	masks      maskLog
	newMasks   *[]*hostpb.Mask // to be put in force; nil: none are
	preview    previews
	halted     int             // the technician is just taking control away: no input passes
	follow     []support.Event // what effects led to, still to be done
	changed    chan struct{}   // closed and replaced when the state changed

	poke chan struct{} // deadlines or the wanted request may have changed
	work sync.WaitGroup
}

// New makes the driver and closes in the log whatever the last run left open:
// a grant does not survive the service (B5).
func New(ctx context.Context, cfg Config) (*Support, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	files, err := newSpool(cfg.Files, cfg.Log)
	if err != nil {
		return nil, err
	}
	rec := &recorder{store: cfg.Store, tries: cfg.TriesFile}
	tries, err := rec.recover(ctx)
	if err != nil {
		return nil, fmt.Errorf("relay: read what the last run left: %w", err)
	}
	mc := cfg.Machine
	mc.Recorder, mc.Random, mc.Tries = rec, cfg.Random, tries
	if cfg.PINs != nil {
		mc.HasPIN = cfg.PINs.Any
	}
	m, err := support.New(mc, cfg.Now())
	if err != nil {
		return nil, err
	}
	return &Support{
		cfg: cfg, files: files, m: m,
		links:   map[support.LinkID]*link{},
		changed: make(chan struct{}),
		poke:    make(chan struct{}, 1),
	}, nil
}

// Run waits at the relay and lets things end in time, until ctx ends; then it
// ends what runs. It may be called once.
func (s *Support) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.work.Go(func() { s.dialLoop(ctx) })
	s.work.Go(func() { s.watchNetwork(ctx) })
	s.clock(ctx)
	s.do(support.Shutdown{})
	cancel()
	s.work.Wait()
	return nil
}

// clock lets due things end. It looks at least once a second while something
// runs, so that a clock that was set or a machine that slept is noticed.
func (s *Support) clock(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.poke:
		case <-timer.C:
			s.do(support.Tick{})
		}
		s.mu.Lock()
		d, some := s.m.NextDeadline(s.cfg.Now())
		s.mu.Unlock()
		timer.Stop()
		if some {
			// A moment late rather than early, so that one tick is enough.
			timer.Reset(min(d+time.Millisecond, time.Second))
		}
	}
}
